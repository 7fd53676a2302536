/**
 * What the store of APIs guarantees: to one caller, and to many on several connections.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { randomId } from '../../../src/digests.ts';
import { DuplicateError } from '../../../src/storage/errors.ts';
import type { TestStores } from '../../support/stores.ts';
import { now, openAll, ordered, sampleApi, sharedStore } from './samples.ts';

export function apiContract(stores: TestStores) {
  describe('API storage', () => {
    const { url, store } = sharedStore(stores);

    test('An API is found by its identifier as it was created', async () => {
      const { apis } = store();
      const api = sampleApi({ disabledAt: now });
      await apis.create(api);
      assert.deepEqual(await apis.find(api.identifier), api);
      assert.equal(await apis.find(api.aliases[0] ?? ''), undefined);
      assert.equal(await apis.find(randomId()), undefined);
    });

    test('No two APIs share a name, be it an identifier or an alias, and a refused write changes nothing', async () => {
      const { apis } = store();
      const [first, second] = [sampleApi(), sampleApi()];
      await apis.create(first);
      await apis.create(second);
      const taken = [first.identifier, ...first.aliases];
      for (const name of taken) {
        await assert.rejects(apis.create(sampleApi({ identifier: name })), DuplicateError);
        await assert.rejects(apis.create(sampleApi({ aliases: ['urn:x', name] })), DuplicateError);
        const next = { ...second, aliases: [...second.aliases, name], version: 2 };
        await assert.rejects(apis.update(next), DuplicateError);
      }
      await apis.create(sampleApi({ aliases: ['urn:x'] }));
      assert.deepEqual(await apis.find(first.identifier), first);
      assert.deepEqual(await apis.find(second.identifier), second);
    });

    test('A change succeeds only from the previous version and frees the aliases that it drops', async () => {
      const { apis } = store();
      const api = sampleApi();
      await apis.create(api);
      const second = { ...api, aliases: [randomId()], version: 2 };
      assert.equal(await apis.update({ ...second, version: 3 }), false);
      assert.equal(await apis.update(second), true);
      assert.equal(await apis.update(second), false);
      assert.deepEqual(await apis.find(api.identifier), second);
      await apis.create(sampleApi({ aliases: api.aliases }));
      await assert.rejects(apis.create(sampleApi({ aliases: second.aliases })), DuplicateError);
    });

    test('A removal reports whether the API existed and frees its names', async () => {
      const { apis } = store();
      const api = sampleApi();
      await apis.create(api);
      assert.equal(await apis.remove(api.identifier), true);
      assert.equal(await apis.remove(api.identifier), false);
      assert.equal(await apis.update({ ...api, version: 2 }), false);
      await apis.create({ ...api, since: now + 1 });
    });

    test('One of many that give a name at the same time gets it', async (t) => {
      const connections = await openAll(t, { url: url(), count: 4 });
      const alias = randomId();
      const results = await Promise.allSettled(
        Array.from({ length: 12 }, (_, index) =>
          connections[index % 4]?.apis.create(sampleApi({ aliases: [alias] })),
        ),
      );
      const failures = results.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
      assert.equal(failures.length, 11);
      for (const failure of failures) assert.ok(failure instanceof DuplicateError);
    });

    test('The API list is ordered and continues where a page ended', async (t) => {
      const [fresh] = await openAll(t, { url: await stores.freshUrl(), count: 1 });
      assert.ok(fresh);
      for (const identifier of ordered.toReversed()) {
        await fresh.apis.create(sampleApi({ identifier }));
      }
      const page = async (after: string | undefined, limit: number) =>
        (await fresh.apis.list({ after, limit })).map(({ identifier }) => identifier);
      assert.deepEqual(await page(undefined, 100), ordered);
      assert.deepEqual(await page(ordered[2], 3), ordered.slice(3, 6));
      assert.deepEqual(await page(ordered[7], 3), []);
    });
  });
}
