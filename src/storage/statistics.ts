/**
 * Statistics: what happened, hour by hour, by a few labels. Only ever added to, so that nobody has to count again: each
 * hour is also added to its day and its week, so that a page about months reads as little as one about a day.
 */
import { dayMs, hourMs } from '../definitions/units.ts';

export type StatisticsRow = {
  /** For example `tokens_issued`. No space, no slash. */
  metric: string;
  /** What of it, from a fixed set; empty: all. */
  label: string;
  /** When the hour, day or week begins (UTC), milliseconds since the epoch. Weeks begin on Mondays. */
  bucket: number;
  count: number;
  /** Of measurements: their sum, and the greatest. 0 where only is counted. */
  sum: number;
  max: number;
};

export const statisticsSteps = ['hour', 'day', 'week'] as const;
export type StatisticsStep = (typeof statisticsSteps)[number];

/** How long statistics are kept (ms). Then a purge removes them. */
export const keepStatisticsMs = 400 * dayMs;

export type StatisticsStore = {
  /**
   * Adds counts and sums of hours to those of the same metric, label and bucket, and keeps the greater `max`; all in one
   * write, atomic for each row. A failure of the machine may take the latest.
   */
  add(rows: readonly StatisticsRow[]): Promise<void>;
  /** Rows of one metric and step from `from` until before `until`, ascending by (bucket, label), at most `limit`. */
  read(options: StatisticsQuery): Promise<StatisticsRow[]>;
};

type StatisticsQuery = {
  metric: string;
  step: StatisticsStep;
  from: number;
  until: number;
  limit: number;
};

/** When the hour, day or week (UTC) begins that this instant (ms) is in. */
export function beginningOf(step: StatisticsStep, at: number): number {
  if (step === 'hour') return at - (at % hourMs);
  if (step === 'day') return at - (at % dayMs);
  // The epoch was a Thursday.
  return at - ((at + 3 * dayMs) % (7 * dayMs));
}

/** The rows of hours, and what they add to their days and weeks, each under the name of `keptAs`. */
export function withLongerSteps(rows: readonly StatisticsRow[]): StatisticsRow[] {
  const longer = new Map<string, StatisticsRow>();
  for (const step of ['day', 'week'] as const) {
    for (const row of rows) {
      const [metric, bucket] = [keptAs(row.metric, step), beginningOf(step, row.bucket)];
      const key = `${metric} ${bucket} ${row.label}`;
      const known = longer.get(key);
      const { count = 0, sum = 0, max = row.max } = known ?? {};
      longer.set(key, {
        ...{ metric, bucket, label: row.label },
        ...{ count: count + row.count, sum: sum + row.sum, max: Math.max(max, row.max) },
      });
    }
  }
  return [...rows, ...longer.values()];
}

/** Under which name an engine keeps the metric's rows of this step. */
export function keptAs(metric: string, step: StatisticsStep): string {
  return step === 'hour' ? metric : `${metric}/${step}`;
}
