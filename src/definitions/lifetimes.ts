/**
 * How long things live where nobody declares otherwise. Seconds.
 */
import { day, hour, minute } from './units.ts';

export const lifetimes = {
  authorizationCode: minute,
  deviceCode: 10 * minute,
  accessToken: 10 * minute,
  idToken: 10 * minute,
  /** The most that a token lives which an API key was exchanged for. */
  accessTokenOfKey: 10 * minute,
  /** A refresh token that nobody uses. */
  refreshTokenIdle: 30 * day,
  /** A chain of refresh tokens, however often it is rotated: nothing that is issued lives longer. */
  refreshTokenChain: 90 * day,
  /** Between an authorization request and its response. */
  interaction: hour,
  session: 14 * day,
  /**
   * The forms of the device page and of sign-out need a session before anybody signed in. It is short: whoever
   * asks for those pages all day must not fill the store for weeks.
   */
  sessionOfNobody: hour,
  /** The cookie by which a browser is recognised that somebody signed in with before. */
  deviceCookie: 365 * day,
  /** What has no end of its own, such as a grant, which is a person's consent: refresh tokens must not die with it. */
  withoutEnd: 50 * 365 * day,
} as const;

/** For how long a refresh token that was just rotated still works: a client's default, and what it may have at most. */
export const refreshTokenGrace = { default: 10, max: 5 * minute } as const;

/** For how long a client's secret that was replaced still works. */
export const clientSecretOverlap = day;
