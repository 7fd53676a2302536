/**
 * Lifetimes that depend on what lives, in seconds, as the library's setting `ttl` takes them.
 */
import type { RefreshToken, Session } from 'oidc-provider';
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

export function sessionLifetime(_ctx: unknown, session: Session): number {
  return session.accountId === undefined ? lifetimes.sessionOfNobody : lifetimes.session;
}
