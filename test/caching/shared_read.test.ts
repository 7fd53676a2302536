import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { sharedRead } from '../../src/caching/shared_read.ts';

/** A read whose results are numbered, each ended by hand. */
function createReads() {
  const begun: PromiseWithResolvers<number>[] = [];
  const read = sharedRead(() => {
    const one = Promise.withResolvers<number>();
    begun.push(one);
    return one.promise;
  });
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  return { begun, read, turn };
}

describe('Reads that requests share', () => {
  test('All callers of one turn of the event loop get the result of one read', async () => {
    const { begun, read, turn } = createReads();
    const first = [read(), read()];
    await Promise.resolve();
    first.push(read());
    assert.equal(begun.length, 0);
    await turn();
    assert.equal(begun.length, 1);
    begun[0]?.resolve(1);
    assert.deepEqual(await Promise.all(first), [1, 1, 1]);
    const later = read();
    await turn();
    begun[1]?.resolve(2);
    assert.equal(await later, 2);
  });

  test('A caller during a read gets the result of one that begins later', async () => {
    const { begun, read, turn } = createReads();
    const first = read();
    await turn();
    const late = [read(), read()];
    await turn();
    assert.equal(begun.length, 1);
    begun[0]?.resolve(1);
    assert.equal(await first, 1);
    await turn();
    assert.equal(begun.length, 2);
    begun[1]?.resolve(2);
    assert.deepEqual(await Promise.all(late), [2, 2]);
  });

  test('A failed read fails those that wait for the next one too, and nobody after them', async () => {
    const { begun, read, turn } = createReads();
    const failed = [read()];
    await turn();
    failed.push(read());
    begun[0]?.reject(new Error('lost'));
    for (const result of await Promise.allSettled(failed)) assert.equal(result.status, 'rejected');
    const again = read();
    await turn();
    begun[1]?.resolve(2);
    assert.equal(await again, 2);
  });
});
