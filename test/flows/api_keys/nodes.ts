/** Two nodes on one store, and the keys in it. */
import assert from 'node:assert/strict';
import type { ApiKeyRecord } from '../../../src/storage/api_keys.ts';
import { failuresOf } from '../../support/flows.ts';
import { startTestServer, type TestServerOptions } from '../../support/server.ts';
import { orders } from './configuration.ts';
import { openKeeper } from './keys.ts';

export async function openNodes(store: string, options: Omit<TestServerOptions, 'store'>) {
  const first = await startTestServer({ store, ...options });
  const second = await startTestServer({ store, ...options, issuer: first.issuer });
  const keeper = await openKeeper(store);
  return {
    ...{ first, second, keeper },

    /** Of a project of its own. */
    async newKey(members: Partial<ApiKeyRecord> = {}) {
      const project = await keeper.project({ api: members.api ?? orders });
      return keeper.key({ projectId: project.id, ...members });
    },

    async close(): Promise<void> {
      await Promise.all([first.close(), second.close()]);
      await keeper.store.close();
      assert.deepEqual(failuresOf(first.logged() + second.logged()), []);
    },
  };
}
