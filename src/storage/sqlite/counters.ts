/**
 * Counters in SQLite. They do not wait for the disk: a window's count that a power failure loses costs
 * less than a sync for each request that is counted.
 */
import type { CounterState, CounterStore } from '../counters.ts';
import type { Connection } from './connection.ts';
import type { Writer } from './writer.ts';

const addSql = `INSERT INTO counters VALUES (:key, :amount, :end)
  ON CONFLICT (key) DO UPDATE SET
  count = CASE WHEN reset_at <= :now THEN excluded.count ELSE count + excluded.count END,
  reset_at = CASE WHEN reset_at <= :now THEN excluded.reset_at ELSE reset_at END
  RETURNING count, reset_at AS resetAt`;

const readSql =
  'SELECT count, reset_at AS resetAt FROM counters WHERE key = :key AND reset_at > :now';

/** See CounterStore. */
export function createCounterStore(
  { get, run, read }: Connection,
  { writeVolatile }: Writer,
): CounterStore {
  return {
    async add(key, amount, windowMs, now) {
      const none: CounterState = { count: 0, resetAt: now + windowMs };
      const state =
        amount === 0
          ? await read(() => get<CounterState>(readSql, { key, now }))
          : await writeVolatile(() =>
              get<CounterState>(addSql, { key, amount, now, end: none.resetAt }),
            );
      return { ...(state ?? none) };
    },
    async reset(key) {
      await writeVolatile(() => run('DELETE FROM counters WHERE key = :key', { key }));
    },
  };
}
