/**
 * Deliveries that wait for their receiver: a queue that all processes and nodes put into and take from. It remembers
 * what is done, so that an event that two processes tell is one delivery.
 */
export type WebhookDelivery = {
  /** Unique: the same event for the same endpoint has the same. */
  id: string;
  /** Whom it is for: a name that the caller derives from the address. */
  endpoint: string;
  /** The message's id, the same for all its endpoints. */
  message: string;
  /** What is sent, to the letter. */
  payload: string;
  /** How often it was claimed. */
  attempts: number;
  /** Why the last attempt failed, as it was put off: `status 500`. Absent: none has failed yet, or from before this was kept. */
  failure?: string | undefined;
  createdAt: number;
  /** When it may be claimed (next). Milliseconds since the epoch, as all here. */
  dueAt: number;
  /** From then on nobody is given it, and a purge removes it. */
  expiresAt: number;
};

export type WebhookDeliveryStore = {
  /** Inserts all in one write; those whose id is there stay as they are. */
  add(deliveries: readonly WebhookDelivery[]): Promise<void>;
  /**
   * Takes at most `limit` of an endpoint that are due at `now`, the longest due first: each counts one more
   * attempt and is due at `until`, unless it is removed or put off before. Of any number of callers on any
   * node one gets each.
   */
  claim(options: {
    endpoint: string;
    now: number;
    until: number;
    limit: number;
  }): Promise<WebhookDelivery[]>;
  /**
   * Sets when it is due again, and why; without a `failure` the last one stays. False when it is finished, gone, or was
   * claimed anew since it had `attempts`.
   */
  putOff(
    id: string,
    attempts: number,
    later: { dueAt: number; failure?: string | undefined },
  ): Promise<boolean>;
  /**
   * What an endpoint has not got yet and is still to get, the oldest first (by `createdAt`, then id), after the one
   * with `after`'s time and id.
   */
  waiting(options: {
    endpoint: string;
    now: number;
    after?: { createdAt: number; id: string } | undefined;
    limit: number;
  }): Promise<WebhookDelivery[]>;
  /** It is never due again. Until it expires its id stays taken; its payload goes at once. */
  finish(id: string): Promise<void>;
};
