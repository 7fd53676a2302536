/**
 * What the store of statistics guarantees.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { randomId } from '../../../src/digests.ts';
import { keepStatisticsMs, type StatisticsRow } from '../../../src/storage/statistics.ts';
import type { TestStores } from '../../support/stores.ts';
import { now, openAll, sharedStore } from './samples.ts';

const hour = 3_600_000;
const start = now - (now % hour);

export function statisticsContract(stores: TestStores) {
  describe('Statistics storage', () => {
    const { store } = sharedStore(stores);
    const newRow = (given: Partial<StatisticsRow> = {}): StatisticsRow => ({
      ...{ metric: randomId(), label: '', bucket: start, count: 1, sum: 0, max: 0 },
      ...given,
    });
    const ever = { step: 'hour' as const, from: 0, until: start + 99 * hour, limit: 99 };

    test('Counts and sums of one hour and label are added up, and of the greatest values the greater is kept', async () => {
      const { statistics } = store();
      const row = newRow({ count: 2, sum: 0.5, max: 0.25 });
      const { metric } = row;
      await statistics.add([]);
      await statistics.add([row, { ...row, label: 'b c' }, { ...row, bucket: start + hour }]);
      await statistics.add([{ ...row, count: 3, sum: 1.25, max: 0.125 }]);
      assert.deepEqual(await statistics.read({ ...ever, metric }), [
        { ...row, count: 5, sum: 1.75 },
        { ...row, label: 'b c' },
        { ...row, bucket: start + hour },
      ]);
    });

    test('Statistics are read of one metric and of the hours that are asked for', async () => {
      const { statistics } = store();
      const { metric } = newRow();
      const rows = [0, 1, 2, 3].flatMap((place) =>
        ['', 'x', 'y'].map((label) => newRow({ metric, label, bucket: start + place * hour })),
      );
      await statistics.add(rows.toReversed());
      await statistics.add([newRow({ metric: `${metric}x` })]);
      const read = (from: number, until: number, limit = 99) => {
        const range = { from: start + from * hour, until: start + until * hour };
        return statistics.read({ metric, step: 'hour', ...range, limit });
      };
      assert.deepEqual(await read(0, 9), rows);
      assert.deepEqual(await read(1, 3), rows.slice(3, 9));
      assert.deepEqual(await read(1, 3, 2), rows.slice(3, 5));
      assert.deepEqual(await read(3, 1), []);
      assert.deepEqual(await statistics.read({ ...ever, metric: randomId() }), []);
    });

    test('What is counted in an hour is counted in its day and in its week, which begins on Monday', async () => {
      const { statistics } = store();
      const at = (text: string) => Date.parse(text);
      const sunday = newRow({ bucket: at('2021-05-02T23:00Z'), count: 2, sum: 1, max: 1 });
      const { metric } = sunday;
      const monday = { ...sunday, bucket: at('2021-05-03T00:00Z'), count: 3, sum: 4, max: 4 };
      const later = { ...monday, bucket: at('2021-05-03T01:00Z'), max: 2 };
      await statistics.add([sunday, monday]);
      await statistics.add([later, { ...monday, label: 'x' }]);
      const read = (step: 'hour' | 'day' | 'week') => statistics.read({ ...ever, step, metric });
      const both = { ...monday, count: 6, sum: 8, max: 4 };
      assert.equal((await read('hour')).length, 4);
      assert.deepEqual(await read('day'), [
        { ...sunday, bucket: at('2021-05-02') },
        both,
        { ...monday, label: 'x' },
      ]);
      assert.deepEqual(await read('week'), [
        { ...sunday, bucket: at('2021-04-26') },
        both,
        { ...monday, label: 'x' },
      ]);
    });

    test('What several connections count at once is all counted', async (t) => {
      const url = await stores.freshUrl();
      const connections = await openAll(t, { url, count: 3 });
      const row = newRow({ sum: 2, max: 1 });
      await Promise.all(
        connections.flatMap(({ statistics }) =>
          Array.from({ length: 5 }, (_, index) => statistics.add([{ ...row, max: index }])),
        ),
      );
      const { metric } = row;
      assert.deepEqual(await connections[0]?.statistics.read({ ...ever, metric }), [
        { ...row, count: 15, sum: 30, max: 4 },
      ]);
    });

    test('A purge removes statistics after four hundred days', async (t) => {
      const [fresh] = await openAll(t, { url: await stores.freshUrl(), count: 1 });
      assert.ok(fresh);
      const old = newRow({ bucket: now - keepStatisticsMs - 1 });
      const kept = { ...old, bucket: now - keepStatisticsMs };
      await fresh.statistics.add([old, kept]);
      // The hour, and the day and the week that it is in: each began before then.
      assert.equal(await fresh.purge({ now, limit: 9, auditBefore: 0 }), 3);
      assert.deepEqual(await fresh.statistics.read({ ...ever, metric: old.metric }), [kept]);
    });
  });
}
