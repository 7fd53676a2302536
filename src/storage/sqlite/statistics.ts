/**
 * Statistics in SQLite, kept in order of metric and step, time, and label.
 */
import {
  keptAs,
  type StatisticsRow,
  type StatisticsStore,
  withLongerSteps,
} from '../statistics.ts';
import type { Connection } from './connection.ts';
import type { RoutineWriter } from './routine_writer.ts';

const readSql = `SELECT label, bucket, count, sum, max FROM statistics
  WHERE metric = :kept AND bucket >= :from AND bucket < :until
  ORDER BY bucket, label LIMIT :limit`;

/** See StatisticsStore. */
export function createStatisticsStore(
  { readAll }: Connection,
  routine: RoutineWriter,
): StatisticsStore {
  return {
    async add(rows) {
      if (rows.length === 0) return;
      const values = withLongerSteps(rows).map(({ metric, bucket, label, count, sum, max }) => [
        ...[metric, bucket, label, count, sum, max],
      ]);
      await routine.write('addStatistics', values, false);
    },
    async read({ metric, step, ...range }) {
      const kept = keptAs(metric, step);
      const rows = await readAll<Omit<StatisticsRow, 'metric'>>(readSql, { ...range, kept });
      return rows.map(({ label, bucket, count, sum, max }) => ({
        ...{ metric, label, bucket, count, sum, max },
      }));
    },
  };
}
