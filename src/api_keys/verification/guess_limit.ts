/**
 * Guessing of keys, bounded by the address that guesses. A key has 190 random bits, so what this protects is
 * not the keys: it tells a guesser to stop, and makes his answers worth nothing. Each guess is looked up all the
 * same, which is one read by an index: who shares an address with a guesser must not find a good key refused,
 * on whichever process it is used first. Counted in memory and shared by the chunk, so that guesses do not write.
 */
import { createSharedTally } from '../../caching/shared_tally.ts';
import type { Clock } from '../../clock.ts';
import { networkOf } from '../../net/network_of.ts';
import type { CounterStore } from '../../storage/counters.ts';

/**
 * Where a key came from, as whoever asks says. Who asks has counts of its own: else one API could have the
 * callers of another told to wait.
 */
export type GuessOrigin = { address: string; requester: string };

export type GuessLimit = {
  /** Seconds for which invalid keys from there are told to wait; 0: they are not. */
  waitFor(origin: GuessOrigin): number;
  /** An invalid key came from there. Never throws. */
  failed(origin: GuessOrigin): Promise<void>;
};

/** Invalid keys of one network in a window. */
export const maxInvalidKeys = 100;
const guessWindowMs = 600_000;
const chunk = 10;

export function createGuessLimit({
  counters,
  clock,
  key,
}: {
  counters: Pick<CounterStore, 'add'>;
  clock: Clock;
  /** Derived for this purpose: the store learns no addresses. */
  key: Buffer;
}): GuessLimit {
  const tally = createSharedTally({
    ...{ counters, clock, purpose: 'api_key_guess', key, windowMs: guessWindowMs, chunk },
  });

  const waitFor: GuessLimit['waitFor'] = (origin) => {
    const { count, endsAt } = tally.read(counterNameOf(origin));
    if (count < maxInvalidKeys) return 0;
    return Math.max(1, Math.ceil((endsAt - clock.now()) / 1000));
  };

  return {
    waitFor,
    async failed(origin) {
      if (waitFor(origin) === 0) await tally.add(counterNameOf(origin), 1);
    },
  };
}

function counterNameOf({ address, requester }: GuessOrigin): string {
  return `${networkOf(address)} ${requester}`;
}
