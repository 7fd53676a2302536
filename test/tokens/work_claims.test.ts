/** What is left of a revocation is done by one process at a time, as long as that lives. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createWorkClaims } from '../../src/tokens/revocation/work_claims.ts';
import { createMovableClock, openTestStores } from '../support/rooms.ts';

describe('Claims on unfinished revocations', () => {
  test('Work is left to the process that is at it, and taken over once that has died', async (t) => {
    const clock = createMovableClock();
    const [store, elsewhere] = await openTestStores(t, 2);
    assert.ok(store && elsewhere);
    const one = createWorkClaims({ documents: store.documents, clock, owner: 'one' });
    const other = createWorkClaims({ documents: elsewhere.documents, clock, owner: 'other' });
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const working = one.take('work', () => ended);
    while (!(await store.documents.get('revocation_work'))) await sleep(5);

    let times = 0;
    const take = (name: string) =>
      other.take(name, async () => {
        times += 1;
      });
    assert.equal(await take('work'), false);
    assert.equal(await take('other work'), true);
    // As if the process had not renewed its claim.
    clock.advance(15_000);
    assert.equal(await take('work'), true);
    assert.equal(times, 2);
    end();
    assert.equal(await working, true);
  });

  test('Work that fails can be taken by any process at once', async (t) => {
    const clock = createMovableClock();
    const [store] = await openTestStores(t, 1);
    assert.ok(store);
    const { documents } = store;
    const fail = async () => {
      throw new Error('failed');
    };
    await assert.rejects(createWorkClaims({ documents, clock, owner: 'one' }).take('work', fail));
    const other = createWorkClaims({ documents, clock, owner: 'other' });
    assert.equal(await other.take('work', async () => {}), true);
    const kept = await documents.get('revocation_work');
    assert.deepEqual(kept?.value, {});
  });
});
