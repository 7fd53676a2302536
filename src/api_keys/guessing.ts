/**
 * Guessing of keys, bounded by the address that guesses. A key has 190 random bits, so what this protects is
 * not the keys but the server: an address with too many invalid keys no longer causes a look into the store.
 * Counted in memory and shared by the chunk, so that guesses do not write either; keys that are in use go on
 * working, also from there.
 */
import type { Clock } from '../clock.ts';
import { hmacSha256 } from '../ids.ts';
import { networkOf } from '../rate_limit/network_of.ts';
import type { CounterStore } from '../storage/counters.ts';

export type Guessing = {
  /** Seconds for which the address is shut out; 0: it is not. */
  shutOutFor(address: string): number;
  /** An invalid key came from there. Never throws. */
  failed(address: string): Promise<void>;
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
/** Networks that a process counts; the one that was not heard of for longest is forgotten first. */
const keptNetworks = 20_000;

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
  const kept = new Map<string, Failures>();

  const current = (network: string): Failures | undefined => {
    const failures = kept.get(network);
    if (!failures || failures.endsAt > clock.now()) return failures;
    kept.delete(network);
    return undefined;
  };

  const share = async (network: string, failures: Failures) => {
    const amount = failures.own;
    failures.own = 0;
    failures.shared += amount;
    const counter = `api_key_guess:${hmacSha256(key, network)}`;
    try {
      const { count, resetAt } = await counters.add(counter, amount, windowMs, clock.now());
      failures.shared = Math.max(failures.shared, count);
      failures.endsAt = resetAt;
    } catch {
      // The other processes hear of it with the next chunk; here it counts already.
    }
  };

  return {
    shutOutFor(address) {
      const failures = current(networkOf(address));
      if (!failures || failures.shared + failures.own < allowedFailures) return 0;
      return Math.max(1, Math.ceil((failures.endsAt - clock.now()) / 1000));
    },

    async failed(address) {
      const network = networkOf(address);
      const fresh = { shared: 0, own: 0, endsAt: clock.now() + windowMs };
      const failures = current(network) ?? fresh;
      kept.delete(network);
      kept.set(network, failures);
      if (kept.size > keptNetworks) kept.delete(kept.keys().next().value ?? '');
      if (failures.shared + failures.own >= allowedFailures) return;
      failures.own += 1;
      if (failures.own >= chunk) await share(network, failures);
    },
  };
}
