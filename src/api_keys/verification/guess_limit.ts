/**
 * Limits on guessing keys, per network address. A key has 190 random bits, so this does not protect the keys:
 * it tells a guesser to stop and makes the responses useless. Every guess is still looked up (one indexed
 * read), because a valid key must work even from an address that also guesses. Guesses are counted in memory
 * and shared in chunks, so they cause no writes of their own.
 */
import { createSharedTally } from '../../caching/shared_tally.ts';
import type { Clock } from '../../clock.ts';
import { networkOf } from '../../net/network_shares.ts';
import type { CounterStore } from '../../storage/counters.ts';

/**
 * Where a key was used from, and which API asks. Each API has its own counts; otherwise one API could cause the
 * callers of another to be limited.
 */
export type GuessOrigin = { address: string; requester: string };

export type GuessLimit = {
  /** Seconds for which invalid keys from there are refused as rate limited; 0 if they are not. */
  waitFor(origin: GuessOrigin): number;
  /** Counts an invalid key. Never throws. */
  failed(origin: GuessOrigin): Promise<void>;
};

/** Invalid keys per network and window. */
const maxInvalidKeys = 100;
const guessWindowMs = 600_000;
const chunk = 10;

export function createGuessLimit({
  counters,
  clock,
  key,
}: {
  counters: Pick<CounterStore, 'add'>;
  clock: Clock;
  /** Derived for this purpose, so that the store learns no addresses. */
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
