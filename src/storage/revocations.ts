/**
 * Revocations: markers that say "whatever carries this key and was issued at or before this instant is
 * dead". They exist for what no record can be deleted for (JWTs), and for all that hangs on a family, a
 * grant, a client or a user.
 */
export type Revocation = {
  /** For example `token:<jti>`, `family:<id>`, `grant:<id>`, `sid:<sid>`, `client:<id>`, `user:<id>`. */
  key: string;
  /** Milliseconds since the epoch: issued at or before this is revoked. */
  before: number;
  /** Milliseconds since the epoch: when the last token it can hit has expired. */
  expiresAt: number;
};

export type RevocationStore = {
  /** Records it; an earlier marker of the same key only ever moves forward (`before`, `expiresAt` take the greater). */
  put(revocation: Revocation): Promise<void>;
  /** Those of `keys` that have an unexpired marker, in one read. */
  find(keys: readonly string[], now: number): Promise<Revocation[]>;
};
