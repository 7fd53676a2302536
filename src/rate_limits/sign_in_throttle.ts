/**
 * Throttling of sign-in with a password. Owns how often one may guess, from where and for which account; it
 * does not know whether an account exists, and treats one that does not in the same way.
 *
 * The rule (OWASP, "device cookies"; docs/decisions/sign-in-throttling.md): strangers are counted by account
 * and network, by network, and by account in all; a browser that signed in to this account before is counted
 * by itself. So no stranger locks a person out of the browser they use.
 */
import type { Clock } from '../clock.ts';
import type { Declaration } from '../config/schema/declaration.ts';
import { normaliseName } from '../definitions/names.ts';
import { hmacSha256 } from '../digests.ts';
import { networkOf } from '../net/network_shares.ts';
import type { CounterAddition, CounterStore } from '../storage/counters.ts';
import { createDeviceTokens } from './device_tokens.ts';

export type SignInAttempt = {
  /** The username or email as it was typed. */
  account: string;
  /** The address of the browser. */
  address: string;
  /** As the browser sent it. */
  deviceCookie?: string | undefined;
};

export type SignInPermission = { allowed: true } | { allowed: false; retryAfterSeconds: number };

/**
 * Each attempt is counted before its password is verified, so that parallel guesses overshoot no limit. Every
 * check() that allowed is followed by exactly one of failed(), succeeded() and abandoned(). All of them throw
 * StoreUnavailableError: nothing is allowed without counting.
 */
export type SignInThrottle = {
  check(attempt: SignInAttempt): Promise<SignInPermission>;
  /** The attempt stays counted. Answers whether the next one would be allowed. */
  failed(attempt: SignInAttempt): Promise<SignInPermission>;
  /** Takes the attempt back and answers the cookie to set; earlier failures stay counted. */
  succeeded(attempt: SignInAttempt): Promise<{ deviceCookie: string }>;
  /** Takes the attempt back: no password was verified (the server was busy). */
  abandoned(attempt: SignInAttempt): Promise<void>;
};

type Limit = { limit: number; windowMs: number };
type CountedLimit = [who: string[], limit: Limit];
type Addition = Required<CounterAddition>;

/** An account in all bears so many times what one network or one known browser may try at it. */
const accountFactor = 5;
/** Somebody may sign in so many times as often as try, from one network. */
const successFactor = 20;

export function createSignInThrottle({
  counters,
  clock,
  policy,
  keys,
}: {
  counters: Pick<CounterStore, 'addAll'>;
  clock: Clock;
  policy: Declaration['sign_in'];
  /** Derived for this purpose alone; the first signs and counts, all verify. */
  keys: readonly Buffer[];
}): SignInThrottle {
  const [first, ...older] = keys;
  if (!first) throw new Error('the sign-in throttle needs a key');
  const devices = createDeviceTokens({ keys: [first, ...older], clock });
  const { attempts_per_account: perAccount, attempts_per_address: perAddress } = policy;

  const inAll = { ...perAccount, limit: perAccount.limit * accountFactor };
  const ofSuccesses = { ...perAccount, limit: perAccount.limit * successFactor };

  /** Who is counted, by which limit. */
  function limitsFor(network: string, account: string, device: string | undefined): CountedLimit[] {
    if (device) {
      return [
        [['device', device, account], perAccount],
        [['devices', account], inAll],
      ];
    }
    // In this order one network adds no more to the last, which all strangers share, than it may try itself.
    return [
      [['network', network, account], perAccount],
      [['address', network], perAddress],
      [['strangers', account], inAll],
    ];
  }

  /** All counters of an attempt; `attempts`, `successes`: what is added to the one and to the other. */
  const additionsFor = (attempt: SignInAttempt, attempts: number, successes: number) => {
    const account = normaliseName(attempt.account);
    const network = networkOf(attempt.address);
    const limits = limitsFor(network, account, devices.deviceFor(account, attempt.deviceCookie));
    // Of who knows the password: each leaves a session and an event.
    const succeeded: CountedLimit = [['succeeded', network, account], ofSuccesses];
    const additions: Addition[] = [];
    for (const [who, limit] of [...limits, succeeded]) {
      // The store learns neither names nor addresses.
      const key = `sign_in:${hmacSha256(first, JSON.stringify(who))}`;
      additions.push({ ...limit, key, amount: who === succeeded[0] ? successes : attempts });
    }
    return additions;
  };

  /** Counts nothing where one of the limits is reached: what is refused must not fill a counter that others share. */
  async function countWithin(additions: Addition[]): Promise<SignInPermission> {
    const now = clock.now();
    const full = await counters.addAll(additions, now);
    if (!full) return { allowed: true };
    const retryAfterSeconds = Math.max(1, Math.ceil((full.resetAt - now) / 1000));
    return { allowed: false, retryAfterSeconds };
  }

  async function countAnyway(additions: Addition[]): Promise<void> {
    const unlimited = additions.map(({ key, amount, windowMs }) => ({ key, amount, windowMs }));
    await counters.addAll(unlimited, clock.now());
  }

  return {
    // Each account that is tried opens a counter: not for an address that may try no more.
    check: (attempt) => countWithin(additionsFor(attempt, 1, 0)),

    failed: (attempt) => countWithin(additionsFor(attempt, 0, 0)),

    async succeeded(attempt) {
      await countAnyway(additionsFor(attempt, -1, 1));
      return { deviceCookie: devices.renew(normaliseName(attempt.account), attempt.deviceCookie) };
    },

    abandoned: (attempt) => countAnyway(additionsFor(attempt, -1, 0)),
  };
}
