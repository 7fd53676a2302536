/**
 * The register of the chains that audit events are linked in: each in its place, with how far it has come. What a
 * chain is and what its seal covers is in audit/.
 */
export type AuditChain = {
  /** Random, never reused. */
  id: string;
  /** From 1, without gaps, in the order in which chains were begun. */
  position: number;
  /** Which key its seals are made with. */
  key: string;
  /** Milliseconds since the epoch. */
  startedAt: number;
  /** The number of its last event that is known to be kept; 0: none yet. */
  number: number;
  /** The greatest `at` of its events so far (ms). */
  latest: number;
  /** The seal of that last event; empty without one. */
  last: string;
  /** Covers all of this. */
  seal: string;
};

export type AuditChainStore = {
  /** False, and no change, when the id or the position is taken. */
  add(chain: AuditChain): Promise<boolean>;
  /** Replaces the chain of this id unless the store knows a greater `number` of it. False when there is none. */
  advance(chain: AuditChain): Promise<boolean>;
  /** Ascending by position, after `after`. */
  list(options: { after?: number | undefined; limit: number }): Promise<AuditChain[]>;
  /** The one with the greatest position. */
  newest(): Promise<AuditChain | undefined>;
  /** Removes at most `limit` chains before this position, the first ones; answers how many. */
  removeBefore(position: number, limit: number): Promise<number>;
};
