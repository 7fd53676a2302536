/** Where a token's status stands: Token Status List draft-21 section 6. */
import { Refusal } from '../errors.ts';

export type StatusReference = { uri: string; index: number };

/** What the address of every status list of the issuer begins with. */
export function statusListBase(issuer: string): string {
  return `${issuer}/status-lists/`;
}

/**
 * Undefined: the token has no status claim. Throws Refusal `status_invalid` for one that does not point
 * into the issuer's own status lists: no other address is ever asked.
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
