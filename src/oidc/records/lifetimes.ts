/**
 * Lifetimes that depend on what lives, in seconds, as the library's setting `ttl` takes them.
 */
import type { RefreshToken, Session } from 'oidc-provider';
import { type Clock, epochSeconds } from '../../clock.ts';
import type { Declaration } from '../../config/schema/declaration.ts';
import { lifetimes } from '../../definitions/lifetimes.ts';

/** The lifetime of an API's tokens, or the default. */
export function accessTokenLifetime(
  _ctx: unknown,
  token: { resourceServer?: { accessTokenTTL?: number } },
) {
  return token.resourceServer?.accessTokenTTL ?? lifetimes.accessToken;
}

/** Idle time, but never beyond the chain's lifetime in all. */
export function refreshTokenLifetime(_ctx: unknown, token: RefreshToken): number {
  const left = lifetimes.refreshTokenChain - token.totalLifetime();
  return Math.max(1, Math.min(lifetimes.refreshTokenIdle, left));
}

/** Idle time, but never beyond the longest session, counted from its sign-in. */
export function createSessionLifetime({
  sessions,
  clock,
}: {
  sessions: Declaration['sign_in']['sessions'];
  clock: Clock;
}) {
  return (_ctx: unknown, { accountId, transient, loginTs }: Session): number => {
    if (accountId === undefined) return lifetimes.sessionOfNobody;
    const now = epochSeconds(clock);
    const left = (loginTs ?? now) + sessions.longest - now;
    return Math.max(1, Math.min(transient ? sessions.browser : sessions.stay_signed_in, left));
  };
}
