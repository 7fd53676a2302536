/**
 * Audit events: append-only, read newest first.
 */
import { filteredPages, type Link } from './filtered_pages.ts';

/** What a change was made to. */
export type AuditTarget = {
  kind:
    | 'api'
    | 'api_key'
    | 'client'
    | 'grant'
    | 'group'
    | 'operator'
    | 'project'
    | 'session'
    | 'settings'
    | 'signing_key'
    | 'token'
    | 'user'
    | 'webhook';
  id: string;
};

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
  /**
   * Who did it: `user:<id>`, `client:<id>`, `api_key:<id>`, `operator` (the command line), `file` (the declarative file),
   * `system` (Cardea by itself). Absent: the user or the client that it is about.
   */
  actor?: string | undefined;
  /** For whom the actor did it, in the same form. */
  onBehalfOf?: string | undefined;
  /** Of a change. */
  target?: AuditTarget | undefined;
  /** The members of the target that a change touched, as they were and as they are; never a secret or its hash. */
  before?: Record<string, unknown> | undefined;
  after?: Record<string, unknown> | undefined;
  /** Why, as whoever did it said. */
  reason?: string | undefined;
  ip?: string | undefined;
  requestId?: string | undefined;
  /** Never a secret; fingerprints only. */
  details?: Record<string, unknown> | undefined;
  /** How many it stands for, where events that are alike were folded into the first of them. */
  count?: number | undefined;
  /** Milliseconds since the epoch: when the last of those was; `at` is when the first was. */
  lastAt?: number | undefined;
};

/** One that is added to others like it: those have its `id` and its `at`. */
export type FoldedEvent = AuditEvent & { count: number; lastAt: number };

export type AuditStore = {
  /**
   * Durable when it resolves, all or (by a lost store) some of them; appending an event again changes nothing.
   * Those that no response waits for, as a rule, are `routine`: an engine may write them apart from what requests do.
   */
  append(events: readonly AuditEvent[], options?: { routine?: boolean }): Promise<void>;
  /**
   * Adds each event's `count` to that of the same `id`, which otherwise stays as it is but for its `lastAt`;
   * appends the event where there is none. Atomic for each, durable when it resolves. An `id` comes once in a call.
   */
  fold(events: readonly FoldedEvent[]): Promise<void>;
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

type AuditQuery = Parameters<AuditStore['list']>[0];

/** What one index answers: all, or those with one link, before a place. */
export type AuditPage = Pick<AuditQuery, 'before' | 'beforeId' | 'limit'> & {
  link: Link<'user_id' | 'client_id' | 'type'>;
};

/** AuditStore.list, of pages that each go by one index: what a person or a client did, or else what happened. */
export function auditPages(
  { before, beforeId, limit, type, userId, clientId }: AuditQuery,
  read: (page: AuditPage) => Promise<AuditEvent[]>,
): Promise<AuditEvent[]> {
  return filteredPages({
    conditions: [
      { name: 'userId', column: 'user_id', value: userId },
      { name: 'clientId', column: 'client_id', value: clientId },
      { name: 'type', column: 'type', value: type },
    ],
    limit,
    read: (link, after, size) => {
      const place = after ? { before: after.at, beforeId: after.id } : { before, beforeId };
      return read({ link, ...place, limit: size });
    },
  });
}
