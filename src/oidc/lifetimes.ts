/**
 * How long the library's records live, in seconds. A grant has no end of its own: it is a person's consent,
 * and refresh tokens must not die because it did.
 */
import type { Configuration, RefreshToken } from 'oidc-provider';
import type { ApiRegistry } from '../apis/registry.ts';

const minute = 60;
const day = 86_400;
const refreshIdle = 30 * day;
const refreshInAll = 90 * day;
const withoutEnd = 50 * 365 * day;

const accessTokenDefault = 10 * minute;

/** The lifetime of an API's tokens, or the default. */
function accessTokenLifetime(
  _ctx: unknown,
  token: { resourceServer?: { accessTokenTTL?: number } },
) {
  return token.resourceServer?.accessTokenTTL ?? accessTokenDefault;
}

/** Idle time, but never beyond the family's lifetime in all. */
function refreshTokenLifetime(_ctx: unknown, token: RefreshToken): number {
  const age = token.totalLifetime();
  return Math.max(1, Math.min(refreshIdle, refreshInAll - age));
}

export const lifetimes = {
  AccessToken: accessTokenLifetime,
  AuthorizationCode: minute,
  ClientCredentials: accessTokenLifetime,
  DeviceCode: 10 * minute,
  Grant: withoutEnd,
  IdToken: 10 * minute,
  Interaction: 60 * minute,
  RefreshToken: refreshTokenLifetime,
  Session: 14 * day,
} as unknown as NonNullable<Configuration['ttl']>;

/** How long a key must stay published after it stopped signing: the longest lifetime of what it signs. */
export function longestTokenLifetimeMs(apis: ApiRegistry): number {
  const lifetimesOfApis = apis.list().map((api) => api.lifetimeSeconds);
  return Math.max(accessTokenDefault, ...lifetimesOfApis) * 1000;
}
