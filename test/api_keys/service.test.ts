/** The life of a key: what it is made with, how it changes, and its end. */
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { parseKey } from '../../src/api_keys/model/key_format.ts';
import { keyView } from '../../src/api_keys/model/key_view.ts';
import { sha256 } from '../../src/digests.ts';
import { eachEngine, openFresh } from '../support/stores.ts';
import {
  addUser,
  billing,
  by,
  codeOf,
  createKeyRoom,
  Died,
  dyingAt,
  type KeyRoom,
  making,
  orders,
  plain,
  pointersOf,
  projectFor,
} from './key_room.ts';

const day = 86_400_000;

await eachEngine((stores) => {
  const open = (t: TestContext) => openFresh(t, stores);

  describe('API key creation', () => {
    test('Creation returns the API key, stores its hash and writes neither to the audit trail', async (t) => {
      const room = createKeyRoom(await open(t));
      const { record, key } = await room.apiKeys.create(await projectFor(room), making);
      assert.equal(parseKey(key)?.isChecksumRight, true);
      assert.deepEqual(await room.store.apiKeys.findByHash(sha256(key)), plain(record));
      assert.deepEqual(
        [record.display.start, record.display.end],
        [key.slice(0, 8), key.slice(-4)],
      );
      assert.equal(record.createdBy, 'operator');
      assert.deepEqual(room.audit.types(), ['project.created', 'api_key.created']);
      const told = JSON.stringify([room.audit.events, keyView(record, { now: room.clock.now() })]);
      assert.ok(!told.includes(key) && !told.includes(record.hash));
    });

    test('Every field is validated, and each error points at its field', async (t) => {
      const room = createKeyRoom(await open(t));
      const good = await projectFor(room);
      const past = new Date(room.clock.now() - 1).toISOString();
      const cases: [object, string[]][] = [
        [{ colour: 'red' }, ['#/colour']],
        [{ name: '' }, ['#/name']],
        [{ name: 'a\u202eb' }, ['#/name']],
        [{ name: 'x'.repeat(101) }, ['#/name']],
        [{ environment: 'prod' }, ['#/environment']],
        [{ scopes: 'orders:read' }, ['#/scopes']],
        [{ scopes: ['orders:read', 'orders:admin'] }, ['#/scopes/1']],
        [{ scopes: ['toString'] }, ['#/scopes/0']],
        [{ api: 'https://nobody.example' }, ['#/api']],
        [{ api: billing, scopes: [] }, ['#/api']],
        [{ project_id: 'nothing' }, ['#/project_id']],
        [{ user_id: 'alice' }, ['#/project_id']],
        [{ project_id: undefined }, ['#/project_id']],
        [{ allow_ips: ['10.0.0.0/8', '10.0.0.0/33'] }, ['#/allow_ips/1']],
        [{ tier: 'gold' }, ['#/tier']],
        [{ limits: { requests_per_minute: 0 } }, ['#/limits/requests_per_minute']],
        [{ limits: { per_second: 1 } }, ['#/limits/per_second']],
        [{ metadata: { 'a b': 'x' } }, ['#/metadata/a%20b']],
        [{ metadata: { constructor: 'x' } }, ['#/metadata/constructor']],
        [{ metadata: { a: 'x'.repeat(501) } }, ['#/metadata/a']],
        [{ metadata: { a: 'x\r\ny' } }, ['#/metadata/a']],
        [{ expires_in: 0 }, ['#/expires_in']],
        [{ expires_at: past }, ['#/expires_at']],
        [{ expires_at: 'tomorrow' }, ['#/expires_at']],
        [{ expires_at: past, expires_in: 5 }, ['#/expires_in']],
        [{ name: 1, scopes: 2 }, ['#/name', '#/scopes']],
      ];
      for (const [fields, pointers] of cases) {
        const work = room.apiKeys.create({ ...good, ...fields }, making);
        assert.deepEqual(await pointersOf(work), pointers, JSON.stringify(fields));
      }
      for (const input of [undefined, null, 'x', []]) {
        assert.deepEqual(await pointersOf(room.apiKeys.create(input, making)), ['#']);
      }
      assert.deepEqual((await room.store.apiKeys.list({ limit: 5 })).items, []);
    });

    test("An API key has no scope beyond those of its project, or beyond those that users' keys may have", async (t) => {
      const room = createKeyRoom(await open(t));
      const narrow = await projectFor(room, { scopes: ['orders:write'] });
      assert.deepEqual(await pointersOf(room.apiKeys.create(narrow, making)), ['#/scopes/0']);
      await addUser(room, 'alice');
      const { project_id: _, ...own } = { ...narrow, user_id: 'alice', scopes: ['orders:write'] };
      assert.deepEqual(await pointersOf(room.apiKeys.create(own, making)), ['#/scopes/0']);
      const { record } = await room.apiKeys.create({ ...own, scopes: ['orders:read'] }, making);
      assert.deepEqual([record.userId, record.projectId], ['alice', undefined]);
    });

    test('A disabled owner gets no API key', async (t) => {
      const room = createKeyRoom(await open(t));
      const good = await projectFor(room);
      await room.projects.disable(good.project_id, by);
      assert.deepEqual(await pointersOf(room.apiKeys.create(good, making)), ['#/project_id']);
      await addUser(room, 'bob', 1);
      const own = { name: 'x', api: orders, user_id: 'bob', scopes: [] };
      assert.deepEqual(await pointersOf(room.apiKeys.create(own, making)), ['#/user_id']);
    });

    test('The configured default and maximum lifetimes decide when an API key expires', async (t) => {
      const store = await open(t);
      const configuration = { default_expiry: '30d', max_expiry: '90d' };
      const room = createKeyRoom(store, { configuration });
      const good = await projectFor(room);
      const now = room.clock.now();
      const expiryOf = async (fields: object) =>
        (await room.apiKeys.create({ ...good, ...fields }, making)).record.expiresAt;
      assert.equal(await expiryOf({}), now + 30 * day);
      assert.equal(await expiryOf({ expires_in: 60 }), now + 60_000);
      assert.equal(await expiryOf({ expires_in: 90 * 86_400 }), now + 90 * day);
      const tooLong = room.apiKeys.create({ ...good, expires_in: 90 * 86_400 + 1 }, making);
      assert.deepEqual(await pointersOf(tooLong), ['#/expires_in']);
      const never = room.apiKeys.create({ ...good, expires_at: null }, making);
      assert.deepEqual(await pointersOf(never), ['#/expires_at']);
      const free = createKeyRoom(store);
      assert.equal((await free.apiKeys.create(good, making)).record.expiresAt, undefined);
    });

    test('An API key expires at a whole second, as tokens do, and never later than stated', async (t) => {
      const configuration = { default_expiry: '30d', max_expiry: '90d' };
      const room = createKeyRoom(await open(t), { configuration });
      const good = await projectFor(room);
      const whole = room.clock.now();
      assert.equal(whole % 1000, 0);
      room.clock.advance(250);
      const make = async (fields: object) =>
        (await room.apiKeys.create({ ...good, ...fields }, making)).record;
      const expires_at = new Date(whole + 9700).toISOString();
      const { id, expiresAt } = await make({ expires_at });
      assert.equal(expiresAt, whole + 9000);
      assert.equal((await make({})).expiresAt, whole + 30 * day);
      assert.equal((await make({ expires_in: 1 })).expiresAt, whole + 1000);
      assert.equal((await make({ expires_in: 90 * 86_400 })).expiresAt, whole + 90 * day);
      const moved = { expires_at: new Date(whole + 2999).toISOString() };
      assert.equal((await room.apiKeys.update(id, moved, by)).expiresAt, whole + 2000);
      const thisSecond = make({ expires_at: new Date(whole + 900).toISOString() });
      assert.deepEqual(await pointersOf(thisSecond), ['#/expires_at']);
    });
  });

  describe('API key changes', () => {
    test('A change sets the given fields, keeps the others and clears those set to null', async (t) => {
      const room = createKeyRoom(await open(t));
      const { record } = await room.apiKeys.create(
        { ...(await projectFor(room)), tier: 'free', limits: { requests_per_minute: 5 } },
        making,
      );
      const change = { name: 'new', scopes: ['orders:write'], tier: null, limits: null };
      const updated = await room.apiKeys.update(record.id, change, by);
      const { tier: _, limits: __, ...rest } = record;
      const expected = { ...rest, name: 'new', scopes: ['orders:write'], version: 2 };
      assert.deepEqual(plain(updated), plain(expected));
      assert.deepEqual(await room.store.apiKeys.find(record.id), plain(expected));
    });

    test('A change never moves an API key to another API, owner or environment', async (t) => {
      const room = createKeyRoom(await open(t));
      const { record } = await room.apiKeys.create(await projectFor(room), making);
      for (const name of ['api', 'project_id', 'user_id', 'environment', 'hash', 'lineage']) {
        const work = room.apiKeys.update(record.id, { [name]: 'test' }, by);
        assert.deepEqual(await pointersOf(work), [`#/${name}`]);
      }
    });

    test('Other processes see a change before it is answered, even when nothing was left to change', async (t) => {
      const room = createKeyRoom(await open(t));
      const { record } = await room.apiKeys.create(await projectFor(room), making);
      const sequence = () => room.store.revocations.sequence();
      let last = await sequence();
      const { apiKeys } = room;
      for (const change of [
        () => apiKeys.update(record.id, { name: 'x' }, by),
        () => apiKeys.disable(record.id, by),
        () => apiKeys.disable(record.id, by),
        () => apiKeys.enable(record.id, by),
        () => apiKeys.rotate(record.id, {}, making),
        () => apiKeys.revoke(record.id, {}, by),
      ]) {
        await change();
        assert.ok((await sequence()) > last);
        last = await sequence();
      }
      const tokens = 'revocation.api_key_tokens';
      assert.deepEqual(room.audit.types().slice(2), [
        ...['api_key.updated', 'api_key.disabled', tokens, tokens, 'api_key.enabled'],
        ...['api_key.rotated', 'revocation.api_key'],
      ]);
    });

    test('A process that dies at any write leaves the API key and its exchanged tokens both changed or both unchanged', async (t) => {
      const change = { scopes: ['orders:write'] };
      for (const make of [
        ({ apiKeys }: KeyRoom, id: string) => apiKeys.disable(id, by),
        ({ apiKeys }: KeyRoom, id: string) => apiKeys.update(id, change, by),
      ]) {
        for (let write = 1; ; write += 1) {
          const room = createKeyRoom(await open(t));
          const { record } = await room.apiKeys.create(await projectFor(room), making);
          const dying = createKeyRoom(dyingAt(room.store, write), { clock: room.clock });
          const answered = await make(dying, record.id).then(
            () => true,
            (error) => assert.ok(error instanceof Died),
          );
          await room.killSwitches.resume(0);
          const { version } = await room.apiKeys.get(record.id);
          const keys = [`api_key_tokens:${record.id}`];
          const marked = await room.store.revocations.find(keys, room.clock.now());
          assert.equal(marked.length, write === 1 ? 0 : 1);
          assert.equal(version > record.version, write > 2);
          assert.deepEqual(await room.store.revocations.unfinished(5), []);
          if (answered) break;
          assert.ok(write < 10);
        }
      }
    });

    test('An ended API key is neither changed, enabled nor disabled', async (t) => {
      const room = createKeyRoom(await open(t));
      const good = await projectFor(room);
      const { record: expired } = await room.apiKeys.create({ ...good, expires_in: 1 }, making);
      const { record: revoked } = await room.apiKeys.create(good, making);
      await room.apiKeys.revoke(revoked.id, {}, by);
      room.clock.advance(1000);
      for (const { id } of [expired, revoked]) {
        const never = room.apiKeys.update(id, { expires_at: null }, by);
        await assert.rejects(never, codeOf('key_ended'));
        await assert.rejects(room.apiKeys.enable(id, by), codeOf('key_ended'));
        await assert.rejects(room.apiKeys.disable(id, by), codeOf('key_ended'));
      }
      await assert.rejects(room.apiKeys.update('nothing', {}, by), codeOf('not_found'));
    });
  });

  describe('API key revocation', () => {
    test('A revoked API key keeps its record, ends its exchanged tokens, and can be revoked again', async (t) => {
      const room = createKeyRoom(await open(t));
      const { record } = await room.apiKeys.create(await projectFor(room), making);
      for (let count = 0; count < 2; count += 1) {
        const { effectiveWithin } = await room.apiKeys.revoke(record.id, { reason: 'lost' }, by);
        assert.equal(effectiveWithin, 2);
        const marker = await room.store.revocations.find(
          [`api_key:${record.id}`],
          room.clock.now(),
        );
        assert.equal(marker.length, 1);
        const stored = await room.store.apiKeys.find(record.id);
        assert.equal(stored?.revokedAt, 1_700_000_000_000);
        room.clock.advance(1000);
      }
      assert.equal(room.audit.events.at(-1)?.details?.reason, 'lost');
      assert.deepEqual(await room.store.revocations.unfinished(5), []);
    });

    test('A revocation whose process dies at any write is finished by another process, or never began', async (t) => {
      for (let write = 1; ; write += 1) {
        const store = await open(t);
        const room = createKeyRoom(store);
        const { record } = await room.apiKeys.create(await projectFor(room), making);
        const dying = createKeyRoom(dyingAt(store, write), { clock: room.clock });
        const answered = await dying.apiKeys.revoke(record.id, {}, by).then(
          () => true,
          (error) => assert.ok(error instanceof Died),
        );
        await room.killSwitches.resume(0);
        const stored = await store.apiKeys.find(record.id);
        assert.equal(stored?.revokedAt !== undefined, write > 1);
        if (answered) break;
        assert.ok(write < 10);
      }
    });
  });
});
