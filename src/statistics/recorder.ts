/**
 * Counts and measurements of this process: gathered in memory, hour by hour, and written every few seconds, so that no
 * request waits for it. Exact after a clean stop; a killed process loses at most what it counted since the last write.
 */
import { createBackgroundWrite, type WriteLog } from '../caching/background_write.ts';
import type { Clock } from '../clock.ts';
import { hourMs } from '../definitions/units.ts';
import type { StatisticsRow, StatisticsStore } from '../storage/statistics.ts';
import type { StatisticsMetric } from './metrics.ts';

export type StatisticsRecorder = {
  count(metric: StatisticsMetric, label?: string, times?: number): void;
  /** A measurement, of which the number, the sum and the greatest are kept. */
  observe(metric: StatisticsMetric, label: string, value: number): void;
  /** Calls `sample` every second, and before each write. */
  onSample(sample: () => void): void;
  /** Starts to write into this store. */
  start(statistics: Pick<StatisticsStore, 'add'>): void;
  /** Writes what was counted so far. Never throws: what could not be written is kept for the next time. */
  flush(): Promise<void>;
  /** Stops the periodic writes and writes the rest. */
  close(): Promise<void>;
};

const sampleEveryMs = 1000;
/** Samples between two writes. */
const samplesToWrite = 5;
/** Rows that a process keeps: many hours of all metrics. Beyond this, nothing new is counted until they are written. */
const maxRows = 5000;

export function createStatisticsRecorder({
  clock,
  log,
}: {
  clock: Clock;
  log: WriteLog;
}): StatisticsRecorder {
  let rows = new Map<string, StatisticsRow>();
  /** Of the current hour, found without building a text: this runs for each operation of the store. */
  let current = new Map<StatisticsMetric, Map<string, StatisticsRow>>();
  let bucket = 0;
  let store: Pick<StatisticsStore, 'add'> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let samples: (() => void)[] = [];

  /** The row of this hour; undefined where there is no room for another. */
  const rowOf = (metric: StatisticsMetric, label: string): StatisticsRow | undefined => {
    const now = clock.now();
    if (now - bucket >= hourMs || now < bucket) {
      bucket = now - (now % hourMs);
      current = new Map();
    }
    let labels = current.get(metric);
    if (!labels) {
      labels = new Map();
      current.set(metric, labels);
    }
    const known = labels.get(label);
    if (known) return known;
    const row = keep({ metric, label, bucket, count: 0, sum: 0, max: 0 });
    if (row) labels.set(label, row);
    return row;
  };

  /** Adds it to what waits to be written. */
  const keep = (row: StatisticsRow): StatisticsRow | undefined => {
    const key = `${row.metric} ${row.bucket} ${row.label}`;
    const known = rows.get(key);
    if (known) {
      known.count += row.count;
      known.sum += row.sum;
      known.max = Math.max(known.max, row.max);
      return known;
    }
    if (rows.size >= maxRows) return undefined;
    rows.set(key, row);
    return row;
  };

  const write = async () => {
    if (!store) return;
    for (const sample of samples) sample();
    const waiting = [...rows.values()];
    rows = new Map();
    current = new Map();
    try {
      await store.add(waiting);
    } catch (error) {
      for (const row of waiting) keep({ ...row });
      throw error;
    }
  };

  const flush = createBackgroundWrite({
    ...{ write, log },
    lost: 'statistics cannot be written',
    recovered: 'statistics are written again',
  });

  return {
    count(metric, label = '', times = 1) {
      const row = rowOf(metric, label);
      if (row) row.count += times;
    },
    observe(metric, label, value) {
      const row = rowOf(metric, label);
      if (!row) return;
      row.count += 1;
      row.sum += value;
      if (value > row.max) row.max = value;
    },
    onSample(sample) {
      samples.push(sample);
    },
    start(statistics) {
      store = statistics;
      let taken = 0;
      timer = setInterval(() => {
        for (const sample of samples) sample();
        taken += 1;
        if (taken % samplesToWrite === 0 && rows.size > 0) void flush();
      }, sampleEveryMs).unref();
    },
    flush,
    async close() {
      clearInterval(timer);
      await flush();
      samples = [];
    },
  };
}
