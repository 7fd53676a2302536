/** Statistics are complete after a clean stop, and cost one row for each hour and label. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { statisticsMetrics } from '../../src/statistics/metrics.ts';
import { createStatisticsRecorder } from '../../src/statistics/recorder.ts';
import { passwordQueueSample, verdictSample } from '../../src/statistics/sources.ts';
import { StoreUnavailableError } from '../../src/storage/errors.ts';
import type { StatisticsRow } from '../../src/storage/statistics.ts';
import { createMovableClock } from '../support/rooms.ts';

const hour = 3_600_000;
const start = Date.UTC(2031, 4, 14, 23, 59, 30);
const bucket = start - (start % hour);

function room() {
  const clock = createMovableClock(start);
  const told: string[] = [];
  const log = {
    info: (_: object, message: string) => told.push(message),
    warn: (_: object, message: string) => told.push(message),
  };
  const writes: StatisticsRow[][] = [];
  let isLost = false;
  const recorder = createStatisticsRecorder({ clock, log });
  const statistics = {
    async add(rows: readonly StatisticsRow[]) {
      if (isLost) throw new StoreUnavailableError(new Error('lost'));
      writes.push(rows.map((row) => ({ ...row })));
    },
  };
  const lose = (lost: boolean) => {
    isLost = lost;
  };
  return { clock, told, writes, recorder, statistics, lose };
}

test('Counts and measurements of each hour and label are one row each, also those from before there was a store', async () => {
  const { clock, writes, recorder, statistics } = room();
  recorder.count(statisticsMetrics.signIns);
  recorder.count(statisticsMetrics.tokensIssued, 'refresh_token', 2);
  recorder.count(statisticsMetrics.tokensIssued, 'refresh_token');
  for (const seconds of [0.25, 1, 0.5]) {
    recorder.observe(statisticsMetrics.storeSeconds, 'ok', seconds);
  }
  await recorder.flush();
  assert.deepEqual(writes, []);
  recorder.start(statistics);
  clock.advance(60_000);
  recorder.count(statisticsMetrics.signIns);
  await recorder.close();
  const none = { label: '', bucket, sum: 0, max: 0 };
  assert.deepEqual(writes, [
    [
      { ...none, metric: 'sign_ins', count: 1 },
      { ...none, metric: 'tokens_issued', label: 'refresh_token', count: 3 },
      { ...none, metric: 'store_seconds', label: 'ok', count: 3, sum: 1.75, max: 1 },
      { ...none, metric: 'sign_ins', bucket: bucket + hour, count: 1 },
    ],
  ]);
});

test('What a lost store did not take is written when it is back, together with what was counted meanwhile', async () => {
  const { told, writes, recorder, statistics, lose } = room();
  recorder.start(statistics);
  lose(true);
  recorder.count(statisticsMetrics.signOuts);
  await recorder.flush();
  recorder.count(statisticsMetrics.signOuts, '', 2);
  await recorder.flush();
  lose(false);
  recorder.count(statisticsMetrics.signOuts, '', 4);
  await recorder.close();
  assert.deepEqual(
    writes.flat().map(({ metric, count }) => [metric, count]),
    [['sign_outs', 7]],
  );
  assert.deepEqual(told, ['statistics cannot be written', 'statistics are written again']);
});

test('Of labels without end only so many are kept until they are written', async () => {
  const { writes, recorder, statistics } = room();
  for (let label = 0; label < 6000; label += 1) {
    recorder.count(statisticsMetrics.requestsRefused, `label ${label}`);
  }
  recorder.start(statistics);
  await recorder.close();
  assert.equal(writes[0]?.length, 5000);
});

test('Verdicts count what came since the last sample, and a queue counts while there is one', async () => {
  const { writes, recorder, statistics } = room();
  const verdicts = { valid: 3, revoked: 0 };
  let waiting = 0;
  recorder.onSample(verdictSample(() => verdicts, recorder));
  recorder.onSample(passwordQueueSample(() => ({ waiting }), recorder));
  recorder.start(statistics);
  await recorder.flush();
  Object.assign(verdicts, { valid: 5, revoked: 1 });
  waiting = 4;
  await recorder.close();
  assert.deepEqual(
    writes.map((rows) => rows.map(({ metric, label, count, max }) => [metric, label, count, max])),
    [
      [['api_key_verdicts', 'valid', 3, 0]],
      [
        ['api_key_verdicts', 'valid', 2, 0],
        ['api_key_verdicts', 'revoked', 1, 0],
        ['password_queue', '', 1, 4],
      ],
    ],
  );
});
