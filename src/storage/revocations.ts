/**
 * Revocations: markers that say what is dead. They exist for what no record can be deleted for (JWTs), and
 * for all that hangs on a family, a grant, a client, a user or an API. The store puts them in one order:
 * each gets the next number of a sequence. By it a process finds what changed since it last looked, and
 * whatever was issued knows which revocations came before it, without comparing clocks.
 */
export type Revocation = {
  /** For example `token:<jti>`, `family:<id>`, `grant:<id>`, `client:<id>`, `user:<id>`. */
  key: string;
  /** Its place in the order of all revocations; from 1 on, never used twice. */
  sequence: number;
  /** Milliseconds since the epoch: only what was issued before this instant is revoked. */
  before?: number | undefined;
  /** The bit of the one token that this is about. */
  status?: StatusPosition | undefined;
  /** What is left to do beyond the marker, oldest first; absent: nothing. */
  work?: readonly UnfinishedWork[] | undefined;
  /** Milliseconds since the epoch: when the last token it can hit has expired. */
  expiresAt: number;
};

export type StatusPosition = { list: string; index: number };

export type UnfinishedWork = {
  /** Of the put that brought it: the marker itself may have moved on. */
  sequence: number;
  /** As its writer described it. */
  text: string;
};

export type NewRevocation = Omit<Revocation, 'sequence' | 'work'> & { work?: string | undefined };

export type RevocationStore = {
  /**
   * Records it with the next sequence, and answers that. An earlier marker of the same key moves forward:
   * `before` and `expiresAt` take the greater (no `before` is the greatest), `status` stays where none is given,
   * `work` that is unfinished stays and what is given comes to it.
   */
  put(revocation: NewRevocation): Promise<number>;
  /** Those of `keys` that have an unexpired marker, in one read. */
  find(keys: readonly string[], now: number): Promise<Revocation[]>;
  /** The highest sequence so far, 0 when there is none: at least that of every `put` that was answered before. */
  sequence(): Promise<number>;
  /**
   * Unexpired markers with a sequence greater than `after`, in that order. A number may be missing for good (the
   * same key got a newer one, or its writer died), never for a while: what is put from then on gets a greater
   * one than any that was answered here.
   */
  changes(options: { after: number; limit: number; now: number }): Promise<Revocation[]>;
  /** Those that have `work` left, in order. */
  unfinished(limit: number): Promise<Revocation[]>;
  /** Takes off the work that was put with this sequence, and no other. */
  finish(key: string, sequence: number): Promise<void>;
};

/** A marker's key in its parts: `user`, `3f…`. */
export function parseMarkerKey(key: string): { kind: string; name: string } {
  const end = key.indexOf(':');
  return { kind: key.slice(0, end), name: key.slice(end + 1) };
}
