/**
 * Leases of status list positions: what a process takes in one piece, to issue tokens for one API from, signed by one
 * key. So a revocation of an API, a signing key or everything goes through leases, not through tokens.
 */
export type StatusLease = {
  list: string;
  /** The first position (before permutation); unique within the list. Leases do not overlap. */
  first: number;
  count: number;
  /** The API (audience) of its tokens. */
  api: string;
  /** The `kid` of the key that signs them. */
  keyId: string;
  /** The client of its tokens, where all are of one. Their ranges are not found by the client (StatusRange). */
  clientId?: string | undefined;
  /** No token from it counts as issued before this time (`iat`). Seconds since the epoch. 0: at any time. */
  issuedFrom: number;
  /** No token from it is issued at or after this time. Seconds since the epoch. */
  issuedUntil: number;
  /** The revocation sequence before it was recorded: a later revocation applies to all of its tokens. */
  asOf: number;
  /** Milliseconds since the epoch; when the last token from it has expired. */
  expiresAt: number;
};

/** By a link, or all of them. */
export type StatusLeaseSelector = { api: string } | { clientId: string } | Record<string, never>;

export type StatusLeaseStore = {
  /** Throws DuplicateError when the list has a lease with this first position. */
  add(lease: StatusLease): Promise<void>;
  /** Sets an earlier `issuedUntil`: nothing is issued from it any more. Nothing happens where there is none. */
  end(lease: Pick<StatusLease, 'list' | 'first' | 'issuedUntil'>): Promise<void>;
  /** Unexpired ones in the order of (list, first), at most `limit`, from behind `after`. */
  select(
    selector: StatusLeaseSelector,
    options: {
      after?: Pick<StatusLease, 'list' | 'first'> | undefined;
      limit: number;
      now: number;
    },
  ): Promise<StatusLease[]>;
};
