import type { SigningAlgorithm } from '../definitions/oauth.ts';
/**
 * The times that follow from the rotation policy. Pure numbers, in milliseconds unless noted.
 */

export type RotationPolicy = {
  /** Of new keys. */
  algorithm: SigningAlgorithm;
  /** How long a key signs, in milliseconds. */
  rotateEveryMs: number;
  /** The minimum time that a key is published before it signs, in milliseconds. */
  publishAheadMs: number;
};

export type RotationTimes = {
  rotateEveryMs: number;
  publishAheadMs: number;
  /** How often each process reads the keyset. */
  pollEveryMs: number;
  /** By then every process has read a change. No change of the signing key takes effect sooner. */
  propagationMs: number;
  /** How long a JWKS response may be cached. */
  jwksMaxAgeSeconds: number;
};

/** The shortest time with which polling can ensure that every JWKS contains a key before it signs. */
const shortestPublishAheadMs = 500;
const longestJwksMaxAgeSeconds = 300;

export function rotationTimes(
  policy: Pick<RotationPolicy, 'rotateEveryMs' | 'publishAheadMs'>,
): RotationTimes {
  const { rotateEveryMs } = policy;
  const publishAheadMs = Math.max(policy.publishAheadMs, shortestPublishAheadMs);
  const pollEveryMs = Math.min(Math.max(publishAheadMs / 4, 100), 1000);
  return {
    rotateEveryMs,
    publishAheadMs,
    pollEveryMs,
    propagationMs: 2 * pollEveryMs,
    jwksMaxAgeSeconds: jwksMaxAge(publishAheadMs),
  };
}

/** Half of `publishAheadMs` in whole seconds: a cached JWKS expires before a key that it lacks can sign. */
function jwksMaxAge(publishAheadMs: number): number {
  return Math.min(Math.floor(publishAheadMs / 2000), longestJwksMaxAgeSeconds);
}
