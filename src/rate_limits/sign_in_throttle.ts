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
import { networkOf } from '../net/network_of.ts';
import type { CounterStore } from '../storage/counters.ts';
import { createDeviceTokens } from './device_tokens.ts';

export type SignInAttempt = {
  /** The username or email as it was typed. */
  account: string;
  /** The address of the browser. */
  address: string;
  /** As the browser sent it. */
  deviceCookie?: string | undefined;
};

type Refusal = { allowed: false; retryAfterSeconds: number };
export type SignInPermission = { allowed: true } | Refusal;

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

type Bucket = { key: string; limit: number; windowMs: number };

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
  counters: CounterStore;
  clock: Clock;
  policy: Declaration['sign_in'];
  /** Derived for this purpose alone; the first signs and counts, all verify. */
  keys: readonly Buffer[];
}): SignInThrottle {
  const [first, ...older] = keys;
  if (!first) throw new Error('the sign-in throttle needs a key');
  const devices = createDeviceTokens({ keys: [first, ...older], clock });
  const { attempts_per_account: perAccount, attempts_per_address: perAddress } = policy;

  /** The store learns neither names nor addresses. */
  const keyOf = (...parts: string[]) => `sign_in:${hmacSha256(first, JSON.stringify(parts))}`;

  function bucketsOf(attempt: SignInAttempt): Bucket[] {
    const account = normaliseName(attempt.account);
    const device = devices.deviceFor(account, attempt.deviceCookie);
    const inAll = { limit: perAccount.limit * accountFactor, windowMs: perAccount.windowMs };
    if (device) {
      return [
        { key: keyOf('device', device, account), ...perAccount },
        { key: keyOf('devices', account), ...inAll },
      ];
    }
    const network = networkOf(attempt.address);
    // In this order one network adds no more to the last, which all strangers share, than it may try itself.
    return [
      { key: keyOf('network', network, account), ...perAccount },
      { key: keyOf('address', network), ...perAddress },
      { key: keyOf('strangers', account), ...inAll },
    ];
  }

  /** Of who knows the password: each leaves a session and an event. */
  function successesOf({ account, address }: SignInAttempt): Bucket {
    const key = keyOf('succeeded', networkOf(address), normaliseName(account));
    return { key, limit: perAccount.limit * successFactor, windowMs: perAccount.windowMs };
  }

  const readAll = (buckets: Bucket[]) =>
    Promise.all(
      buckets.map(async ({ key, limit, windowMs }) => ({
        limit,
        state: await counters.add(key, 0, windowMs, clock.now()),
      })),
    );

  async function takeBack(buckets: Bucket[]): Promise<void> {
    const now = clock.now();
    await Promise.all(
      buckets.map(async ({ key, windowMs }) => {
        // A window that ended meanwhile took the attempt with it; below zero would be a present.
        const { count } = await counters.add(key, 0, windowMs, now);
        if (count > 0) await counters.add(key, -1, windowMs, now);
      }),
    );
  }

  const refusal = (resetAt: number): Refusal => ({
    allowed: false,
    retryAfterSeconds: Math.max(1, Math.ceil((resetAt - clock.now()) / 1000)),
  });

  return {
    async check(attempt) {
      const buckets = bucketsOf(attempt);
      // Each account that is tried opens a counter: not for an address that may try no more.
      for (const { limit, state } of await readAll([...buckets, successesOf(attempt)])) {
        if (state.count >= limit) return refusal(state.resetAt);
      }
      const counted: Bucket[] = [];
      for (const bucket of buckets) {
        const { count, resetAt } = await counters.add(bucket.key, 1, bucket.windowMs, clock.now());
        counted.push(bucket);
        if (count > bucket.limit) {
          // What is refused guesses nothing, and must not fill a bucket that others share.
          await takeBack(counted);
          return refusal(resetAt);
        }
      }
      return { allowed: true };
    },

    async failed(attempt) {
      for (const { limit, state } of await readAll(bucketsOf(attempt))) {
        if (state.count >= limit) return refusal(state.resetAt);
      }
      return { allowed: true };
    },

    async succeeded(attempt) {
      const { key, windowMs } = successesOf(attempt);
      await Promise.all([
        takeBack(bucketsOf(attempt)),
        counters.add(key, 1, windowMs, clock.now()),
      ]);
      return { deviceCookie: devices.renew(normaliseName(attempt.account), attempt.deviceCookie) };
    },

    abandoned: (attempt) => takeBack(bucketsOf(attempt)),
  };
}
