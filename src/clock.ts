/**
 * The one source of time. Every room receives a Clock; nothing else calls Date.now(), so a test
 * can move time without waiting for it.
 */
export type Clock = {
  /** Milliseconds since the Unix epoch. */
  now(): number;
};

/**
 * Clocks of issuers and verifiers may differ by this much: a verifier may take a token for so long after its
 * `exp`, and until then it must find what tells of it. Milliseconds.
 */
export const skewMs = 60_000;

export const systemClock: Clock = { now: () => Date.now() };

/** Whole seconds since the Unix epoch (NumericDate, RFC 7519 section 2). */
export function epochSeconds(clock: Clock): number {
  return Math.floor(clock.now() / 1000);
}
