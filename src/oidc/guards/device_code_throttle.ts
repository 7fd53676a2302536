/**
 * Throttling of device code entry (RFC 8628 section 5.1): a user code is short, because people type it, so
 * how often one network may try is bounded.
 */
import type { Middleware } from 'koa';
import type { Clock } from '../../clock.ts';
import type { Declaration } from '../../config/schema/declaration.ts';
import { hmacSha256 } from '../../digests.ts';
import { requestState } from '../../http/request_state.ts';
import { networkOf } from '../../net/network_shares.ts';
import { tooManyRequests } from '../../rate_limits/room.ts';
import type { CounterStore } from '../../storage/counters.ts';

/** Answers 429 beyond `attempts_per_address`; each form that is sent counts, entry and confirmation alike. */
export function throttleDeviceCodes({
  counters,
  clock,
  policy: { attempts_per_address: perAddress },
  key,
}: {
  counters: CounterStore;
  clock: Clock;
  policy: Pick<Declaration['sign_in'], 'attempts_per_address'>;
  /** The store learns no addresses. */
  key: Buffer;
}): Middleware {
  return async function deviceCodeThrottle(ctx, next) {
    if (ctx.method !== 'POST') return next();
    const network = networkOf(requestState(ctx).address.ip);
    const counter = `device_code:${hmacSha256(key, network)}`;
    const now = clock.now();
    const { count, resetAt } = await counters.add(counter, 1, perAddress.windowMs, now);
    if (count <= perAddress.limit) return next();
    throw tooManyRequests(
      'Too many codes were entered from here. Wait a while, then try again.',
      resetAt - now,
    );
  };
}
