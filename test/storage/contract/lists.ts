/**
 * Lists by conditions: what meets them is found in order and in pages, and one call looks at a bounded number of records.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { randomId } from '../../../src/digests.ts';
import type { Page } from '../../../src/storage/pages.ts';
import type { TestStores } from '../../support/stores.ts';
import {
  now,
  openAll,
  sampleApiKey,
  sampleClient,
  sampleProject,
  sampleUser,
  sharedStore,
} from './samples.ts';

export function listContract(stores: TestStores) {
  describe('Lists by conditions', () => {
    const { store } = sharedStore(stores);

    test('Clients are listed by source, by state, and by both, as they are after a change', async (t) => {
      const [fresh] = await openAll(t, { url: await stores.freshUrl(), count: 1 });
      assert.ok(fresh);
      const { clients } = fresh;
      const all = Array.from({ length: 12 }, (_, index) =>
        sampleClient({
          clientId: `c${String(index).padStart(2, '0')}`,
          source: index % 3 === 0 ? 'dynamic' : 'operator',
          ...(index % 4 === 0 && { disabledAt: now }),
        }),
      );
      for (const client of all) await clients.create(client);
      const list = (by: Omit<Parameters<typeof clients.list>[0], 'limit'>) =>
        allOf((after) => clients.list({ ...by, after, limit: 2 }));
      const dynamic = all.filter(({ source }) => source === 'dynamic');
      const off = all.filter(({ disabledAt }) => disabledAt !== undefined);
      assert.deepEqual(await list({}), all);
      assert.deepEqual(await list({ source: 'dynamic' }), dynamic);
      assert.deepEqual(await list({ source: 'file' }), []);
      assert.deepEqual(await list({ enabled: false }), off);
      assert.deepEqual(
        await list({ enabled: true }),
        all.filter((client) => !off.includes(client)),
      );
      assert.deepEqual(
        await list({ source: 'dynamic', enabled: false }),
        dynamic.filter((client) => off.includes(client)),
      );
      const [first] = off;
      assert.ok(first);
      const { disabledAt: _, ...enabled } = first;
      assert.ok(await clients.update({ ...enabled, source: 'file', version: 2 }));
      assert.deepEqual(await list({ enabled: false }), off.slice(1));
      assert.deepEqual(await list({ source: 'dynamic' }), dynamic.slice(1));
      assert.ok(await clients.remove(off[1]?.clientId ?? ''));
      assert.deepEqual(await list({ enabled: false }), off.slice(2));
    });

    test('Clients are listed by each API that they name, as they are after a change', async () => {
      const { clients } = store();
      const [one, two] = [randomId(), randomId()];
      const naming = (...apis: string[]) => sampleClient({ metadata: { apis } });
      const [both, first, none] = [naming(one, two), naming(one, one), naming()];
      for (const client of [both, first, none, sampleClient()]) await clients.create(client);
      const list = async (api: string, by = {}) =>
        (await allOf((after) => clients.list({ api, ...by, after, limit: 1 }))).map(
          ({ clientId }) => clientId,
        );
      const ids = (...some: { clientId: string }[]) => some.map(({ clientId }) => clientId).sort();
      assert.deepEqual(await list(one), ids(both, first));
      assert.deepEqual(await list(two), ids(both));
      assert.deepEqual(await list(randomId()), []);
      assert.deepEqual(await list(one, { enabled: false }), []);
      assert.ok(await clients.update({ ...both, metadata: { apis: [two] }, version: 2 }));
      assert.ok(
        await clients.update({ ...none, disabledAt: now, metadata: { apis: [one] }, version: 2 }),
      );
      assert.deepEqual(await list(one), ids(first, none));
      assert.deepEqual(await list(one, { enabled: false }), ids(none));
      assert.deepEqual(await list(one, { text: none.clientId }), ids(none));
      assert.ok(await clients.update({ ...first, metadata: {}, version: 2 }));
      assert.ok(await clients.remove(none.clientId));
      assert.deepEqual(await list(one), []);
      assert.deepEqual(await list(two), ids(both));
    });

    test('Users are listed by state and group, projects by API and owner', async () => {
      const { users, projects } = store();
      const [group, api, ownerId] = [randomId(), randomId(), randomId()];
      const [on, off] = [
        sampleUser({ groups: [group] }),
        sampleUser({ groups: [group], disabledAt: now }),
      ];
      for (const user of [on, off, sampleUser({ disabledAt: now })]) await users.create(user);
      const members = async (enabled: boolean) =>
        (await users.list({ group, enabled, limit: 9 })).items;
      assert.deepEqual(await members(true), [on]);
      assert.deepEqual(await members(false), [off]);
      const disabled = await allOf((after) => users.list({ enabled: false, after, limit: 1 }));
      assert.equal(disabled.length, 2);

      const leaver = sampleUser({ deletion: { requestedAt: now, at: now + 1 } });
      await users.create(leaver);
      const leaving = async () => (await users.list({ isLeaving: true, limit: 9 })).items;
      assert.deepEqual(await leaving(), [leaver]);
      const { deletion: _, ...stays } = { ...leaver, version: 2 };
      assert.ok(await users.update(stays));
      assert.deepEqual(await leaving(), []);

      const [mine, other] = [sampleProject({ api, ownerId }), sampleProject({ api })];
      for (const project of [mine, other, sampleProject({ ownerId })]) {
        await projects.create(project);
      }
      const by = async (options: object) => (await projects.list({ ...options, limit: 9 })).items;
      assert.equal((await by({ api })).length, 2);
      assert.equal((await by({ ownerId })).length, 2);
      assert.deepEqual(await by({ api, ownerId }), [mine]);
    });

    test('API keys are listed by API, by their first and last characters, and by several conditions', async () => {
      const { apiKeys } = store();
      const [api, userId, start] = [randomId(), randomId(), randomId().slice(0, 8)];
      const [one, two, three] = [
        sampleApiKey({ api, display: { start, end: 'AbCd' } }),
        sampleApiKey({ api, userId, display: { start, end: 'abcd' } }),
        sampleApiKey({ userId, display: { start, end: 'AbCd' } }),
      ];
      for (const key of [one, two, three]) await apiKeys.create(key);
      const by = async (options: object) =>
        (await apiKeys.list({ ...options, limit: 9 })).items.map(({ id }) => id);
      const ids = (...keys: { id: string }[]) => keys.map(({ id }) => id).sort();
      assert.deepEqual(await by({ api }), ids(one, two));
      assert.deepEqual(await by({ displayStart: start }), ids(one, two, three));
      assert.deepEqual(await by({ displayStart: start, displayEnd: 'AbCd' }), ids(one, three));
      assert.deepEqual(await by({ api, userId }), [two.id]);
    });
  });
}

/** All items of all pages. */
async function allOf<Item>(
  read: (after: string | undefined) => Promise<Page<Item>>,
): Promise<Item[]> {
  const all: Item[] = [];
  let after: string | undefined;
  do {
    const page = await read(after);
    all.push(...page.items);
    after = page.next;
  } while (after !== undefined);
  return all;
}
