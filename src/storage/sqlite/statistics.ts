/**
 * Statistics in SQLite, kept in order of metric, time and label.
 */
import type { StatisticsRow, StatisticsStore } from '../statistics.ts';
import type { Connection } from './connection.ts';
import type { RoutineWriter } from './routine_writer.ts';

const readSql = `SELECT metric, label, bucket, count, sum, max FROM statistics
  WHERE metric = :metric AND bucket >= :from AND bucket < :until
  ORDER BY bucket, label LIMIT :limit`;

/** See StatisticsStore. */
export function createStatisticsStore(
  { readAll }: Connection,
  routine: RoutineWriter,
): StatisticsStore {
  return {
    async add(rows) {
      if (rows.length === 0) return;
      const values = rows.map(({ metric, bucket, label, count, sum, max }) => [
        ...[metric, bucket, label, count, sum, max],
      ]);
      await routine.write('addStatistics', values, false);
    },
    async read(options) {
      return (await readAll<StatisticsRow>(readSql, options)).map((row) => ({ ...row }));
    },
  };
}
