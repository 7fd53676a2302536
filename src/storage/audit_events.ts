/**
 * Audit events: append-only, read newest first.
 */
export type AuditEvent = {
  /** Random; unique. */
  id: string;
  /** Milliseconds since the epoch. */
  at: number;
  /** Dotted name, for example `sign_in.succeeded`, `token.issued`, `refresh_token.reused`. */
  type: string;
  outcome: 'success' | 'failure';
  /** The user it is about. */
  userId?: string | undefined;
  clientId?: string | undefined;
  /** Who did it when that is not the user or the client: `operator`, `system`. */
  actor?: string | undefined;
  ip?: string | undefined;
  requestId?: string | undefined;
  /** Never a secret; fingerprints only. */
  details?: Record<string, unknown> | undefined;
};

export type AuditStore = {
  /** Durable when it resolves, all or (by a lost store) some of them; appending an event again changes nothing. */
  append(events: readonly AuditEvent[]): Promise<void>;
  /**
   * Newest first (by `at`, then id). `before` is an event's `at` in milliseconds, exclusive; with
   * `beforeId`, that event's id, the page goes on among the events of the same millisecond.
   */
  list(options: {
    before?: number | undefined;
    beforeId?: string | undefined;
    limit: number;
    type?: string | undefined;
    userId?: string | undefined;
    clientId?: string | undefined;
  }): Promise<AuditEvent[]>;
};
