/**
 * What the store of refusals guarantees.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { randomId } from '../../../src/digests.ts';
import type { RefusalListOptions, RefusalStore } from '../../../src/storage/refusals.ts';
import type { TestStores } from '../../support/stores.ts';
import { minute, now, openAll, sampleRefusal, sharedStore } from './samples.ts';

export function refusalContract(stores: TestStores) {
  describe('Refusal storage', () => {
    const { store } = sharedStore(stores);

    test('A refusal is found by its reference until it expires, and one that comes again replaces nothing', async () => {
      const { refusals } = store();
      const refusal = sampleRefusal({ details: { $where: '1', a: { '.b': [null] } } });
      assert.equal(await refusals.insert(refusal), true);
      const { reference } = refusal;
      const again = Array.from({ length: 5 }, (_, index) =>
        refusals.insert(sampleRefusal({ reference, status: 400 + index })),
      );
      assert.deepEqual(await Promise.all(again), [false, false, false, false, false]);
      assert.deepEqual(await refusals.find(reference, now), refusal);
      assert.deepEqual(await refusals.find(reference, refusal.expiresAt), undefined);
      assert.equal(await refusals.find(randomId(), now), undefined);
      const inPlaceOfText = { $ne: '' } as unknown as string;
      await assert.rejects(refusals.find(inPlaceOfText, now));
    });

    test('Refusals are listed newest first, in pages, by client, by reason and by both', async (t) => {
      const [fresh] = await openAll(t, { url: await stores.freshUrl(), count: 1 });
      assert.ok(fresh);
      const { refusals } = fresh;
      const all = Array.from({ length: 12 }, (_, index) =>
        sampleRefusal({
          // Some of the same instant.
          at: now - Math.floor(index / 2),
          reference: `r${String(99 - index)}`,
          clientId: index % 3 === 0 ? undefined : `c${index % 3}`,
          reason: index % 2 === 0 ? 'even' : 'odd',
          // One that is over.
          ...(index === 4 && { expiresAt: now }),
        }),
      );
      for (const refusal of all.toReversed()) await refusals.insert(refusal);
      const listed = async (by: Pick<RefusalListOptions, 'clientId' | 'reason'>) =>
        (await pages(refusals, by)).map(({ reference }) => reference);
      const expected = (matches: (index: number) => boolean) =>
        all.flatMap(({ reference }, index) => (index !== 4 && matches(index) ? [reference] : []));
      assert.deepEqual(
        await listed({}),
        expected(() => true),
      );
      assert.deepEqual(
        await listed({ clientId: 'c1' }),
        expected((n) => n % 3 === 1),
      );
      assert.deepEqual(
        await listed({ reason: 'odd' }),
        expected((n) => n % 2 === 1),
      );
      assert.deepEqual(
        await listed({ clientId: 'c2', reason: 'odd' }),
        expected((n) => n % 6 === 5),
      );
      assert.deepEqual(await listed({ clientId: 'x' }), []);
    });

    test('A purge removes expired refusals', async (t) => {
      const [fresh] = await openAll(t, { url: await stores.freshUrl(), count: 1 });
      assert.ok(fresh);
      const kept = sampleRefusal({ expiresAt: now + minute });
      for (const refusal of [sampleRefusal({ expiresAt: now }), kept]) {
        await fresh.refusals.insert(refusal);
      }
      assert.equal(await fresh.purge({ now, limit: 9, auditBefore: 0 }), 1);
      assert.deepEqual(await fresh.refusals.find(kept.reference, now - minute), kept);
    });
  });
}

async function pages(refusals: RefusalStore, by: Pick<RefusalListOptions, 'clientId' | 'reason'>) {
  const all: Awaited<ReturnType<RefusalStore['list']>>['items'] = [];
  let after: string | undefined;
  do {
    const page = await refusals.list({ ...by, after, limit: 5, now });
    all.push(...page.items);
    after = page.next;
  } while (after !== undefined);
  return all;
}
