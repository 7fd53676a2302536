/**
 * Counters in MongoDB.
 */
import type { CounterStore } from '../counters.ts';
import { byId, type Connection } from './connection.ts';
import { violatedIndex } from './errors.ts';

type CounterRecord = { _id: string; count: number; reset_at: Date };

/** See CounterStore. */
export function createCounterStore({ database, guard }: Connection): CounterStore {
  const counters = database.collection<CounterRecord>('counters');

  /** Adds to a counter that is there; null when it is not. */
  function addTo(key: string, amount: number, now: Date, end: Date) {
    const open = { $gt: ['$reset_at', now] };
    const count = { $cond: [open, { $add: ['$count', amount] }, amount] };
    const reset_at = { $cond: [open, '$reset_at', end] };
    return counters.findOneAndUpdate(byId(key), [{ $set: { count, reset_at } }], {
      returnDocument: 'after',
    });
  }

  async function create(key: string, reset_at: Date): Promise<void> {
    try {
      await counters.insertOne({ _id: key, count: 0, reset_at });
    } catch (error) {
      if (!violatedIndex(error)) throw error;
    }
  }

  return {
    async add(key, amount, windowMs, now) {
      const start = new Date(now);
      const end = new Date(now + windowMs);
      const record = await guard(async () => {
        if (amount === 0) return counters.findOne({ ...byId(key), reset_at: { $gt: start } });
        // Not by an upsert: DocumentDB's answers the count of an insertion that then lost a race. One
        // that expires between the two steps is created anew.
        for (;;) {
          const added = await addTo(key, amount, start, end);
          if (added) return added;
          await create(key, end);
        }
      });
      return { count: record?.count ?? 0, resetAt: (record?.reset_at ?? end).getTime() };
    },
    async reset(key) {
      await guard(() => counters.deleteOne(byId(key)));
    },
  };
}
