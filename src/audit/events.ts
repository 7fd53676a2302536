/**
 * How events are put on record. Which there are is in definitions/events.ts.
 */
import type { AuditEventType, FoldedEventType } from '../definitions/events.ts';
import type { AuditEvent } from '../storage/audit_events.ts';
import type { OnVersion } from '../storage/change_record.ts';

/** What a room records. The recorder adds `id` and `at`, unless the event may have to be recorded again. */
export type AuditRecord = Omit<AuditEvent, 'id' | 'at' | 'type'> &
  Partial<Pick<AuditEvent, 'id' | 'at'>> & {
    type: AuditEventType;
    /** What webhooks are sent besides `details`. Not recorded. */
    forReceivers?: Record<string, unknown> | undefined;
  };

/** An event that anyone can cause any number of times and that changed nothing. */
export type RepeatableRecord = Omit<AuditRecord, 'id' | 'at' | 'type' | 'forReceivers'> & {
  type: FoldedEventType;
  /** What it is about besides client, user and network. Not recorded itself. */
  subject?: string | undefined;
};

/** Who causes a change, for whom, with which request and why: what every service takes as `by`. */
export type AuditContext = { actor: string } & Pick<
  AuditEvent,
  'onBehalfOf' | 'ip' | 'requestId' | 'reason'
>;

/** The same, and the version of the record that the change is based on. */
export type ChangeContext = AuditContext & OnVersion;

/** Without what is not put on record. */
export function onRecord({
  actor,
  onBehalfOf,
  ip,
  requestId,
  reason,
}: ChangeContext): AuditContext {
  return {
    ...{ actor, ip, requestId },
    ...(onBehalfOf !== undefined && { onBehalfOf }),
    ...(reason !== undefined && { reason }),
  };
}

/** For what the server does on its own. */
export const bySystem: AuditContext = { actor: 'system' };
/** For what the declarative file says. */
export const byFile: AuditContext = { actor: 'file' };
/** For the command line, which whoever holds the store's secrets may use. */
export const byOperator: AuditContext = { actor: 'operator' };

/** The actor that a client is. */
export function asClient(clientId: string): string {
  return `client:${clientId}`;
}

/** All that most rooms need of the audit trail. Resolves when the event is durable. Throws StoreUnavailableError. */
export type AuditSink = { record(event: AuditRecord): Promise<void> };

/** For changes of records: the event is on record if, and only if, the change is made. */
export type ChangeSink = AuditSink & {
  /**
   * Makes the change by `change`, which passes the event to the store with what it writes, and answers whether it
   * wrote. Answers the same, once the event is on record; throws what `change` throws. If the process dies in between,
   * another one puts the event on record.
   */
  recordChange(
    event: AuditRecord,
    change: (event: AuditEvent) => Promise<boolean>,
  ): Promise<boolean>;
  /** The same of a change that has any number of events. */
  recordChanges(
    events: readonly AuditRecord[],
    change: (events: AuditEvent[]) => Promise<boolean>,
  ): Promise<boolean>;
};

/**
 * The same for events that may happen very often: they are counted together with similar ones
 * (repeatable_events.ts).
 */
export type RepeatableSink = { recordRepeatable(event: RepeatableRecord): Promise<void> };
