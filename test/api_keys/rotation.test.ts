import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { createKeyExchange } from '../../src/api_keys/exchange/key_exchange.ts';
import { hasEnded } from '../../src/api_keys/model/policy.ts';
import { epochSeconds } from '../../src/clock.ts';
import { rotationOverlap } from '../../src/definitions/api_keys.ts';
import { sha256 } from '../../src/digests.ts';
import { openStore } from '../../src/storage/open.ts';
import { eachEngine, openFresh } from '../support/stores.ts';
import { by, createKeyRoom, Died, dyingAt, type KeyRoom, making, projectFor } from './key_room.ts';

const hour = 3_600_000;

function codeOf(code: string) {
  return (error: { code?: string; status?: number }) => error.code === code && error.status === 409;
}

async function makeKey(room: KeyRoom, fields: object = {}) {
  return room.apiKeys.create({ ...(await projectFor(room)), ...fields }, making);
}

async function alive({ store, clock }: KeyRoom, lineage: string) {
  const { items } = await store.apiKeys.list({ lineage, limit: 100 });
  return items.filter((record) => !hasEnded(record, clock.now()));
}

await eachEngine((stores) => {
  const open = (t: TestContext) => openFresh(t, stores);

  describe('API key rotation', () => {
    test('Rotation creates a successor with the same rights and lifetime and ends the old API key after the overlap', async (t) => {
      const room = createKeyRoom(await open(t));
      const rights = {
        ...{ tier: 'free', limits: { requests_per_minute: 5 }, allow_ips: ['10.0.0.0/8'] },
        ...{ metadata: { a: 'b' }, environment: 'test', expires_in: 90 * 86_400 },
      };
      const first = await makeKey(room, rights);
      room.clock.advance(hour);
      const { successor, old, key } = await room.apiKeys.rotate(first.record.id, {}, making);
      const now = room.clock.now();
      assert.notEqual(key, first.key);
      assert.equal((await room.store.apiKeys.findByHash(sha256(key)))?.id, successor.id);
      for (const name of [
        ...(['name', 'api', 'scopes', 'environment', 'projectId', 'tier', 'limits'] as const),
        ...(['allowIps', 'metadata', 'lineage'] as const),
      ]) {
        assert.equal(JSON.stringify(successor[name]), JSON.stringify(first.record[name]), name);
      }
      assert.equal(successor.expiresAt, now + 90 * 24 * hour);
      assert.deepEqual([old.replacedBy, old.expiresAt], [successor.id, now + 24 * hour]);
      assert.equal((await alive(room, first.record.id)).length, 2);
      room.clock.advance(24 * hour);
      assert.deepEqual(
        (await alive(room, first.record.id)).map(({ id }) => id),
        [successor.id],
      );
    });

    test('Rotation with an overlap of 0 ends the old API key and its exchanged tokens at once', async (t) => {
      const room = createKeyRoom(await open(t));
      const { record } = await makeKey(room);
      const { old, successor } = await room.apiKeys.rotate(record.id, { overlap: 0 }, making);
      assert.ok(hasEnded(old, room.clock.now()) && old.revokedAt);
      const markers = await room.store.revocations.find([`api_key:${record.id}`], room.clock.now());
      assert.equal(markers.length, 1);
      assert.equal(successor.expiresAt, undefined);
      assert.deepEqual(room.audit.types().slice(2), ['api_key.rotated', 'revocation.api_key']);
    });

    test("The old API key ends at the first whole second after the overlap, and the successor's lifetime is not shortened", async (t) => {
      const room = createKeyRoom(await open(t));
      const whole = room.clock.now();
      room.clock.advance(250);
      let { record } = await makeKey(room, { expires_in: 3600 });
      for (let round = 0; round < 3; round += 1) {
        const { old, successor } = await room.apiKeys.rotate(record.id, { overlap: 5 }, making);
        assert.equal(old.expiresAt, whole + round * 6000 + 6000);
        assert.equal(successor.expiresAt, whole + round * 6000 + hour);
        record = successor;
        room.clock.advance(6000);
      }
    });

    test('The old API key can be exchanged until its last moment, and no token outlives it', async (t) => {
      const room = createKeyRoom(await open(t));
      const { apis, clock } = room;
      clock.advance(250);
      const { record } = await makeKey(room);
      const { old } = await room.apiKeys.rotate(record.id, { overlap: 5 }, making);
      assert.ok(old.expiresAt);
      const { issueFor } = createKeyExchange({
        ...{ apis, policy: room.policy },
        verification: { verify: async () => ({ valid: false, reason: 'unknown' }) },
        issuer: {
          issue: async ({ lifetime, notAfter = Number.POSITIVE_INFINITY }) => ({
            ...{ token: '', jti: '' },
            expiresIn: Math.min(lifetime, notAfter - epochSeconds(clock)),
          }),
        },
      });
      clock.advance(old.expiresAt - clock.now() - 1);
      assert.ok(!hasEnded(old, clock.now()));
      const verdict = { valid: true as const, record: old, scopes: [], tier: undefined };
      const { expiresIn } = await issueFor(verdict);
      assert.equal(epochSeconds(clock) + expiresIn, old.expiresAt / 1000);
    });

    test('Rotation never extends the old API key', async (t) => {
      const room = createKeyRoom(await open(t));
      const { record } = await makeKey(room, { expires_in: 60 });
      const { old } = await room.apiKeys.rotate(record.id, {}, making);
      assert.equal(old.expiresAt, record.expiresAt);
      const later = { expires_at: new Date(room.clock.now() + hour).toISOString() };
      await assert.rejects(room.apiKeys.update(record.id, later, by), { code: 'invalid_request' });
      await assert.rejects(room.apiKeys.update(record.id, { expires_at: null }, by), {
        code: 'invalid_request',
      });
    });

    test('Rotation never exceeds the maximum lifetime configured now', async (t) => {
      const store = await open(t);
      const { record } = await makeKey(createKeyRoom(store));
      const room = createKeyRoom(store, { configuration: { max_expiry: '30d' } });
      const { successor } = await room.apiKeys.rotate(record.id, {}, making);
      assert.equal(successor.expiresAt, room.clock.now() + 30 * 24 * hour);
    });

    test('A rotation chain has at most two live API keys, and neither is rotated until one has ended', async (t) => {
      const room = createKeyRoom(await open(t));
      const { record } = await makeKey(room);
      const { successor } = await room.apiKeys.rotate(record.id, {}, making);
      const again = room.apiKeys.rotate(record.id, {}, making);
      await assert.rejects(again, codeOf('already_rotated'));
      const next = room.apiKeys.rotate(successor.id, {}, making);
      await assert.rejects(next, codeOf('predecessor_alive'));
      assert.equal((await alive(room, record.id)).length, 2);
      room.clock.advance(24 * hour);
      await assert.rejects(room.apiKeys.rotate(record.id, {}, making), codeOf('key_ended'));
      const third = await room.apiKeys.rotate(successor.id, {}, making);
      assert.equal(third.successor.lineage, record.id);
      assert.equal((await alive(room, record.id)).length, 2);
    });

    test('Rotating again replaces a lost successor: the lost one is revoked and the new one lives as long', async (t) => {
      const room = createKeyRoom(await open(t));
      const { record } = await makeKey(room, { expires_in: 30 * 86_400 });
      const lost = await room.apiKeys.rotate(record.id, {}, making);
      await room.apiKeys.revoke(lost.successor.id, {}, by);
      const { successor } = await room.apiKeys.rotate(record.id, {}, making);
      assert.equal(successor.expiresAt, room.clock.now() + 30 * 24 * hour);
      assert.equal((await alive(room, record.id)).length, 2);
    });

    test('A disabled or unknown API key is not rotated', async (t) => {
      const room = createKeyRoom(await open(t));
      const { record } = await makeKey(room);
      await room.apiKeys.disable(record.id, by);
      await assert.rejects(room.apiKeys.rotate(record.id, {}, making), codeOf('key_disabled'));
      await assert.rejects(room.apiKeys.rotate('nothing', {}, making), { code: 'not_found' });
      const input = { overlap: rotationOverlap.max + 1 };
      await assert.rejects(room.apiKeys.rotate(record.id, input, making), {
        code: 'invalid_request',
      });
    });

    test('Exactly one of several simultaneous rotations on two nodes wins, and two API keys are live', async (t) => {
      const url = await stores.freshUrl();
      const nodes = [await openStore({ url }), await openStore({ url })] as const;
      t.after(async () => void (await Promise.all(nodes.map((node) => node.close()))));
      const rooms = [createKeyRoom(nodes[0]), createKeyRoom(nodes[1])] as const;
      const project = await projectFor(rooms[0]);
      for (let round = 0; round < 5; round += 1) {
        const { record } = await rooms[0].apiKeys.create(project, making);
        const outcomes = await Promise.allSettled(
          Array.from({ length: 8 }, (_, index) =>
            (index % 2 ? rooms[1] : rooms[0]).apiKeys.rotate(record.id, {}, making),
          ),
        );
        const won = outcomes.filter((outcome) => outcome.status === 'fulfilled');
        assert.equal(won.length, 1);
        const { items } = await nodes[0].apiKeys.list({ lineage: record.id, limit: 100 });
        const expected = [record.id, won[0]?.value.successor.id].sort();
        assert.deepEqual(items.map(({ id }) => id).sort(), expected);
      }
    });

    test('A rotation repeated with the same Idempotency-Key returns the same successor, even simultaneously', async (t) => {
      const room = createKeyRoom(await open(t));
      const { record } = await makeKey(room);
      const attempt = { ...making, idempotencyKey: 'rotation-1' };
      const all = await Promise.all(
        Array.from({ length: 5 }, () => room.apiKeys.rotate(record.id, {}, attempt)),
      );
      assert.equal(new Set(all.map(({ key }) => key)).size, 1);
      const { id } = all[0]?.successor ?? assert.fail();
      await room.apiKeys.update(id, { name: 'changed', scopes: [] }, by);
      const { successor } = await room.apiKeys.rotate(record.id, {}, attempt);
      assert.deepEqual([successor.name, successor.scopes], ['changed', []]);
      assert.equal((await alive(room, record.id)).length, 2);
    });

    test('A repeated rotation returns the same successor even when the other call creates it between two reads', async (t) => {
      const store = await open(t);
      const room = createKeyRoom(store);
      const { record } = await makeKey(room);
      const attempt = { ...making, idempotencyKey: 'rotation-1' };
      let first: Promise<{ key: string }> | undefined;
      const find: typeof store.apiKeys.find = async (id) => {
        const found = await store.apiKeys.find(id);
        if (found) return found;
        first ??= room.apiKeys.rotate(record.id, {}, attempt);
        await first;
        return undefined;
      };
      const late = createKeyRoom({ ...store, apiKeys: { ...store.apiKeys, find } });
      const { key } = await late.apiKeys.rotate(record.id, {}, attempt);
      assert.equal(key, (await first)?.key);
    });

    test('A process that dies at any write leaves the old API key intact and ready to rotate', async (t) => {
      const store = await open(t);
      const room = createKeyRoom(store);
      const project = await projectFor(room);
      for (const overlap of [3600, 0]) {
        for (let write = 1; ; write += 1) {
          const { record } = await room.apiKeys.create(project, making);
          const dying = createKeyRoom(dyingAt(store, write), { clock: room.clock });
          const outcome = await dying.apiKeys.rotate(record.id, { overlap }, making).then(
            () => 'done',
            (error) => (error instanceof Died ? 'died' : assert.fail(String(error))),
          );
          if (outcome === 'done') break;
          assert.ok((await alive(room, record.id)).length <= 2);
          // The successor that nobody got ends by itself, or is complete and is revoked.
          room.clock.advance(60_000);
          await room.killSwitches.resume(0);
          const old = await store.apiKeys.find(record.id);
          const successor = old?.replacedBy && (await store.apiKeys.find(old.replacedBy));
          if (successor && !hasEnded(successor, room.clock.now())) {
            await room.apiKeys.revoke(successor.id, {}, by);
            // With no overlap the end of the old key may have come first: it was meant to end.
            if (old && hasEnded(old, room.clock.now())) continue;
          }
          await room.apiKeys.rotate(record.id, { overlap }, making);
          assert.equal((await alive(room, record.id)).length, overlap > 0 ? 2 : 1);
          assert.ok(write < 20);
        }
      }
    });
  });
});
