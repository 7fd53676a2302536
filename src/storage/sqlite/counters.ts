/**
 * Counters in SQLite. They do not wait for the disk: a window's count that a power failure loses costs
 * less than a sync for each request that is counted.
 */
import type { CounterAddition, CounterState, CounterStore } from '../counters.ts';
import type { Connection } from './connection.ts';
import type { Writer } from './writer.ts';

const addSql = `INSERT INTO counters VALUES (:key, :amount, :end)
  ON CONFLICT (key) DO UPDATE SET
  count = CASE WHEN reset_at <= :now THEN excluded.count ELSE count + excluded.count END,
  reset_at = CASE WHEN reset_at <= :now THEN excluded.reset_at ELSE reset_at END
  RETURNING count, reset_at AS resetAt`;

const giveBackSql = `UPDATE counters SET count = max(0, count + :amount)
  WHERE key = :key AND reset_at > :now`;

const readSql =
  'SELECT count, reset_at AS resetAt FROM counters WHERE key = :key AND reset_at > :now';

/** See CounterStore. */
export function createCounterStore(
  { get, run, read, readOne }: Connection,
  { writeVolatile }: Writer,
): CounterStore {
  const firstFull = (additions: readonly CounterAddition[], now: number) => {
    for (const { key, windowMs, limit = Number.POSITIVE_INFINITY } of additions) {
      const state = get<CounterState>(readSql, { key, now }) ?? {
        count: 0,
        resetAt: now + windowMs,
      };
      if (state.count >= limit) return { ...state };
    }
    return undefined;
  };
  const addEach = (additions: readonly CounterAddition[], now: number): undefined => {
    for (const { key, amount, windowMs } of additions) {
      if (amount > 0) get(addSql, { key, amount, now, end: now + windowMs });
      if (amount < 0) run(giveBackSql, { key, amount, now });
    }
  };

  return {
    async add(key, amount, windowMs, now) {
      const none: CounterState = { count: 0, resetAt: now + windowMs };
      const state =
        amount === 0
          ? await readOne<CounterState>(readSql, { key, now })
          : await writeVolatile(() =>
              get<CounterState>(addSql, { key, amount, now, end: none.resetAt }),
            );
      return { ...(state ?? none) };
    },
    read: (keys, now) =>
      read(() => keys.map((key) => get<CounterState>(readSql, { key, now })?.count ?? 0)),
    async addAll(additions, now) {
      const limited = additions.filter(({ limit }) => limit !== undefined);
      // What is refused, which may be thousands a second, takes no lock.
      const full = limited.length > 0 ? await read(() => firstFull(limited, now)) : undefined;
      if (full || additions.every(({ amount }) => amount === 0)) return full;
      return writeVolatile(() => firstFull(limited, now) ?? addEach(additions, now));
    },
    async reset(key) {
      await writeVolatile(() => run('DELETE FROM counters WHERE key = :key', { key }));
    },
  };
}
