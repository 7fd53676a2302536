/**
 * An instant to the second, where "a minute ago" says too little.
 */

/** `2026-11-30 09:43:07 UTC`, of an RFC 3339 instant or milliseconds since the epoch. */
export function exactTime(at: string | number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
