/** One switch for all keys of a project, or of a user. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { hasEnded } from '../../src/api_keys/model/policy.ts';
import { eachEngine, openFresh } from '../support/stores.ts';
import {
  addUser,
  createKeyRoom,
  Died,
  dyingAt,
  type KeyRoom,
  making,
  orders,
  projectFor,
} from './key_room.ts';

const count = 3;

await eachEngine((stores) => {
  const open = (t: TestContext) => openFresh(t, stores);

  /** Of a project, and of a user; the ids of the keys, and of one that is somebody else's. */
  async function keysOf(room: KeyRoom, kind: 'project' | 'user') {
    const fields = await projectFor(room);
    const others = await projectFor(room, { name: 'Others' });
    await addUser(room, 'alice');
    const { project_id: projectId, ...rest } = fields;
    const whose = kind === 'project' ? fields : { ...rest, user_id: 'alice' };
    const make = async (input: object) => (await room.apiKeys.create(input, making)).record.id;
    const ids: string[] = [];
    for (let at = 0; at < count; at += 1) ids.push(await make(whose));
    const expired = await make({ ...whose, expires_in: 1 });
    const bystander = await make(others);
    room.clock.advance(1000);
    const target =
      kind === 'project'
        ? { keysOfProject: projectId }
        : { accountId: 'alice', keys: true as const };
    const type = kind === 'project' ? 'revocation.project' : 'revocation.user';
    return { ids, expired, bystander, target, order: { type, actor: 'operator' } as const };
  }

  for (const kind of ['project', 'user'] as const) {
    test(`Revoking every API key of a ${kind} ends those alone, returns their number and can be repeated`, async (t) => {
      const room = createKeyRoom(await open(t));
      const { ids, expired, bystander, target, order } = await keysOf(room, kind);
      const { effectiveWithin, finished } = await room.killSwitches.throwSwitch(target, order);
      const { keys } = await finished;
      assert.deepEqual([keys, effectiveWithin], [count, 2]);
      for (const id of ids) {
        const { revokedAt } = await room.apiKeys.get(id);
        assert.equal(revokedAt, room.clock.now());
        const markers = await room.store.revocations.find([`api_key:${id}`], room.clock.now());
        assert.equal(markers.length, 1);
      }
      assert.equal((await room.apiKeys.get(expired)).revokedAt, undefined);
      assert.ok(!hasEnded(await room.apiKeys.get(bystander), room.clock.now()));
      const event = room.audit.events.at(-1);
      assert.deepEqual([event?.type, event?.details?.api_keys], [order.type, count]);
      room.clock.advance(1);
      const again = await room.killSwitches.throwSwitch(target, order);
      assert.equal((await again.finished).keys, 0);
    });

    test(`Revoking every API key of a ${kind} is finished by another process after a crash at any step, with the same count`, async (t) => {
      for (let write = 1; ; write += 1) {
        const room = createKeyRoom(await open(t));
        const { ids, bystander, target, order } = await keysOf(room, kind);
        const dying = createKeyRoom(dyingAt(room.store, write), { clock: room.clock });
        const thrown = dying.killSwitches.throwSwitch(target, order);
        const answered = await thrown
          .then(({ finished }) => finished)
          .then(
            () => true,
            (error) => assert.ok(error instanceof Died),
          );
        room.clock.advance(1000);
        await room.killSwitches.resume(0);
        const ended = await Promise.all(ids.map((id) => room.apiKeys.get(id)));
        const isBegun = write > 1;
        assert.ok(
          ended.every(({ revokedAt }) => (revokedAt !== undefined) === isBegun),
          `${write}`,
        );
        assert.ok(!hasEnded(await room.apiKeys.get(bystander), room.clock.now()));
        assert.deepEqual(await room.store.revocations.unfinished(5), []);
        const told = [...dying.audit.events, ...room.audit.events].filter(
          ({ type }) => type === order.type,
        );
        const counts = [...new Set(told.map(({ id, details }) => `${id} ${details?.api_keys}`))];
        assert.equal(counts.length, isBegun ? 1 : 0);
        assert.ok(counts.every((text) => text.endsWith(` ${count}`)));
        if (answered) break;
        assert.ok(write < 30);
      }
    });
  }

  test('An API key created later is not revoked with the earlier ones', async (t) => {
    const room = createKeyRoom(await open(t));
    const { target, order } = await keysOf(room, 'project');
    await room.killSwitches.throwSwitch(target, order);
    const { items } = await room.store.projects.list({ limit: 10 });
    const [first] = items;
    const fields = { name: 'new', api: orders, project_id: first?.id, scopes: ['orders:read'] };
    const { record } = await room.apiKeys.create(fields, making);
    await room.killSwitches.resume(0);
    assert.ok(!hasEnded(await room.apiKeys.get(record.id), room.clock.now()));
  });
});
