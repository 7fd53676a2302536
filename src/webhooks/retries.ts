/**
 * When a delivery that failed is tried again: ever later, with some chance in it, so that receivers which were
 * down are not met by all at once; for about a day.
 */

/** Milliseconds after the first attempt was possible; a retry that would come later is not made. */
export const retriedFor = 24 * 3_600_000;

const firstPause = 5000;
const longestPause = 3 * 3_600_000;
const factor = 4;
/** Each pause is up to this share shorter or longer. */
const spread = 0.2;

/**
 * Milliseconds until the next attempt, after `attempts` that failed (from 1). `retryAfter`: what the receiver
 * asked for (ms), believed up to the longest pause. `random`: from 0 up to 1.
 */
export function pauseAfter(
  attempts: number,
  { retryAfter = 0, random = Math.random() }: { retryAfter?: number; random?: number } = {},
): number {
  const pause = Math.min(longestPause, firstPause * factor ** (attempts - 1));
  const spreadPause = pause * (1 - spread + 2 * spread * random);
  return Math.max(spreadPause, Math.min(longestPause, retryAfter));
}

/** `Retry-After` (RFC 9110 section 10.2.3) in milliseconds; 0 for none or nonsense. `now`: ms. */
export function retryAfterOf(header: string | null, now: number): number {
  if (!header) return 0;
  const wait = /^\d{1,9}$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return wait > 0 ? wait : 0;
}
