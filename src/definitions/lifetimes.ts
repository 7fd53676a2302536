/**
 * Default lifetimes, in seconds.
 */
import { day, hour, minute } from './units.ts';

export const lifetimes = {
  authorizationCode: minute,
  deviceCode: 10 * minute,
  accessToken: 10 * minute,
  idToken: 10 * minute,
  /** The longest lifetime of a token that was exchanged for an API key. */
  accessTokenOfKey: 10 * minute,
  /** An unused refresh token. */
  refreshTokenIdle: 30 * day,
  /** A rotation chain of refresh tokens, however often it is rotated. Nothing issued from it lives longer. */
  refreshTokenChain: 90 * day,
  /** Between an authorization request and its response. */
  interaction: hour,
  /** Of whoever wants to stay signed in, after the last use. */
  session: 14 * day,
  /** Of everybody else, after the last use; the browser forgets it when it closes. */
  sessionOfBrowser: day,
  /** From the sign-in on, however it is used. */
  longestSession: 90 * day,
  /**
   * The device page and sign-out need a session before anybody has signed in. It is short, so that repeated requests
   * for those pages do not fill the store for weeks.
   */
  sessionOfNobody: hour,
  /** The cookie that recognizes a browser that has signed in before. */
  deviceCookie: 365 * day,
  /** Records that never expire, such as grants: a grant is a person's consent, and refresh tokens depend on it. */
  withoutEnd: 50 * 365 * day,
} as const;

/** How long a rotated refresh token still works: the default and the maximum for a client. */
export const refreshTokenGrace = { default: 10, max: 5 * minute } as const;

/** How long the link is open that makes the first owner. */
export const firstOwnerLink = day;

/** How long a client's previous secret still works after a rotation. */
export const clientSecretOverlap = day;

/** How long deliveries of a webhook are signed with its previous secret as well, after a rotation. */
export const webhookSecretOverlap = day;

/** How long it can be read how far a revocation has come. */
export const acknowledgedRevocation = 7 * day;
