/**
 * Cheap counting: each process counts locally and adds to the store's shared counter in chunks. Each process can
 * overshoot a limit by at most one chunk.
 */
import type { Clock } from '../clock.ts';
import { hmacSha256 } from '../digests.ts';
import type { CounterStore } from '../storage/counters.ts';
import { createLruCache } from './lru_cache.ts';

type TallyState = {
  /** The count of all processes, as far as this one knows. */
  count: number;
  /** Milliseconds since the epoch. */
  endsAt: number;
};

export type SharedTally = {
  read(name: string): TallyState;
  /** Adds, or subtracts down to zero, and returns the new state. Never throws. */
  add(name: string, amount: number): Promise<TallyState>;
};

type Counted = {
  /** The count in the store, as last read. */
  shared: number;
  /** Counted by this process and not yet added to the store. */
  own: number;
  endsAt: number;
};

/** How many names one process counts; the least recently used is dropped. */
const keptNames = 20_000;

export function createSharedTally({
  counters,
  clock,
  purpose,
  key,
  windowMs,
  chunk,
}: {
  counters: Pick<CounterStore, 'add'>;
  clock: Clock;
  /** Prefix of the names in the store. */
  purpose: string;
  /** Derived for this purpose. Names are hashed with it, so that the store holds no addresses. */
  key: Buffer;
  windowMs: number;
  /** The amount that a process counts before it adds it to the store. */
  chunk: number;
}): SharedTally {
  const kept = createLruCache<Counted>(keptNames);

  const current = (name: string): Counted => {
    const counted = kept.get(name);
    if (counted && counted.endsAt > clock.now()) return counted;
    return { shared: 0, own: 0, endsAt: clock.now() + windowMs };
  };

  const stateOf = ({ shared, own, endsAt }: Counted): TallyState => ({
    count: shared + own,
    endsAt,
  });

  const share = async (name: string, counted: Counted) => {
    const amount = counted.own;
    counted.own = 0;
    counted.shared += amount;
    const counter = `${purpose}:${hmacSha256(key, name)}`;
    try {
      const { count, resetAt } = await counters.add(counter, amount, windowMs, clock.now());
      counted.shared = Math.max(0, count);
      counted.endsAt = resetAt;
    } catch {
      // The next chunk brings the other processes up to date; this one has counted it already.
    }
  };

  return {
    read: (name) => stateOf(current(name)),

    async add(name, amount) {
      const counted = current(name);
      kept.set(name, counted);
      counted.own += Math.max(amount, -counted.shared - counted.own);
      if (Math.abs(counted.own) >= chunk) await share(name, counted);
      return stateOf(counted);
    },
  };
}
