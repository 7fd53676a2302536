/**
 * What the store of groups guarantees, and who is in a group.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { randomId } from '../../../src/digests.ts';
import { DuplicateError } from '../../../src/storage/errors.ts';
import type { TestStores } from '../../support/stores.ts';
import { openAll, ordered, sampleGroup, sampleUser, sharedStore } from './samples.ts';

export function groupContract(stores: TestStores) {
  describe('Group storage', () => {
    const { store } = sharedStore(stores);

    test('A group is found by its name, which is taken once, and changes only from its previous version', async () => {
      const { groups } = store();
      const group = sampleGroup();
      const { name } = group;
      await groups.create(group);
      assert.deepEqual(await groups.find(name), group);
      await assert.rejects(groups.create(sampleGroup({ name })), DuplicateError);
      const second = { ...group, description: 'Others', version: 2 };
      assert.equal(await groups.update({ ...second, version: 3 }), false);
      assert.equal(await groups.update(second), true);
      assert.equal(await groups.update(second), false);
      assert.deepEqual(await groups.find(name), second);
      assert.equal(await groups.remove(name), true);
      assert.equal(await groups.remove(name), false);
      assert.equal(await groups.find(name), undefined);
      assert.equal(await groups.update({ ...group, version: 3 }), false);
    });

    test('Of several callers that create or change one group at once exactly one succeeds', async () => {
      const { groups } = store();
      const group = sampleGroup();
      const won = async (attempts: Promise<unknown>[]) =>
        (await Promise.allSettled(attempts)).filter(
          (outcome) => outcome.status === 'fulfilled' && outcome.value !== false,
        ).length;
      assert.equal(await won(Array.from({ length: 8 }, () => groups.create(group))), 1);
      const next = { ...group, version: 2 };
      assert.equal(await won(Array.from({ length: 8 }, () => groups.update(next))), 1);
    });

    test('The group list is ordered and continues where a page ended', async (t) => {
      const [fresh] = await openAll(t, { url: await stores.freshUrl(), count: 1 });
      assert.ok(fresh);
      for (const name of ordered.toReversed()) await fresh.groups.create(sampleGroup({ name }));
      const first = await fresh.groups.list({ limit: 5 });
      const rest = await fresh.groups.list({ after: first.next, limit: 5 });
      const names = [...first.items, ...rest.items].map(({ name }) => name);
      assert.deepEqual(names, ordered);
      assert.equal(rest.next, undefined);
    });

    test('The members of a group are listed by username, counted up to a bound, and follow each change of a user', async () => {
      const { users } = store();
      const [group, other] = [`group-${randomId()}`, `group-${randomId()}`];
      const members = ordered.map((letter) =>
        sampleUser({ username: `${letter}${randomId()}`, groups: [group, other] }),
      );
      for (const user of members.toReversed()) await users.create(user);
      await users.create(sampleUser({ groups: [other] }));
      await users.create(sampleUser());
      const first = await users.list({ group, limit: 5 });
      const rest = await users.list({ group, after: first.next, limit: 5 });
      assert.deepEqual([...first.items, ...rest.items], members);
      assert.equal(await users.countInGroup(group, 5), 5);
      assert.equal(await users.countInGroup(group, 100), members.length);

      const [renamed, left, gone] = members;
      assert.ok(renamed && left && gone);
      const username = `zz${randomId()}`;
      assert.ok(await users.update({ ...renamed, username, version: 2 }));
      assert.ok(await users.update({ ...left, groups: [other, 'x'], version: 2 }));
      assert.ok(await users.remove(gone.id));
      const { items, next } = await users.list({ group, limit: 99 });
      assert.deepEqual(
        items.map((user) => user.username),
        [...members.slice(3).map((user) => user.username), username].sort((one, two) =>
          Buffer.compare(Buffer.from(one), Buffer.from(two)),
        ),
      );
      assert.equal(next, undefined);
      assert.equal(await users.countInGroup(group, 100), members.length - 2);
      assert.equal(await users.countInGroup(other, 100), members.length);
      assert.equal(await users.countInGroup(randomId(), 100), 0);
    });

    test('The names of groups that users are in are listed in order, each once, as long as somebody is in it', async (t) => {
      const [fresh] = await openAll(t, { url: await stores.freshUrl(), count: 1 });
      assert.ok(fresh);
      const { users } = fresh;
      assert.deepEqual(await users.groupNames({ limit: 9 }), []);
      // Names that begin each other, with spaces, and as long as they may be.
      const names = ['a', 'a b', 'a!', 'ab', ...ordered.map((letter) => `z${letter}`), 'é'];
      const sorted = (all: string[]) =>
        [...new Set(all)].sort((one, two) => Buffer.compare(Buffer.from(one), Buffer.from(two)));
      const longest = '\u{1f511}'.repeat(100);
      const [first, second] = [
        sampleUser({ groups: [...names, longest] }),
        sampleUser({ groups: names.slice(1) }),
      ];
      await users.create(first);
      await users.create(second);
      const all = sorted([...names, longest]);
      assert.deepEqual(await users.groupNames({ limit: 99 }), all);
      const half = await users.groupNames({ limit: 4 });
      const rest = await users.groupNames({ after: half.at(-1), limit: 99 });
      assert.deepEqual([half.length, [...half, ...rest]], [4, all]);

      assert.ok(await users.update({ ...first, groups: ['new'], version: 2 }));
      assert.deepEqual(await users.groupNames({ limit: 99 }), sorted([...names.slice(1), 'new']));
      assert.ok(await users.remove(second.id));
      assert.deepEqual(await users.groupNames({ limit: 99 }), ['new']);
    });
  });
}
