/**
 * Values that mean something to a database mean nothing to the stores of projects, API keys and usage.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { StoreUnavailableError } from '../../../src/storage/errors.ts';
import type { TestStores } from '../../support/stores.ts';
import { hostile } from './hostile.ts';
import { now, sampleApiKey, sampleProject, sampleUsage, sharedStore } from './samples.ts';

const ever = { from: '0000-01-01', to: '9999-12-31', limit: 9 };

export function hostileKeyContract(stores: TestStores) {
  describe('Hostile values in API key storage', () => {
    const { store } = sharedStore(stores);

    test('Projects, API keys and usage accept any text', async () => {
      const { projects, apiKeys, usage } = store();
      const metadata = Object.fromEntries(hostile.map((text) => [text, text]));
      const all = hostile.map((text) => ({
        project: sampleProject({ id: text, name: text, api: text, memberIds: [text] }),
        key: sampleApiKey({
          ...{ id: text, hash: text, lineage: text, projectId: text, userId: text, name: text },
          ...{ api: text, scopes: [text], metadata: JSON.parse(JSON.stringify(metadata)) },
        }),
        row: sampleUsage({ keyId: text, projectId: text, api: text }),
      }));
      for (const { project, key } of all) {
        await projects.create(project);
        await apiKeys.create(key);
      }
      await apiKeys.touch(hostile.map((keyId) => ({ keyId, lastUsedAt: now })));
      await usage.add(all.map(({ row }) => row));
      for (const { project, key, row } of all) {
        const { id } = key;
        assert.deepEqual(await projects.find(id), project);
        assert.deepEqual(await projects.findByName(id), project);
        assert.deepEqual(await apiKeys.find(id), key);
        assert.deepEqual(await apiKeys.findByHash(id), key);
        for (const name of ['projectId', 'userId', 'lineage']) {
          assert.deepEqual(
            (await apiKeys.list({ [name]: id, after: '', limit: 9 })).items,
            id ? [key] : [],
          );
        }
        assert.deepEqual(await apiKeys.lastUses([id]), [{ keyId: id, lastUsedAt: now }]);
        for (const name of ['keyId', 'projectId', 'api']) {
          assert.deepEqual(await usage.query({ ...ever, [name]: id }), [row]);
        }
        assert.equal(await apiKeys.update({ ...key, version: 2 }), true);
      }
      assert.equal((await apiKeys.lastUses(hostile)).length, hostile.length);
    });

    test('An object in place of a text matches nothing and changes nothing', async () => {
      const { projects, apiKeys, usage } = store();
      const key = sampleApiKey();
      await projects.create(sampleProject());
      await apiKeys.create(key);
      await apiKeys.touch([{ keyId: key.id, lastUsedAt: now }]);
      const row = sampleUsage();
      await usage.add([row]);
      const listed = async (by: object) => (await apiKeys.list({ ...by, limit: 9 })).items;
      const none = (answer: Promise<unknown[] | boolean>) =>
        answer.then((given) => (Array.isArray(given) ? given[0] : given || undefined));
      for (const query of [{ $gt: '' }, { $ne: null }, { $exists: true }, [key.id], null]) {
        const text = query as unknown as string;
        const attempts = [
          projects.find(text),
          projects.findByName(text),
          none(projects.update(sampleProject({ id: text, version: 2 }))),
          none(projects.remove(text)),
          apiKeys.find(text),
          apiKeys.findByHash(text),
          none(listed({ projectId: text })),
          none(listed({ userId: text })),
          none(listed({ lineage: text })),
          none(apiKeys.update({ ...key, id: text, version: 2 })),
          none(apiKeys.update({ ...key, hash: text, version: 2 })),
          none(apiKeys.remove(text)),
          none(apiKeys.lastUses([text])),
          none(usage.query({ ...ever, keyId: text })),
          none(usage.query({ ...ever, projectId: text })),
          none(usage.query({ ...ever, api: text })),
        ];
        for (const outcome of await Promise.allSettled(attempts)) {
          if (outcome.status === 'fulfilled') assert.equal(outcome.value, undefined);
          else assert.ok(!(outcome.reason instanceof StoreUnavailableError));
        }
        await apiKeys.touch([{ keyId: text, lastUsedAt: now + 1 }]).catch(() => {});
        await usage.add([sampleUsage({ keyId: text })]).catch(() => {});
      }
      assert.deepEqual(await apiKeys.find(key.id), key);
      assert.deepEqual(await apiKeys.lastUses([key.id]), [{ keyId: key.id, lastUsedAt: now }]);
      assert.deepEqual(await usage.query({ ...ever, keyId: row.keyId }), [row]);
    });
  });
}
