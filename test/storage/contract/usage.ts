/**
 * What the store of usage guarantees to one caller.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { randomId } from '../../../src/digests.ts';
import type { UsageRow, UsageStore } from '../../../src/storage/usage.ts';
import type { TestStores } from '../../support/stores.ts';
import { now, openAll, ordered, sampleUsage, sharedStore } from './samples.ts';

const ever = { from: '0000-01-01', to: '9999-12-31', limit: 99 };

export function usageContract(stores: TestStores) {
  describe('Usage storage', () => {
    const { store } = sharedStore(stores);

    test('Counts are added to the rows of the same day and API key, even repeated in one write', async () => {
      const { usage } = store();
      const row = sampleUsage({ projectId: 'p', allowed: 3, limited: 2, denied: 1 });
      const other = sampleUsage({ allowed: 2 ** 40 });
      const { day, keyId } = row;
      await usage.add([]);
      await usage.add([row]);
      assert.deepEqual(await usage.query({ ...ever, keyId }), [row]);
      await usage.add([row, other, { ...row, allowed: 0 }, { ...row, day: '2031-05-05' }]);
      await usage.add([other]);
      assert.deepEqual(await usage.query({ ...ever, keyId }), [
        { ...row, allowed: 6, limited: 6, denied: 3 },
        { ...row, day: '2031-05-05' },
      ]);
      assert.deepEqual(await usage.query({ ...ever, keyId: other.keyId }), [
        { ...other, allowed: 2 ** 41 },
      ]);
      assert.deepEqual(await usage.query({ from: day, to: day, keyId: randomId(), limit: 9 }), []);
    });

    test('A refused batch of counts adds nothing', async () => {
      const { usage } = store();
      const row = sampleUsage();
      const wrong = { ...sampleUsage(), keyId: { $gt: '' } as unknown as string };
      await assert.rejects(usage.add([row, wrong]));
      assert.deepEqual(await usage.query({ ...ever, keyId: row.keyId }), []);
    });

    test('Usage rows are found by day, API key, project and API, in order and in pages', async (t) => {
      const [fresh] = await openAll(t, { url: await stores.freshUrl(), count: 1 });
      assert.ok(fresh);
      const { usage } = fresh;
      const days = ['2030-12-31', '2031-01-01', '2031-01-02', '2031-01-10'];
      const all = days.flatMap((day) =>
        ordered.map((keyId, index) =>
          sampleUsage({
            ...{ day, keyId, projectId: index % 2 === 0 ? 'x' : '' },
            api: index % 3 === 0 ? 'x' : 'y',
          }),
        ),
      );
      await usage.add(all.toReversed());
      assert.deepEqual(await pages(usage, ever), all);
      const some = { from: '2031-01-01', to: '2031-01-02' };
      const ofDays = all.slice(ordered.length, 3 * ordered.length);
      const given: [Partial<UsageRow>, (row: UsageRow) => boolean][] = [
        [{}, () => true],
        [{ keyId: 'ä' }, ({ keyId }) => keyId === 'ä'],
        [{ projectId: 'x' }, ({ projectId }) => projectId === 'x'],
        [{ projectId: '' }, ({ projectId }) => projectId === ''],
        [{ api: 'x' }, ({ api }) => api === 'x'],
        [{ api: 'y', projectId: 'x' }, (row) => row.api === 'y' && row.projectId === 'x'],
      ];
      for (const [filter, expected] of given) {
        assert.deepEqual(await pages(usage, { ...some, ...filter }), ofDays.filter(expected));
      }
      assert.deepEqual(await pages(usage, { from: '2031-01-03', to: '2031-01-09' }), []);
      assert.deepEqual(await pages(usage, { from: '2031-01-02', to: '2031-01-01' }), []);
      // From behind a key that has no row.
      const after = { day: '2031-01-01', keyId: 'c' };
      assert.deepEqual(await usage.query({ ...some, after, limit: 1 }), [
        all[ordered.length + ordered.indexOf('z')],
      ]);
    });

    test('A purge keeps usage', async () => {
      const row = sampleUsage({ day: '1999-12-31' });
      await store().usage.add([row]);
      await store().purge({ now, limit: 9, auditBefore: now });
      assert.deepEqual(await store().usage.query({ ...ever, keyId: row.keyId }), [row]);
    });
  });
}

/** All rows, in pages of 3. */
async function pages(
  usage: UsageStore,
  of: Omit<Parameters<UsageStore['query']>[0], 'limit'>,
): Promise<UsageRow[]> {
  const all: UsageRow[] = [];
  for (;;) {
    const page = await usage.query({ ...of, after: all.at(-1), limit: 3 });
    all.push(...page);
    if (page.length < 3) return all;
  }
}
