/**
 * How long the library's records live, in seconds. A grant has no end of its own: it is a person's consent,
 * and refresh tokens must not die because it did.
 */
import type { Configuration, RefreshToken, Session } from 'oidc-provider';
import type { ApiRegistry } from '../../apis/room.ts';

const minute = 60;
const hour = 60 * minute;
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

/**
 * The forms of the device page and of sign-out need a session before anybody signed in. It is short: whoever
 * asks for those pages all day must not fill the store for weeks.
 */
function sessionLifetime(_ctx: unknown, session: Session): number {
  return session.accountId === undefined ? hour : 14 * day;
}

export const lifetimes = {
  AccessToken: accessTokenLifetime,
  AuthorizationCode: minute,
  ClientCredentials: accessTokenLifetime,
  DeviceCode: 10 * minute,
  Grant: withoutEnd,
  IdToken: 10 * minute,
  Interaction: hour,
  RefreshToken: refreshTokenLifetime,
  Session: sessionLifetime,
} as unknown as NonNullable<Configuration['ttl']>;

/** How long a key must stay published after it stopped signing: the longest lifetime of what it signs. */
export function longestTokenLifetimeMs(apis: ApiRegistry): number {
  const lifetimesOfApis = apis.list().map((api) => api.lifetimeSeconds);
  return Math.max(accessTokenDefault, ...lifetimesOfApis) * 1000;
}
