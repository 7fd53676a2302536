/**
 * The one source of time. Every room receives a Clock; nothing else calls Date.now(), so a test
 * can move time without waiting for it.
 */
export type Clock = {
  /** Milliseconds since the Unix epoch. */
  now(): number;
};

export const systemClock: Clock = { now: () => Date.now() };

/** Whole seconds since the Unix epoch (NumericDate, RFC 7519 section 2). */
export function epochSeconds(clock: Clock): number {
  return Math.floor(clock.now() / 1000);
}
