/**
 * The instants that follow from the rotation policy. Pure numbers, in milliseconds unless they say
 * otherwise.
 */
import type { Algorithm } from './keyset.ts';

export type KeyPolicy = {
  /** Of new keys. */
  algorithm: Algorithm;
  /** A key signs this long. Milliseconds. */
  rotateEveryMs: number;
  /** And is published at least this long before. Milliseconds. */
  publishAheadMs: number;
};

export type Timing = {
  rotateEveryMs: number;
  publishAheadMs: number;
  /** How often each process reads the document. */
  pollEveryMs: number;
  /** After this long every process has read it: no change of what signs takes effect earlier. */
  propagationMs: number;
  /** For how long a JWKS answer may be cached. */
  jwksMaxAgeSeconds: number;
};

/** Below this, polling could not keep the promise that every JWKS has a key before it signs. */
const shortestPublishAheadMs = 500;
const longestJwksMaxAgeSeconds = 300;

export function timingOf(policy: Pick<KeyPolicy, 'rotateEveryMs' | 'publishAheadMs'>): Timing {
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

/** Half of `publishAheadMs` in whole seconds: a cached JWKS is gone before a key that it lacks can sign. */
function jwksMaxAge(publishAheadMs: number): number {
  return Math.min(Math.floor(publishAheadMs / 2000), longestJwksMaxAgeSeconds);
}
