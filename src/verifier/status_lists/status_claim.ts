/**
 * A token's reference to its status: Token Status List draft-21 section 6.
 */
import { Refusal } from '../errors.ts';

export type StatusReference = { uri: string; index: number };

/** The prefix of the address of every status list of the issuer. */
export function statusListBase(issuer: string): string {
  return `${issuer}/status-lists/`;
}

/**
 * Undefined if the token has no status claim. Throws Refusal `status_invalid` if it does not point to one of
 * the issuer's own status lists: no other address is ever requested.
 */
export function readStatusClaim(status: unknown, base: string): StatusReference | undefined {
  if (status === undefined) return undefined;
  const { uri, idx } = ((status as Record<string, unknown> | null)?.status_list ?? {}) as Record<
    string,
    unknown
  >;
  const isOurs =
    typeof uri === 'string' &&
    uri.startsWith(base) &&
    /^[A-Za-z0-9_-]{1,64}$/.test(uri.slice(base.length));
  if (!isOurs || !Number.isSafeInteger(idx) || (idx as number) < 0) {
    throw new Refusal('status_invalid');
  }
  return { uri, index: idx as number };
}
