/**
 * Every audit event type, and which of them webhooks deliver. The type says what happened; the event's `outcome` says
 * whether it succeeded. Documentation, configuration and types are derived from these rows.
 */

type EventDefinition = {
  /**
   * Set if webhooks deliver it: when, and its data, as Markdown for the documentation. The data are the event's
   * `details`, `client_id` and `user_id`, and what the room that records it adds in `forReceivers`.
   */
  webhook?: { when: string; data: string };
};

const events = {
  'sign_in.succeeded': {},
  'sign_in.failed': {},
  'sign_in.throttled': {},
  sign_out: {},
  'consent.granted': {},
  'consent.denied': {},
  'token.issued': {},
  'token.refreshed': {},
  'token.revoked': {},
  'refresh_token.reused': {},
  'authorization_code.reused': {},
  'revocation.token': {},
  'revocation.family': {},
  'revocation.grant': {},
  'revocation.session': {},
  'revocation.client': {},
  'revocation.user': {},
  'revocation.api': {},
  'revocation.signing_key': {},
  'revocation.everything': {},
  'revocation.api_key': {},
  'revocation.project': {},
  'revocation.api_key_tokens': {},
  'signing_key.created': {},
  'signing_key.activated': {},
  'signing_key.resealed': {},
  'signing_key.retired': {},
  'signing_key.revoked': {},
  'client.created': {},
  'client.updated': {},
  'client.secret_rotated': {},
  'client.disabled': {},
  'client.enabled': {},
  'client.deleted': {},
  'api.created': {},
  'api.updated': {},
  'api.disabled': {},
  'api.enabled': {},
  'api.deleted': {},
  'user.created': {},
  'user.updated': {},
  'user.password_changed': {},
  'user.password_rehashed': {},
  'user.disabled': {},
  'user.enabled': {},
  'user.deleted': {},
  'api_key.created': {},
  'api_key.updated': {},
  'api_key.disabled': {},
  'api_key.enabled': {},
  'api_key.rotated': {},
  'api_key.expiring': {
    webhook: {
      when: 'a key ends soon (`api_keys.expiry_notice`), within a minute or two; also one that was made for less',
      data: 'those of the key, `expires_at`',
    },
  },
  'api_key.leaked': {
    webhook: {
      when: 'somebody found a key',
      data: 'those of the key, `source`, `url`, `place`, `action`: `revoked` or `reported`',
    },
  },
  'api_key.alert': {
    webhook: {
      when: 'a key is used in an unusual way',
      data: 'those of the key, `what`, and `network`, `calls_in_minute` and `usual_calls_in_minute`, or `denied_in_minute`',
    },
  },
  'project.created': {},
  'project.updated': {},
  'project.disabled': {},
  'project.enabled': {},
  'project.deleted': {},
  'settings.updated': {},
  'webhook.created': {},
  'webhook.updated': {},
  'webhook.secret_rotated': {},
  'webhook.deleted': {},
  'webhook.dropped': {},
} as const satisfies Record<string, EventDefinition>;

type Events = typeof events;

export type AuditEventType = keyof Events;
export type WebhookEventType = {
  [Type in AuditEventType]: Events[Type] extends { webhook: object } ? Type : never;
}[AuditEventType];

export const auditEventTypes = Object.keys(events) as AuditEventType[];

export function isWebhookEvent(type: AuditEventType): type is WebhookEventType {
  return 'webhook' in events[type];
}

export const webhookEvents = Object.entries<EventDefinition>(events).flatMap(
  ([type, { webhook }]) => (webhook ? [{ type: type as WebhookEventType, ...webhook }] : []),
);
