import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { InvalidFieldsError } from '../../src/input_check.ts';
import {
  addUser,
  billing,
  by,
  createKeyRoom,
  Died,
  dyingAt,
  making,
  orders,
  pointersOf,
  projectFor,
} from '../api_keys/key_room.ts';
import { eachEngine, openFresh } from '../support/stores.ts';

await eachEngine((stores) => {
  const openRoom = async (t: TestContext) => createKeyRoom(await openFresh(t, stores));

  describe('Projects', () => {
    test('A project is created, found by id and by name, changed and listed', async (t) => {
      const { projects, ...room } = await openRoom(t);
      await addUser({ ...room, projects }, 'alice');
      const made = await projects.create(
        { name: 'Team', api: orders, owner_id: 'alice', member_ids: ['alice', 'alice'] },
        by,
      );
      assert.deepEqual(made.memberIds, ['alice']);
      assert.equal((await projects.get('Team')).id, made.id);
      const change = { name: 'Crew', tier: 'free', scopes: ['orders:read'], owner_id: null };
      await projects.update(made.id, change, by);
      const found = await projects.get(made.id);
      assert.deepEqual(
        [found.name, found.tier, found.scopes, found.ownerId, found.version],
        ['Crew', 'free', ['orders:read'], undefined, 2],
      );
      await assert.rejects(projects.get('Team'), { code: 'not_found' });
      assert.deepEqual(
        (await projects.list({ limit: 5 })).items.map(({ name }) => name),
        ['Crew'],
      );
    });

    test('Every field of a project is validated, and a name is taken once', async (t) => {
      const { projects } = await openRoom(t);
      const good = { name: 'Team', api: orders };
      const cases: [object, string[]][] = [
        [{ name: ' x' }, ['#/name']],
        [{ api: 'https://nobody.example' }, ['#/api']],
        [{ api: undefined }, ['#/api']],
        [{ scopes: ['orders:read', 'bills:read'] }, ['#/scopes/1']],
        [{ tier: 'gold' }, ['#/tier']],
        [{ owner_id: 'nobody' }, ['#/owner_id']],
        [{ member_ids: ['nobody'] }, ['#/member_ids/0']],
        [{ id: 'x' }, ['#/id']],
      ];
      for (const [fields, pointers] of cases) {
        assert.deepEqual(await pointersOf(projects.create({ ...good, ...fields }, by)), pointers);
      }
      const { id } = await projects.create(good, by);
      await assert.rejects(projects.create(good, by), { code: 'already_exists' });
      assert.deepEqual(await pointersOf(projects.update(id, { api: billing }, by)), ['#/api']);
    });

    test('Each change to a project makes other processes check its API keys again', async (t) => {
      const { projects, store } = await openRoom(t);
      const { id } = await projects.create({ name: 'Team', api: orders }, by);
      let last = await store.revocations.sequence();
      for (const change of [
        () => projects.update(id, { tier: 'free' }, by),
        () => projects.disable(id, by),
        () => projects.disable(id, by),
        () => projects.enable(id, by),
        () => projects.remove(id, by),
      ]) {
        await change();
        assert.ok((await store.revocations.sequence()) > last);
        last = await store.revocations.sequence();
      }
    });

    test('Disabling a project ends the tokens of its own API keys, and of no other', async (t) => {
      const room = await openRoom(t);
      const [{ project_id: id }, { project_id: bystander }] = [
        await projectFor(room),
        await projectFor(room, { name: 'Other' }),
      ];
      await room.projects.disable(id, by);
      const keys = [id, bystander].map((project) => `project_tokens:${project}`);
      const marked = await room.store.revocations.find(keys, room.clock.now());
      assert.deepEqual(
        marked.map(({ key }) => key),
        keys.slice(0, 1),
      );
    });

    test('A process that dies while disabling a project leaves project and tokens both changed or both unchanged', async (t) => {
      for (let write = 1; ; write += 1) {
        const room = await openRoom(t);
        const { project_id: id } = await projectFor(room);
        const dying = createKeyRoom(dyingAt(room.store, write), { clock: room.clock });
        const answered = await dying.projects.disable(id, by).then(
          () => true,
          (error) => assert.ok(error instanceof Died),
        );
        await room.killSwitches.resume(0);
        const isDisabled = (await room.store.projects.find(id))?.disabledAt !== undefined;
        const keys = [`project_tokens:${id}`];
        const marked = await room.store.revocations.find(keys, room.clock.now());
        assert.equal(marked.length, write === 1 ? 0 : 1);
        assert.equal(isDisabled, write > 2);
        assert.deepEqual(await room.store.revocations.unfinished(5), []);
        if (answered) break;
        assert.ok(write < 10);
      }
    });

    test('A project with a live API key cannot be deleted', async (t) => {
      const room = await openRoom(t);
      const { projects, apiKeys } = room;
      const good = await projectFor(room);
      const { record } = await apiKeys.create(good, making);
      await apiKeys.disable(record.id, by);
      await assert.rejects(projects.remove(good.project_id, by), { code: 'has_keys', status: 409 });
      await apiKeys.revoke(record.id, {}, by);
      await projects.remove(good.project_id, by);
      await assert.rejects(projects.remove(good.project_id, by), { code: 'not_found' });
    });

    test("An API's own project is created once, even by simultaneous calls", async (t) => {
      const { projects } = await openRoom(t);
      const all = await Promise.all(Array.from({ length: 6 }, () => projects.ownOf(orders, by)));
      assert.equal(new Set(all.map(({ id }) => id)).size, 1);
      await assert.rejects(projects.ownOf('https://nobody.example', by), InvalidFieldsError);
      await projects.create({ name: billing, api: orders }, by);
      await assert.rejects(projects.ownOf(billing, by), { code: 'already_exists' });
    });
  });
});
