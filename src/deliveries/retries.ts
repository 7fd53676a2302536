/**
 * When a failed delivery is retried: with growing, random pauses, so that receivers that were down do not get
 * everything at once; for about a day.
 */
import { dayMs, hourMs } from '../definitions/units.ts';

/** Milliseconds after the event was accepted. Later retries are not made. */
export const retryPeriod = dayMs;

const firstPause = 5000;
const longestPause = 3 * hourMs;
const factor = 4;
/** Each pause is up to this fraction shorter or longer. */
const spread = 0.2;

/**
 * Milliseconds until the next attempt, after `attempts` failed ones (at least 1). `retryAfter`: what the
 * receiver asked for (ms), limited to the longest pause. `random`: 0 to 1.
 */
export function pauseAfter(
  attempts: number,
  { retryAfter = 0, random = Math.random() }: { retryAfter?: number; random?: number } = {},
): number {
  const pause = Math.min(longestPause, firstPause * factor ** (attempts - 1));
  const spreadPause = pause * (1 - spread + 2 * spread * random);
  return Math.max(spreadPause, Math.min(longestPause, retryAfter));
}

/** `Retry-After` (RFC 9110 section 10.2.3) in milliseconds. 0 if missing or malformed. `now`: milliseconds. */
export function retryAfterOf(header: string | null, now: number): number {
  if (!header) return 0;
  const wait = /^\d{1,9}$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return wait > 0 ? wait : 0;
}
