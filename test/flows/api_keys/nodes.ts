/** Two nodes on one store, and the keys in it. */
import assert from 'node:assert/strict';
import { failuresOf } from '../../support/flows.ts';
import { type NodesOptions, startNodes } from '../../support/nodes.ts';
import { openKeeper } from './keys.ts';

export async function openNodes(store: string, options: Omit<NodesOptions, 'store'>) {
  const [first, second] = await startNodes({ store, ...options });
  const keeper = await openKeeper(store);
  return {
    ...{ first, second, keeper, newKey: keeper.newKey },
    async close(): Promise<void> {
      await Promise.all([first.close(), second.close()]);
      await keeper.store.close();
      assert.deepEqual(failuresOf(first.logged() + second.logged()), []);
    },
  };
}
