/**
 * What the store of status ranges guarantees to one caller.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { randomId } from '../../../src/digests.ts';
import { DuplicateError } from '../../../src/storage/errors.ts';
import type { StatusRangeSelector, StatusRangeStore } from '../../../src/storage/status_ranges.ts';
import type { TestStores } from '../../support/stores.ts';
import { minute, now, openAll, ordered, sampleRange, sharedStore } from './samples.ts';

export function statusRangeContract(stores: TestStores) {
  describe('Status range storage', () => {
    const { store } = sharedStore(stores);

    test('A status range is found at each of its positions and at no other', async () => {
      const { statusRanges } = store();
      const lease = sampleRange({ first: 10, count: 5, perSecond: 4 });
      const token = sampleRange({
        ...{ list: lease.list, first: 15 },
        ...{ userId: 'u', grantId: 'g', familyId: 'f', session: 's', derivedFrom: ['d', 'e'] },
      });
      await statusRanges.add(token);
      await statusRanges.add(lease);
      const last = sampleRange({ list: lease.list, first: 2 ** 20 - 1 });
      await statusRanges.add(last);
      const find = (position: number) => statusRanges.find(lease.list, position, now);
      assert.equal(await find(9), undefined);
      assert.deepEqual(await find(10), lease);
      assert.deepEqual(await find(14), lease);
      assert.deepEqual(await find(15), token);
      assert.equal(await find(16), undefined);
      assert.equal(await find(2 ** 20 - 2), undefined);
      assert.deepEqual(await find(2 ** 20 - 1), last);
      assert.equal(await find(2 ** 20), undefined);
      assert.equal(await find(-1), undefined);
      assert.equal(await statusRanges.find(randomId(), 10, now), undefined);
    });

    test('A first position is taken once in each list, even by an expired range', async () => {
      const { statusRanges } = store();
      const range = sampleRange();
      await statusRanges.add(range);
      const other = sampleRange({ list: range.list, userId: 'other', expiresAt: now + 2 * minute });
      await assert.rejects(statusRanges.add(other), DuplicateError);
      assert.deepEqual(await statusRanges.find(range.list, 0, now), range);
      assert.equal(await statusRanges.find(range.list, 0, now + minute), undefined);
      await statusRanges.add({ ...other, list: randomId() });
    });

    test('An expired status range is neither found nor selected', async () => {
      const { statusRanges } = store();
      const clientId = randomId();
      const range = sampleRange({ clientId });
      await statusRanges.add(range);
      const reads = async (at: number) => [
        await statusRanges.find(range.list, 0, at),
        ...(await statusRanges.select({ clientId }, { limit: 9, now: at })),
      ];
      assert.deepEqual(await reads(now + minute - 1), [range, range]);
      assert.deepEqual(await reads(now + minute), [undefined]);
    });

    test('Each selector returns its own status ranges in order and in pages', async (t) => {
      const [fresh] = await openAll(t, { url: await stores.freshUrl(), count: 1 });
      assert.ok(fresh);
      const { statusRanges } = fresh;
      const links = [
        {
          grantId: 'x',
          familyId: 'x',
          session: 'x',
          userId: 'x',
          derivedFrom: ['w', 'x'],
          clientId: 'x',
        },
        {
          grantId: 'y',
          familyId: 'y',
          session: 'y',
          userId: 'y',
          derivedFrom: ['y', 'z'],
          clientId: 'y',
        },
        // A name of one kind is none of another.
        { keyId: 'x', api: 'x', clientId: 'z' },
      ];
      const all = ordered.flatMap((list) =>
        [0, 3, 20, 100].flatMap((first) =>
          links.map((given, index) => sampleRange({ list, first: first + index, ...given })),
        ),
      );
      const expired = sampleRange({ list: 'B', ...links[0], expiresAt: now });
      for (const range of [expired, ...all.toReversed()]) await statusRanges.add(range);

      assert.deepEqual(await pages(statusRanges, {}), all);
      for (const name of [
        ...(['grantId', 'familyId', 'session', 'userId', 'derivedFrom', 'clientId'] as const),
      ]) {
        const selected = await pages(statusRanges, { [name]: 'x' } as StatusRangeSelector);
        assert.deepEqual(
          selected,
          all.filter((range) => [range[name]].flat().includes('x')),
        );
        assert.deepEqual(await pages(statusRanges, { [name]: '' } as StatusRangeSelector), []);
      }
      // From behind a position that no range has.
      const after = { list: ordered.at(-1) ?? '', first: 50 };
      assert.deepEqual(
        await statusRanges.select({ userId: 'y' }, { after, limit: 9, now }),
        all.slice(-2, -1),
      );
    });

    test('A status range in a lease of its client is found by everything but its client', async () => {
      const { statusRanges } = store();
      const [clientId, userId] = [randomId(), randomId()];
      const loose = sampleRange({ clientId, userId });
      const leased = sampleRange({
        clientId,
        userId,
        list: loose.list,
        first: 1,
        inClientLease: true,
      });
      for (const range of [loose, leased]) await statusRanges.add(range);
      assert.deepEqual(await pages(statusRanges, { clientId }), [loose]);
      assert.deepEqual(await pages(statusRanges, { userId }), [loose, leased]);
      assert.deepEqual(await statusRanges.find(leased.list, 1, now), leased);
    });

    test('Status ranges are counted by where they begin, blocks apart from tokens', async () => {
      const { statusRanges } = store();
      const list = randomId();
      for (const [first, count] of [
        [9, 1],
        [10, 1],
        [11, 4],
        [15, 1],
        [20, 1],
      ] as const) {
        await statusRanges.add(sampleRange({ list, first, count }));
      }
      await statusRanges.add(sampleRange({ list, first: 16, expiresAt: now }));
      await statusRanges.add(sampleRange({ first: 12 }));
      const count = (first: number, positions: number) =>
        statusRanges.count({ list, first, count: positions }, now);
      assert.deepEqual(await count(10, 10), { tokens: 2, blocks: 1 });
      assert.deepEqual(await count(0, 100), { tokens: 4, blocks: 1 });
      assert.deepEqual(await count(12, 3), { tokens: 0, blocks: 0 });
    });

    test('A selector without a value selects nothing', async () => {
      const { statusRanges } = store();
      await statusRanges.add(sampleRange());
      for (const selector of [
        { grantId: undefined },
        { userId: null },
        { session: { $gt: '' } },
        { list: 'l' },
        { toString: 'x' },
      ]) {
        await assert.rejects(
          statusRanges.select(selector as unknown as StatusRangeSelector, { limit: 9, now }),
          TypeError,
        );
      }
    });
  });
}

/** All that a selector selects, in pages of 5. */
async function pages(statusRanges: StatusRangeStore, selector: StatusRangeSelector) {
  const all = [];
  for (;;) {
    const page = await statusRanges.select(selector, { after: all.at(-1), limit: 5, now });
    all.push(...page);
    if (page.length < 5) return all;
  }
}
