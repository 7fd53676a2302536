/**
 * What the store of status list leases guarantees to one caller.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DuplicateError } from '../../../src/storage/errors.ts';
import type { StatusLeaseSelector } from '../../../src/storage/status_leases.ts';
import type { TestStores } from '../../support/stores.ts';
import { minute, now, openAll, ordered, sampleLease, sharedStore } from './samples.ts';

export function statusLeaseContract(stores: TestStores) {
  describe('Status lease storage', () => {
    const { store } = sharedStore(stores);

    test('Each selector returns its own unexpired status leases in order and in pages', async (t) => {
      const [fresh] = await openAll(t, { url: await stores.freshUrl(), count: 1 });
      assert.ok(fresh);
      const { statusLeases } = fresh;
      const links = [{ api: 'x', clientId: 'x' }, { api: 'y', clientId: 'y' }, { api: 'x' }];
      const all = ordered.flatMap((list) =>
        [0, 3, 20].flatMap((first) =>
          links.map((given, index) => sampleLease({ list, first: first + index, ...given })),
        ),
      );
      const expired = sampleLease({ list: 'B', ...links[0], expiresAt: now });
      for (const lease of [expired, ...all.toReversed()]) await statusLeases.add(lease);

      const pages = async (selector: StatusLeaseSelector) => {
        const selected = [];
        for (;;) {
          const page = await statusLeases.select(selector, {
            ...{ after: selected.at(-1), limit: 5, now },
          });
          selected.push(...page);
          if (page.length < 5) return selected;
        }
      };
      assert.deepEqual(await pages({}), all);
      assert.deepEqual(
        await pages({ api: 'x' }),
        all.filter(({ api }) => api === 'x'),
      );
      assert.deepEqual(
        await pages({ clientId: 'x' }),
        all.filter(({ clientId }) => clientId === 'x'),
      );
      for (const selector of [{ api: undefined }, { clientId: { $gt: '' } }, { list: 'A' }]) {
        const asked = selector as unknown as StatusLeaseSelector;
        await assert.rejects(statusLeases.select(asked, { limit: 9, now }), TypeError);
      }
    });

    test('The positions of a status lease are taken once', async () => {
      const { statusLeases } = store();
      const lease = sampleLease();
      await statusLeases.add(lease);
      const other = sampleLease({ list: lease.list, api: 'other', expiresAt: now + 2 * minute });
      await assert.rejects(statusLeases.add(other), DuplicateError);
    });

    test('A status lease ends earlier than it says, never later', async () => {
      const { statusLeases } = store();
      const lease = sampleLease({ api: 'of a lease that ends' });
      await statusLeases.add(lease);
      const { list, first, issuedUntil } = lease;
      const untils = [];
      for (const until of [issuedUntil + 1, issuedUntil - 5, issuedUntil - 3]) {
        await statusLeases.end({ list, first, issuedUntil: until });
        await statusLeases.end({ list, first: first + 1, issuedUntil: 0 });
        const [found] = await statusLeases.select({ api: lease.api }, { limit: 2, now });
        untils.push(found?.issuedUntil);
      }
      assert.deepEqual(untils, [issuedUntil, issuedUntil - 5, issuedUntil - 5]);
    });
  });
}
