/**
 * Counters in MongoDB.
 */
import type { CounterAddition, CounterStore } from '../counters.ts';
import { asText, byId, type Connection } from './connection.ts';
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

  async function addOne(key: string, amount: number, windowMs: number, now: number) {
    const end = new Date(now + windowMs);
    // Not by an upsert: DocumentDB's answers the count of an insertion that then lost a race. One
    // that expires between the two steps is created anew.
    for (;;) {
      const added = await addTo(key, amount, new Date(now), end);
      if (added) return toState(added);
      await create(key, end);
    }
  }

  /** Each by its `amount`, which is below 0. */
  async function giveBack(additions: readonly CounterAddition[], now: number): Promise<void> {
    if (additions.length === 0) return;
    const steps = additions.map(({ key, amount }) => ({
      updateOne: {
        filter: { ...byId(key), reset_at: { $gt: new Date(now) } },
        update: [{ $set: { count: { $max: [0, { $add: ['$count', amount] }] } } }],
      },
    }));
    await counters.bulkWrite(steps, { ordered: false });
  }

  /** Those with an open window. */
  async function statesOf(keys: readonly string[], now: number) {
    const found = await counters
      .find({ _id: { $in: keys.map(asText) }, reset_at: { $gt: new Date(now) } })
      .toArray();
    return new Map(found.map((record) => [record._id, toState(record)]));
  }

  async function firstFull(additions: readonly CounterAddition[], now: number) {
    const limited = additions.filter(({ limit }) => limit !== undefined);
    if (limited.length === 0) return undefined;
    const states = await statesOf(
      limited.map(({ key }) => key),
      now,
    );
    return limited
      .map(({ key, windowMs, limit = 0 }) => {
        const state = states.get(key) ?? { count: 0, resetAt: now + windowMs };
        return { state, isFull: state.count >= limit };
      })
      .find(({ isFull }) => isFull)?.state;
  }

  /** One after the other, so that who is refused by one counter stands in the way at none behind it. */
  async function addInOrder(additions: readonly CounterAddition[], now: number) {
    const added: CounterAddition[] = [];
    for (const addition of additions) {
      const { key, amount, windowMs, limit = Number.POSITIVE_INFINITY } = addition;
      const state = await addOne(key, amount, windowMs, now);
      added.push({ ...addition, amount: -amount });
      if (state.count - amount < limit) continue;
      await giveBack(added, now);
      return state;
    }
    return undefined;
  }

  return {
    async add(key, amount, windowMs, now) {
      return guard(async () => {
        if (amount !== 0) return addOne(key, amount, windowMs, now);
        const record = await counters.findOne({ ...byId(key), reset_at: { $gt: new Date(now) } });
        return record ? toState(record) : { count: 0, resetAt: now + windowMs };
      });
    },
    async read(keys, now) {
      const states = await guard(() => statesOf(keys, now));
      return keys.map((key) => states.get(key)?.count ?? 0);
    },
    async addAll(additions, now) {
      return guard(async () => {
        const added = additions.filter(({ amount }) => amount > 0);
        const full = (await firstFull(additions, now)) ?? (await addInOrder(added, now));
        if (full) return full;
        await giveBack(
          additions.filter(({ amount }) => amount < 0),
          now,
        );
        return undefined;
      });
    },
    async reset(key) {
      await guard(() => counters.deleteOne(byId(key)));
    },
  };
}

function toState({ count, reset_at }: CounterRecord) {
  return { count, resetAt: reset_at.getTime() };
}
