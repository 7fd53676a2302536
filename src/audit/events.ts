/**
 * How events are put on record. Which there are is in definitions/events.ts.
 */
import type { AuditEventType, WebhookEventType } from '../definitions/events.ts';
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
  /** Webhooks hear of each event, and there are too many of these. */
  type: Exclude<AuditEventType, WebhookEventType>;
  /** What it is about besides client, user and network. Not recorded itself. */
  subject?: string | undefined;
};

/** Who caused a change, and with which request. */
export type AuditContext = Pick<AuditEvent, 'actor' | 'ip' | 'requestId'>;

/** The same, and the version of the record that the change is based on. */
export type ChangeContext = AuditContext & OnVersion;

/** Without what is not put on record. */
export function onRecord({ expectedVersion: _version, ...by }: ChangeContext): AuditContext {
  return by;
}

/** For what the server does on its own, such as applying the declarative file. */
export const bySystem: AuditContext = { actor: 'system' };

/** All that most rooms need of the audit trail. Resolves when the event is durable. Throws StoreUnavailableError. */
export type AuditSink = { record(event: AuditRecord): Promise<void> };

/**
 * The same for events that may happen very often: they are counted together with similar ones
 * (repeatable_events.ts).
 */
export type RepeatableSink = { recordRepeatable(event: RepeatableRecord): Promise<void> };
