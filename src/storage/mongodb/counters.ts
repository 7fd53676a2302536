/**
 * Counters in MongoDB.
 */
import type { CounterStore } from '../counters.ts';
import { type Connection, upsert } from './connection.ts';

type CounterRecord = { _id: string; count: number; reset_at: Date };

/** See CounterStore. */
export function createCounterStore({ database, guard }: Connection): CounterStore {
  const counters = database.collection<CounterRecord>('counters');
  return {
    async add(key, amount, windowMs, now) {
      const end = new Date(now + windowMs);
      const open = { $gt: ['$reset_at', new Date(now)] };
      const record = await guard(() =>
        amount === 0
          ? counters.findOne({ _id: key, reset_at: { $gt: new Date(now) } })
          : upsert(() =>
              counters.findOneAndUpdate(
                { _id: key },
                [
                  {
                    $set: {
                      count: { $cond: [open, { $add: ['$count', amount] }, amount] },
                      reset_at: { $cond: [open, '$reset_at', end] },
                    },
                  },
                ],
                { upsert: true, returnDocument: 'after' },
              ),
            ),
      );
      return { count: record?.count ?? 0, resetAt: (record?.reset_at ?? end).getTime() };
    },
    async reset(key) {
      await guard(() => counters.deleteOne({ _id: key }));
    },
  };
}
