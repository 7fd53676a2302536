/**
 * The types of audit events. The type says what happened, `outcome` whether it succeeded.
 */
import type { AuditEvent } from '../storage/audit_events.ts';

export const auditEventTypes = [
  'sign_in.succeeded',
  'sign_in.failed',
  'sign_in.throttled',
  'sign_out',
  'consent.granted',
  'consent.denied',
  'token.issued',
  'token.refreshed',
  'token.revoked',
  'refresh_token.reused',
  'authorization_code.reused',
  'revocation.token',
  'revocation.family',
  'revocation.grant',
  'revocation.session',
  'revocation.client',
  'revocation.user',
  'revocation.api',
  'revocation.signing_key',
  'revocation.everything',
  'revocation.api_key',
  'revocation.project',
  'revocation.api_key_tokens',
  'signing_key.created',
  'signing_key.activated',
  'signing_key.resealed',
  'signing_key.retired',
  'signing_key.revoked',
  'client.created',
  'client.updated',
  'client.secret_rotated',
  'client.disabled',
  'client.enabled',
  'client.deleted',
  'user.created',
  'user.updated',
  'user.password_changed',
  'user.disabled',
  'user.enabled',
  'user.deleted',
  'api_key.created',
  'api_key.updated',
  'api_key.disabled',
  'api_key.enabled',
  'api_key.rotated',
  'api_key.expiring',
  'api_key.leaked',
  'api_key.alert',
  'project.created',
  'project.updated',
  'project.disabled',
  'project.enabled',
  'project.deleted',
  'webhook.dropped',
] as const;

export type AuditEventType = (typeof auditEventTypes)[number];

/** What a room records. The recorder adds `id` and `at`, unless the event may have to be recorded again. */
export type AuditRecord = Omit<AuditEvent, 'id' | 'at' | 'type'> &
  Partial<Pick<AuditEvent, 'id' | 'at'>> & { type: AuditEventType };

/** An event that anyone can cause any number of times and that changed nothing. */
export type RepeatableRecord = Omit<AuditRecord, 'id' | 'at'> & {
  /** What it is about besides client, user and network. Not recorded itself. */
  subject?: string | undefined;
};

/** Who caused a change, and with which request. */
export type AuditContext = Pick<AuditEvent, 'actor' | 'ip' | 'requestId'>;

/** All that most rooms need of the audit trail. Resolves when the event is durable. Throws StoreUnavailableError. */
export type AuditSink = { record(event: AuditRecord): Promise<void> };

/**
 * The same for events that may happen very often: they are counted together with similar ones
 * (repeatable_events.ts).
 */
export type RepeatableSink = { recordRepeatable(event: RepeatableRecord): Promise<void> };
