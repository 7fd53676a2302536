/**
 * Counting that costs next to nothing: each process counts for itself and tells the others, through the store's
 * counters, in chunks. Several processes together overshoot a limit by one chunk each at most.
 */
import type { Clock } from '../clock.ts';
import { hmacSha256 } from '../digests.ts';
import type { CounterStore } from '../storage/counters.ts';
import { createRecent } from './lru_cache.ts';

export type TallyState = {
  /** Of all processes, as far as this one has heard. */
  count: number;
  /** Milliseconds since the epoch. */
  endsAt: number;
};

export type SharedTally = {
  read(name: string): TallyState;
  /** Adds, or takes back (not below zero), and answers the state after it. Never throws. */
  add(name: string, amount: number): Promise<TallyState>;
};

type Counted = {
  /** In the store, of all processes, as last heard. */
  shared: number;
  /** Counted here only. */
  own: number;
  endsAt: number;
};

/** Names that a process counts; the one that was not heard of for longest is forgotten first. */
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
  /** Before the names in the store; a name means one thing. */
  purpose: string;
  /** Derived for this purpose: the store learns no addresses. */
  key: Buffer;
  windowMs: number;
  /** So much a process counts before it tells. */
  chunk: number;
}): SharedTally {
  const kept = createRecent<Counted>(keptNames);

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
      // The other processes hear of it with the next chunk; here it counts already.
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
