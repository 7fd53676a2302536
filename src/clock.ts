/**
 * The only source of time. Every room receives a Clock and nothing else calls Date.now(), so tests can move
 * time without waiting.
 */
export type Clock = {
  /** Milliseconds since the Unix epoch. */
  now(): number;
};

/**
 * The clock skew allowed between issuers and verifiers, in milliseconds. A verifier may accept a token for
 * this long after its `exp`, so whatever revokes the token must be kept until then.
 */
export const clockSkewMs = 60_000;

export const systemClock: Clock = { now: () => Date.now() };

/** Whole seconds since the Unix epoch (NumericDate, RFC 7519 section 2). */
export function epochSeconds(clock: Clock): number {
  return Math.floor(clock.now() / 1000);
}

/** An instant in milliseconds since the Unix epoch as ISO 8601, the form of times in JSON. */
export function iso(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}
