/**
 * Guessing of keys, bounded by the address that guesses. A key has 190 random bits, so what this protects is
 * not the keys but the server: an address with too many invalid keys no longer causes a look into the store.
 * Counted in memory and shared by the chunk, so that guesses do not write either; keys that are in use go on
 * working, also from there.
 */
import type { Clock } from '../clock.ts';
import { hmacSha256 } from '../ids.ts';
import { networkOf } from '../rate_limit/network_of.ts';
import { createRecent } from '../recent.ts';
import type { CounterStore } from '../storage/counters.ts';

/**
 * Where a key came from, as whoever asks says. Who asks has counts of its own: else one API could have the
 * callers of another shut out.
 */
export type Origin = { address: string; asker: string };

export type Guessing = {
  /** Seconds for which the address is shut out; 0: it is not. */
  shutOutFor(origin: Origin): number;
  /** An invalid key came from there. Never throws. */
  failed(origin: Origin): Promise<void>;
};

type Failures = {
  /** In the store, of all processes, as last heard. */
  shared: number;
  /** Counted here only. */
  own: number;
  /** Milliseconds since the epoch. */
  endsAt: number;
};

/** Invalid keys of one network in a window. */
export const allowedFailures = 100;
const windowMs = 600_000;
const chunk = 10;
/** Origins that a process counts; the one that was not heard of for longest is forgotten first. */
const keptOrigins = 20_000;

export function createGuessing({
  counters,
  clock,
  key,
}: {
  counters: CounterStore;
  clock: Clock;
  /** Derived for this purpose: the store learns no addresses. */
  key: Buffer;
}): Guessing {
  const kept = createRecent<Failures>(keptOrigins);

  const current = (name: string): Failures | undefined => {
    const failures = kept.get(name);
    if (!failures || failures.endsAt > clock.now()) return failures;
    kept.delete(name);
    return undefined;
  };

  const share = async (name: string, failures: Failures) => {
    const amount = failures.own;
    failures.own = 0;
    failures.shared += amount;
    const counter = `api_key_guess:${hmacSha256(key, name)}`;
    try {
      const { count, resetAt } = await counters.add(counter, amount, windowMs, clock.now());
      failures.shared = Math.max(failures.shared, count);
      failures.endsAt = resetAt;
    } catch {
      // The other processes hear of it with the next chunk; here it counts already.
    }
  };

  return {
    shutOutFor(origin) {
      const failures = current(nameOf(origin));
      if (!failures || failures.shared + failures.own < allowedFailures) return 0;
      return Math.max(1, Math.ceil((failures.endsAt - clock.now()) / 1000));
    },

    async failed(origin) {
      const name = nameOf(origin);
      const fresh = { shared: 0, own: 0, endsAt: clock.now() + windowMs };
      const failures = current(name) ?? fresh;
      kept.set(name, failures);
      if (failures.shared + failures.own >= allowedFailures) return;
      failures.own += 1;
      if (failures.own >= chunk) await share(name, failures);
    },
  };
}

function nameOf({ address, asker }: Origin): string {
  return `${networkOf(address)} ${asker}`;
}
