/**
 * The names of audit events. A name says what happened; `outcome` says whether it was meant to.
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

/** What a room records; the recorder adds `id` and `at`, unless the event may have to be recorded again. */
export type AuditRecord = Omit<AuditEvent, 'id' | 'at' | 'type'> &
  Partial<Pick<AuditEvent, 'id' | 'at'>> & { type: AuditEventType };

/** Something that anybody can cause any number of times, and that changed nothing. */
export type RepeatableRecord = Omit<AuditRecord, 'id' | 'at'> & {
  /** What it is about, beside client, user and network; not recorded itself. */
  subject?: string | undefined;
};

/** Who caused a change, and by which request. */
export type AuditContext = Pick<AuditEvent, 'actor' | 'ip' | 'requestId'>;

/** All that most rooms need of the audit trail. Resolves when the event is durable; StoreUnavailableError. */
export type AuditSink = { record(event: AuditRecord): Promise<void> };

/** The same for what may happen very often: it is counted with others like it (folding.ts). */
export type RepeatableSink = { recordRepeatable(event: RepeatableRecord): Promise<void> };
