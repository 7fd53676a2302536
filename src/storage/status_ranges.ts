/**
 * Status ranges: which tokens the positions of the status lists stand for. A range of one position is one
 * token of a person, with all that it hangs on. A range of many is what a worker leased to issue a client's
 * own tokens from, which are not recorded one by one.
 */
export type StatusRange = {
  list: string;
  /** The first position (before permutation); unique within the list. */
  first: number;
  count: number;
  /** Seconds since the epoch (`iat`) of the token at the first position. */
  issuedFrom: number;
  /** How many positions, one after the other, stand for each second from `issuedFrom` on. */
  perSecond: number;
  clientId: string;
  /** The API (audience). */
  api: string;
  /** The `kid` of the key that signs. */
  keyId: string;
  userId?: string | undefined;
  grantId?: string | undefined;
  familyId?: string | undefined;
  /** See sessionReference(). */
  session?: string | undefined;
  /**
   * The marker keys of all that its tokens were exchanged for and are not named above, and die with:
   * `api_key:<id>`, `token:<jti>`, `client:<id>`. Each once; never empty.
   */
  derivedFrom?: readonly string[] | undefined;
  /** It lies in a lease of its client's own, which is found by the client in its place. */
  inClientLease?: true | undefined;
  /** The revocation sequence as of which it was issued: later revocations hit it. */
  asOf: number;
  /** Milliseconds since the epoch; when the last token of the range has expired. */
  expiresAt: number;
};

export type StatusRangeSelector =
  | { grantId: string }
  | { familyId: string }
  | { session: string }
  | { userId: string }
  /** Those outside of leases of the client's own. */
  | { clientId: string }
  /** Those that name this one, among others. */
  | { derivedFrom: string }
  /** All of them, one page after the other. */
  | Record<string, never>;

export type StatusRangeStore = {
  /** Throws DuplicateError when the list has a range with this first position. */
  add(range: StatusRange): Promise<void>;
  /** The unexpired one that this position belongs to. */
  find(list: string, position: number, now: number): Promise<StatusRange | undefined>;
  /** Unexpired ones in the order of (list, first), at most `limit`, from behind `after`. */
  select(
    selector: StatusRangeSelector,
    options: {
      after?: Pick<StatusRange, 'list' | 'first'> | undefined;
      limit: number;
      now: number;
    },
  ): Promise<StatusRange[]>;
  /** How many unexpired ones begin in these positions of a list, of one position and of more. */
  count(
    positions: { list: string; first: number; count: number },
    now: number,
  ): Promise<{ tokens: number; blocks: number }>;
};
