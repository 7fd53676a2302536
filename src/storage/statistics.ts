/**
 * Statistics: what happened, hour by hour, by a few labels. Only ever added to, so that nobody has to count again.
 */
import { dayMs } from '../definitions/units.ts';

export type StatisticsRow = {
  /** For example `tokens_issued`. */
  metric: string;
  /** What of it, from a fixed set; empty: all. */
  label: string;
  /** The start of the hour (UTC), milliseconds since the epoch. */
  bucket: number;
  count: number;
  /** Of measurements: their sum, and the greatest. 0 where only is counted. */
  sum: number;
  max: number;
};

/** How long statistics are kept (ms). Then a purge removes them. */
export const keepStatisticsMs = 400 * dayMs;

export type StatisticsStore = {
  /**
   * Adds counts and sums to those of the same metric, label and bucket, and keeps the greater `max`; all in one write,
   * atomic for each row. A failure of the machine may take the latest.
   */
  add(rows: readonly StatisticsRow[]): Promise<void>;
  /** Rows of one metric from `from` until before `until`, ascending by (bucket, label), at most `limit`. */
  read(options: {
    metric: string;
    from: number;
    until: number;
    limit: number;
  }): Promise<StatisticsRow[]>;
};
