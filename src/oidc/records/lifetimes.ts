/**
 * How long the library's records live, in seconds.
 */
import type { Configuration, RefreshToken, Session } from 'oidc-provider';
import { lifetimes } from '../../definitions/lifetimes.ts';

/** The lifetime of an API's tokens, or the default. */
function accessTokenLifetime(
  _ctx: unknown,
  token: { resourceServer?: { accessTokenTTL?: number } },
) {
  return token.resourceServer?.accessTokenTTL ?? lifetimes.accessToken;
}

/** Idle time, but never beyond the chain's lifetime in all. */
function refreshTokenLifetime(_ctx: unknown, token: RefreshToken): number {
  const left = lifetimes.refreshTokenChain - token.totalLifetime();
  return Math.max(1, Math.min(lifetimes.refreshTokenIdle, left));
}

function sessionLifetime(_ctx: unknown, session: Session): number {
  return session.accountId === undefined ? lifetimes.sessionOfNobody : lifetimes.session;
}

export const recordLifetimes = {
  AccessToken: accessTokenLifetime,
  AuthorizationCode: lifetimes.authorizationCode,
  ClientCredentials: accessTokenLifetime,
  DeviceCode: lifetimes.deviceCode,
  Grant: lifetimes.withoutEnd,
  IdToken: lifetimes.idToken,
  Interaction: lifetimes.interaction,
  RefreshToken: refreshTokenLifetime,
  Session: sessionLifetime,
} as unknown as NonNullable<Configuration['ttl']>;
