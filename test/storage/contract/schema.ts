/**
 * The schema is made once, by whoever comes first, and never by an older program.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { StoreTooNewError } from '../../../src/storage/errors.ts';
import { openStore } from '../../../src/storage/open.ts';
import { startProcesses } from './processes.ts';
import { type ContractStores, now, openAll, sampleArtifact } from './samples.ts';

export function schemaContract(stores: ContractStores) {
  describe('Store schema', () => {
    test('Exactly one of several processes that start on an empty store creates the schema', async (t) => {
      const processes = await startProcesses(t, await stores.freshUrl(), 4);
      assert.equal(processes.migrations, 1);
    });

    test('Several connections that open at once all find the schema', async (t) => {
      const connections = await openAll(t, { url: await stores.freshUrl(), count: 6 });
      const artifact = sampleArtifact();
      await connections[0]?.artifacts.put(artifact);
      for (const store of connections) {
        assert.ok(await store.artifacts.find(artifact.kind, artifact.id, now));
      }
    });

    test('A store written by a newer program is refused and left unchanged', async (t) => {
      const url = await stores.freshUrl();
      const [store] = await openAll(t, { url, count: 1 });
      const artifact = sampleArtifact();
      await store?.artifacts.put(artifact);
      const written = await stores.setSchemaVersion(url, 999);
      await assert.rejects(openStore({ url }), (error) => {
        assert.ok(error instanceof StoreTooNewError);
        assert.match(error.message, /schema version 999/);
        return true;
      });
      await stores.setSchemaVersion(url, written);
      const [again] = await openAll(t, { url, count: 1 });
      assert.ok(await again?.artifacts.find(artifact.kind, artifact.id, now));
    });
  });
}
