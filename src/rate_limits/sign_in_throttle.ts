/**
 * Throttles password sign-ins. Owns how often passwords can be guessed, from where and for which account. It
 * does not know whether an account exists; unknown accounts are treated the same.
 *
 * The rule (OWASP "device cookies"; docs/decisions/sign-in-throttling.md): strangers are counted by account
 * and network, by network, and by account in total. A browser that signed in to this account before is
 * counted separately, so no stranger can lock people out of the browser they use.
 */
import type { Clock } from '../clock.ts';
import type { Declaration } from '../config/schema/declaration.ts';
import { normaliseName } from '../definitions/names.ts';
import { hmacSha256 } from '../digests.ts';
import { networkOf } from '../net/network_shares.ts';
import type { CounterAddition, CounterStore } from '../storage/counters.ts';
import { createDeviceTokens } from './device_tokens.ts';

export type SignInAttempt = {
  /** The username or email as typed; of `second_factor` the user's id, of `passkey` a digest of its own. */
  account: string;
  /**
   * What is tried; default: a password. Each is counted apart, or whoever types the name that second factors are counted
   * by at the sign-in could keep a person from theirs.
   */
  what?: 'second_factor' | 'passkey' | undefined;
  /** The address of the browser. */
  address: string;
  /** As the browser sent it. */
  deviceCookie?: string | undefined;
};

type SignInPermission = { allowed: true } | { allowed: false; retryAfterSeconds: number };

/**
 * Each attempt is counted before its password is verified, so that parallel guesses cannot exceed a limit.
 * Every check() that allows is followed by exactly one of failed(), succeeded() and abandoned(). All of them
 * throw StoreUnavailableError: nothing is allowed without counting.
 */
export type SignInThrottle = {
  check(attempt: SignInAttempt): Promise<SignInPermission>;
  /** The attempt stays counted. Returns whether the next one would be allowed. */
  failed(attempt: SignInAttempt): Promise<SignInPermission>;
  /** Takes the attempt back and returns the cookie to set. Earlier failures stay counted. */
  succeeded(attempt: SignInAttempt): Promise<{ deviceCookie: string }>;
  /** Takes the attempt back: no password was verified, because the server was busy. */
  abandoned(attempt: SignInAttempt): Promise<void>;
};

type Limit = { limit: number; windowMs: number };
type CountedLimit = [who: string[], limit: Limit];
type Addition = Required<CounterAddition>;

/** An account in total allows this many times the attempts of one network or known browser. */
const accountFactor = 5;
/** One network allows this many times as many successful sign-ins as attempts. */
const successFactor = 20;

export function createSignInThrottle({
  counters,
  clock,
  policy,
  keys,
}: {
  counters: Pick<CounterStore, 'addAll'>;
  clock: Clock;
  policy: Pick<Declaration['sign_in'], 'attempts_per_account' | 'attempts_per_address'>;
  /** Derived for this purpose alone. The first signs and counts, all verify. */
  keys: readonly Buffer[];
}): SignInThrottle {
  const [first, ...older] = keys;
  if (!first) throw new Error('the sign-in throttle needs a key');
  const devices = createDeviceTokens({ keys: [first, ...older], clock });
  const { attempts_per_account: perAccount, attempts_per_address: perAddress } = policy;

  const inAll = { ...perAccount, limit: perAccount.limit * accountFactor };
  const ofSuccesses = { ...perAccount, limit: perAccount.limit * successFactor };

  /** Who is counted, and with which limit. */
  function limitsFor(
    network: string,
    account: string[],
    device: string | undefined,
  ): CountedLimit[] {
    if (device) {
      return [
        [['device', device, ...account], perAccount],
        [['devices', ...account], inAll],
      ];
    }
    // In this order, a network adds no more to the last counter, which all strangers share, than its own
    // limit allows.
    return [
      [['network', network, ...account], perAccount],
      [['address', network], perAddress],
      [['strangers', ...account], inAll],
    ];
  }

  /** The account and all counters of an attempt. `attempts` and `successes`: what to add to each kind. */
  const countersOf = (attempt: SignInAttempt, attempts: number, successes: number) => {
    const account = normaliseName(attempt.account);
    const network = networkOf(attempt.address);
    const counted = attempt.what === undefined ? [account] : [attempt.what, account];
    const limits = limitsFor(network, counted, devices.deviceFor(account, attempt.deviceCookie));
    // Successful sign-ins count too: each leaves a session and an event.
    const succeeded: CountedLimit = [['succeeded', network, ...counted], ofSuccesses];
    const additions: Addition[] = [];
    for (const [who, limit] of [...limits, succeeded]) {
      // The store learns neither names nor addresses.
      const key = `sign_in:${hmacSha256(first, JSON.stringify(who))}`;
      additions.push({ ...limit, key, amount: who === succeeded[0] ? successes : attempts });
    }
    return { account, additions };
  };

  /** Counts nothing if a limit is reached: a refused attempt must not fill a counter that others share. */
  async function countWithin({ additions }: { additions: Addition[] }): Promise<SignInPermission> {
    const now = clock.now();
    const full = await counters.addAll(additions, now);
    if (!full) return { allowed: true };
    const retryAfterSeconds = Math.max(1, Math.ceil((full.resetAt - now) / 1000));
    return { allowed: false, retryAfterSeconds };
  }

  async function countAnyway({ additions }: { additions: Addition[] }): Promise<void> {
    const unlimited = additions.map(({ key, amount, windowMs }) => ({ key, amount, windowMs }));
    await counters.addAll(unlimited, clock.now());
  }

  return {
    // Each attempted account opens a counter, but not for an address that has reached its limit.
    check: (attempt) => countWithin(countersOf(attempt, 1, 0)),

    failed: (attempt) => countWithin(countersOf(attempt, 0, 0)),

    async succeeded(attempt) {
      const counted = countersOf(attempt, -1, 1);
      await countAnyway(counted);
      return { deviceCookie: devices.renew(counted.account, attempt.deviceCookie) };
    },

    abandoned: (attempt) => countAnyway(countersOf(attempt, -1, 0)),
  };
}
