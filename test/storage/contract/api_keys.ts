/**
 * What the store of API keys guarantees to one caller.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { randomId } from '../../../src/digests.ts';
import {
  type ApiKeyRecord,
  type ApiKeyStore,
  keepEndedKeysMs,
} from '../../../src/storage/api_keys.ts';
import { DuplicateError } from '../../../src/storage/errors.ts';
import type { TestStores } from '../../support/stores.ts';
import { minute, now, openAll, ordered, sampleApiKey, sharedStore } from './samples.ts';

export function apiKeyContract(stores: TestStores) {
  describe('API key storage', () => {
    const { store } = sharedStore(stores);

    test('An API key is found by its id and by its hash as it was created', async () => {
      const { apiKeys } = store();
      const all = [
        sampleApiKey(),
        sampleApiKey({
          ...{ userId: 'alice', tier: 'gold', replacedBy: 'key_2', environment: 'test' },
          ...{ expiresAt: now + minute, disabledAt: now, revokedAt: now + 1 },
        }),
      ];
      for (const key of all) {
        await apiKeys.create(key);
        assert.deepEqual(await apiKeys.find(key.id), key);
        assert.deepEqual(await apiKeys.findByHash(key.hash), key);
        assert.equal(await apiKeys.find(key.hash), undefined);
        assert.equal(await apiKeys.findByHash(key.id), undefined);
      }
    });

    test('An id and a hash are unique, and a refused write leaves the API key as it is', async () => {
      const { apiKeys } = store();
      const key = sampleApiKey();
      await apiKeys.create(key);
      for (const taken of [{ id: key.id }, { hash: key.hash }]) {
        await assert.rejects(apiKeys.create(sampleApiKey(taken)), (error) => {
          assert.ok(error instanceof DuplicateError);
          assert.match(error.message, new RegExp(`this ${Object.keys(taken)[0]} `));
          return true;
        });
      }
      assert.deepEqual(await apiKeys.find(key.id), key);
      assert.deepEqual(await apiKeys.findByHash(key.hash), key);
    });

    test('A change succeeds only from the previous version and updates the lists', async () => {
      const { apiKeys } = store();
      const key = sampleApiKey({ expiresAt: now + minute, revokedAt: now });
      await apiKeys.create(key);
      await apiKeys.touch([{ keyId: key.id, lastUsedAt: now }]);
      const second: ApiKeyRecord = { ...key, userId: randomId(), name: 'New', version: 2 };
      for (const name of ['projectId', 'expiresAt', 'revokedAt'] as const) delete second[name];
      assert.equal(await apiKeys.update({ ...second, version: 3 }), false);
      assert.equal(await apiKeys.update(second), true);
      assert.equal(await apiKeys.update(second), false);
      assert.deepEqual(await apiKeys.findByHash(key.hash), second);
      const of = async (owner: object) => (await apiKeys.list({ ...owner, limit: 9 })).items;
      assert.deepEqual(await of({ userId: second.userId }), [second]);
      assert.deepEqual(await of({ projectId: key.projectId }), []);
      const third = { ...second, expiresAt: now + minute, version: 3 };
      assert.equal(await apiKeys.update(third), true);
      assert.deepEqual(await apiKeys.find(key.id), third);
      assert.equal((await apiKeys.lastUses([key.id]))[0]?.lastUsedAt, now);
    });

    test('A change cannot give an API key another hash', async () => {
      const { apiKeys } = store();
      const key = sampleApiKey();
      await apiKeys.create(key);
      assert.equal(await apiKeys.update({ ...key, hash: randomId(32), version: 2 }), false);
      assert.deepEqual(await apiKeys.findByHash(key.hash), key);
    });

    test('A removal reports whether the API key existed, removes its last use, and is final', async () => {
      const { apiKeys } = store();
      const key = sampleApiKey();
      await apiKeys.create(key);
      await apiKeys.touch([{ keyId: key.id, lastUsedAt: now }]);
      assert.equal(await apiKeys.remove(key.id), true);
      assert.equal(await apiKeys.remove(key.id), false);
      assert.equal(await apiKeys.update({ ...key, version: 2 }), false);
      await apiKeys.touch([{ keyId: key.id, lastUsedAt: now + 1 }]);
      assert.equal(await apiKeys.find(key.id), undefined);
      assert.equal(await apiKeys.findByHash(key.hash), undefined);
      assert.deepEqual(await apiKeys.lastUses([key.id]), []);
      await apiKeys.create({ ...key, hash: randomId(32) });
      assert.deepEqual(await apiKeys.lastUses([key.id]), []);
    });

    test('API keys are listed in order and in pages: all, or by project, user or rotation chain', async (t) => {
      const [fresh] = await openAll(t, { url: await stores.freshUrl(), count: 1 });
      assert.ok(fresh);
      const { apiKeys } = fresh;
      const all = ordered.flatMap((id) => [
        sampleApiKey({ id: `${id}1`, projectId: 'x', lineage: 'l' }),
        sampleApiKey({ id: `${id}2`, projectId: 'y', lineage: 'x' }),
        // A name of one kind is none of another.
        sampleApiKey({ id: `${id}3`, userId: 'x', lineage: 'l' }),
        sampleApiKey({ id: `${id}4`, userId: 'y', lineage: 'y' }),
      ]);
      for (const key of all.toReversed()) await apiKeys.create(key);
      assert.deepEqual(await pages(apiKeys, {}), all);
      for (const name of ['projectId', 'userId', 'lineage'] as const) {
        const expected = all.filter((key) => key[name] === 'x');
        assert.equal(expected.length, ordered.length);
        assert.deepEqual(await pages(apiKeys, { [name]: 'x' }), expected);
        assert.deepEqual(await pages(apiKeys, { [name]: '' }), []);
      }
      assert.deepEqual(
        await pages(apiKeys, { projectId: 'x', lineage: 'l' }),
        all.filter(({ projectId, lineage }) => projectId === 'x' && lineage === 'l'),
      );
    });

    test('Expiring API keys are listed by expiry, without those that have ended', async (t) => {
      const [fresh] = await openAll(t, { url: await stores.freshUrl(), count: 1 });
      assert.ok(fresh);
      const { apiKeys } = fresh;
      const until = now + 10 * minute;
      const expiring = [1, 2, 3, 4].map((minutes) =>
        sampleApiKey({ expiresAt: now + minutes * minute }),
      );
      const others = [
        sampleApiKey(),
        sampleApiKey({ expiresAt: now }),
        sampleApiKey({ expiresAt: until }),
        sampleApiKey({ expiresAt: now + minute, revokedAt: now }),
        // By a node whose clock is ahead.
        sampleApiKey({ expiresAt: now + 2 * minute, revokedAt: now + 1 }),
        sampleApiKey({ revokedAt: now + 1 }),
      ];
      for (const key of [...others, ...expiring.toReversed()]) await apiKeys.create(key);
      assert.deepEqual(await apiKeys.expiring({ from: now, until, limit: 9 }), expiring);
      assert.deepEqual(
        await apiKeys.expiring({ from: now + minute, until: now + 4 * minute, limit: 9 }),
        expiring.slice(1, 3),
      );
      assert.deepEqual(
        await apiKeys.expiring({ from: now, until, limit: 2 }),
        expiring.slice(0, 2),
      );
    });

    test("The latest last-use time wins in a batch write, and the API key's record is left alone", async () => {
      const { apiKeys } = store();
      const [one, two, never] = [sampleApiKey(), sampleApiKey(), sampleApiKey()];
      for (const key of [one, two, never]) await apiKeys.create(key);
      await apiKeys.touch([]);
      await apiKeys.touch([
        { keyId: one.id, lastUsedAt: now + minute },
        { keyId: randomId(), lastUsedAt: now },
        { keyId: two.id, lastUsedAt: now },
        { keyId: one.id, lastUsedAt: now },
      ]);
      await apiKeys.touch([
        { keyId: one.id, lastUsedAt: now - minute },
        { keyId: two.id, lastUsedAt: now + 2 * minute },
      ]);
      const uses = await apiKeys.lastUses([one.id, two.id, never.id, two.id, randomId()]);
      assert.deepEqual(
        new Map(uses.map(({ keyId, lastUsedAt }) => [keyId, lastUsedAt])),
        new Map([
          [one.id, now + minute],
          [two.id, now + 2 * minute],
        ]),
      );
      assert.equal(uses.length, 2);
      assert.deepEqual(await apiKeys.lastUses([]), []);
      assert.deepEqual(await apiKeys.find(one.id), one);
      assert.equal(await apiKeys.update({ ...one, version: 2 }), true);
    });

    test('A purge removes in bounded batches only API keys that ended long ago', async (t) => {
      const [fresh] = await openAll(t, { url: await stores.freshUrl(), count: 1 });
      assert.ok(fresh);
      const { apiKeys } = fresh;
      const [longAgo, lately] = [now - keepEndedKeysMs - 1, now - keepEndedKeysMs];
      const gone = [
        sampleApiKey({ expiresAt: longAgo }),
        sampleApiKey({ revokedAt: longAgo }),
        sampleApiKey({ revokedAt: longAgo, expiresAt: now + minute }),
        sampleApiKey({ expiresAt: longAgo, revokedAt: now }),
      ];
      // A key that was given a later end while it was about to go.
      const renewed = sampleApiKey({ expiresAt: longAgo });
      const left = [
        sampleApiKey(),
        sampleApiKey({ expiresAt: lately }),
        sampleApiKey({ revokedAt: lately }),
        sampleApiKey({ disabledAt: longAgo }),
        renewed,
      ];
      for (const key of [...gone, ...left]) {
        await apiKeys.create(key);
        await apiKeys.touch([{ keyId: key.id, lastUsedAt: longAgo }]);
      }
      assert.ok(await apiKeys.update({ ...renewed, expiresAt: now, version: 2 }));
      const purge = () => fresh.purge({ now, limit: 3, auditBefore: 0 });
      assert.deepEqual([await purge(), await purge(), await purge()], [3, 1, 0]);
      const ids = (keys: { id: string }[]) => keys.map(({ id }) => id).sort();
      assert.deepEqual(ids((await apiKeys.list({ limit: 99 })).items), ids(left));
      const uses = await apiKeys.lastUses([...gone, ...left].map(({ id }) => id));
      assert.equal(uses.length, left.length);
    });
  });
}

/** All that are listed, in pages of 3. */
async function pages(
  apiKeys: ApiKeyStore,
  of: { projectId?: string; userId?: string; lineage?: string },
): Promise<ApiKeyRecord[]> {
  const all: ApiKeyRecord[] = [];
  let after: string | undefined;
  do {
    const page = await apiKeys.list({ ...of, after, limit: 3 });
    all.push(...page.items);
    after = page.next;
  } while (after !== undefined);
  return all;
}
