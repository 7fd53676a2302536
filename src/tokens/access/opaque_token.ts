/** What is read of an opaque access token that is alive. */
export type OpaqueToken = {
  /** What its introspection says, too: pairwise where the client wants it so. */
  subject: string;
  clientId: string;
  /** The user; absent: the client acts for itself. */
  accountId: string | undefined;
  audiences: readonly string[];
  scopes: readonly string[];
  /** Bound to a key of its holder (DPoP, mTLS). */
  isBound: boolean;
};
