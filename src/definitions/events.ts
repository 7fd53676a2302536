/**
 * The catalogue of audit events: every type, when there is one, and what it has. The type says what happened; the event's
 * `outcome` says whether it succeeded. Documentation, configuration and types are derived from these rows.
 */

/** What an event has beside id, time, type, outcome, address, request and actor. `change`: `before` and `after`. */
type EventField = 'user' | 'client' | 'target' | 'change';

type EventDefinition = {
  /** As Markdown, as all here. */
  when: string;
  has: readonly EventField[];
  /** What is in its `details`. */
  details?: string;
  /**
   * `notice`: somebody should look at it, so that webhooks are sent it unless they choose otherwise. `folded`: anybody
   * can cause any number of them, so that those that are alike are one event with a count (audit/repeatable_events.ts).
   */
  is?: 'notice' | 'folded';
};

/** Of a revocation. */
const ended =
  '`reason`, and how much it ended: `tokens`, `client_blocks`, `records`, `api_keys`; `effective_within`';

const events = {
  'sign_in.succeeded': {
    when: 'a person signed in',
    has: ['user', 'client'],
    details: '`acr`, `amr`; `provider`, where another provider said who it is',
  },
  'sign_in.failed': {
    when: 'a sign-in failed: wrong password, unknown or disabled user, or another provider proved nobody who has an account here',
    has: ['client'],
    details: '`provider`, where it was at another provider',
    is: 'folded',
  },
  'sign_in.throttled': {
    when: 'a sign-in was refused unchecked, after too many that failed',
    has: ['client'],
    is: 'folded',
  },
  'sign_in.second_factor_failed': {
    when: 'a code of a second factor was wrong, or there were too many that were',
    has: ['user', 'client'],
    is: 'folded',
  },
  sign_out: { when: 'a person signed out', has: ['user', 'client'] },
  'consent.granted': {
    when: 'a person allowed a client what it asked for, or some of it',
    has: ['user', 'client'],
    details: 'what was granted and what was not',
  },
  'consent.denied': {
    when: 'a person, or somebody who has not signed in, declined',
    has: ['user', 'client'],
    is: 'folded',
  },
  'token.issued': {
    when: 'a token was issued',
    has: ['user', 'client'],
    details: '`grant_type`, and what else tells tokens of this grant apart',
  },
  'token.refreshed': {
    when: 'tokens were issued for a refresh token',
    has: ['user', 'client'],
    details: '`grant_type`',
  },
  'token.revoked': {
    when: 'a client revoked one of its tokens (RFC 7009)',
    has: ['user', 'client', 'target'],
    details: '`kind`, `token` (a fingerprint), what ended with it',
  },
  'refresh_token.reused': {
    when: 'a spent refresh token came again: its family has ended',
    has: ['user', 'client'],
    details: 'the token family',
    is: 'folded',
  },
  'authorization_code.reused': {
    when: 'a spent authorization code came again: what came of it has ended',
    has: ['user', 'client'],
    details: 'the token family',
    is: 'folded',
  },
  'revocation.token': {
    when: 'one access token was revoked',
    has: ['user', 'client', 'target'],
    details: ended,
  },
  'revocation.family': {
    when: 'a refresh token or a code was revoked, with all that came of it',
    has: ['user', 'client', 'target'],
    details: ended,
  },
  'revocation.grant': {
    when: 'what a person allowed a client was revoked',
    has: ['user', 'client', 'target'],
    details: ended,
  },
  'revocation.session': {
    when: 'a session was revoked',
    has: ['user', 'client', 'target'],
    details: ended,
  },
  'revocation.client': {
    when: 'all tokens and grants of a client were revoked',
    has: ['user', 'client', 'target'],
    details: ended,
  },
  'revocation.user': {
    when: 'all tokens, grants and sessions of a user were revoked',
    has: ['user', 'client', 'target'],
    details: ended,
  },
  'revocation.api': {
    when: 'all access tokens for an API were revoked',
    has: ['target'],
    details: ended,
  },
  'revocation.signing_key': {
    when: 'a signing key was revoked, with all that it signed',
    has: ['target'],
    details: ended,
  },
  'revocation.everything': {
    when: 'all tokens and sessions were revoked',
    has: [],
    details: ended,
  },
  'revocation.api_key': {
    when: 'an API key was revoked, with the tokens that it was exchanged for',
    has: ['user', 'client', 'target'],
    details: ended,
  },
  'revocation.project': {
    when: 'all API keys of a project were revoked, with the tokens that they were exchanged for',
    has: ['target'],
    details: ended,
  },
  'revocation.api_key_tokens': {
    when: 'the tokens that an API key was exchanged for were revoked; the key stays',
    has: ['user', 'client', 'target'],
    details: ended,
  },
  'signing_key.created': {
    when: 'a signing key was made',
    has: ['target'],
    details: '`kid`, `reason`',
  },
  'signing_key.advanced': {
    when: 'the next signing key is to sign as soon as verifiers can have it: somebody asked for a rotation',
    has: ['target'],
    details: '`kid`, `reason`',
  },
  'signing_key.activated': {
    when: 'a signing key signs from now on',
    has: ['target'],
    details: '`kid`, `reason`',
  },
  'signing_key.resealed': {
    when: 'a signing key was sealed with another master secret',
    has: ['target'],
    details: '`kid`, `reason`',
  },
  'signing_key.retired': {
    when: 'a signing key is no longer needed by anybody',
    has: ['target'],
    details: '`kid`, `reason`',
  },
  'signing_key.revoked': {
    when: 'a signing key was removed from the JWKS at once',
    has: ['target'],
    details: '`kid`, `reason`',
  },
  'client.created': {
    when: 'a client was made, or a client that registered itself was given operator bounds',
    has: ['client', 'target', 'change'],
  },
  'client.updated': { when: 'a client was changed', has: ['client', 'target', 'change'] },
  'client.secret_rotated': {
    when: 'a client has a new secret',
    has: ['client', 'target', 'change'],
  },
  'client.disabled': { when: 'a client was disabled', has: ['client', 'target', 'change'] },
  'client.enabled': { when: 'a client was enabled', has: ['client', 'target', 'change'] },
  'client.deleted': { when: 'a client was deleted', has: ['client', 'target', 'change'] },
  'api.created': { when: 'an API was made', has: ['target', 'change'] },
  'api.updated': { when: 'an API was changed', has: ['target', 'change'] },
  'api.disabled': { when: 'an API was disabled', has: ['target', 'change'] },
  'api.enabled': { when: 'an API was enabled', has: ['target', 'change'] },
  'api.deleted': { when: 'an API was deleted', has: ['target', 'change'] },
  'group.created': { when: 'a group was described', has: ['target', 'change'] },
  'group.updated': { when: 'the description of a group was changed', has: ['target', 'change'] },
  'group.deleted': { when: 'the description of a group was deleted', has: ['target', 'change'] },
  'authenticator.added': {
    when: 'a person has another way to sign in',
    has: ['user', 'target'],
    details: '`kind`, `name`; `replaces`, where it took the place of one',
    is: 'notice',
  },
  'authenticator.renamed': {
    when: 'a person calls a way to sign in something else',
    has: ['user', 'target'],
    details: '`kind`, `name`',
  },
  'authenticator.removed': {
    when: 'a way to sign in was removed',
    has: ['user', 'target'],
    details: '`kind`, `name`',
    is: 'notice',
  },
  'second_factors.removed': {
    when: 'an operator removed all second factors of a person, and ended their sessions',
    has: ['user', 'target'],
    details: '`authenticator_apps`, `passkeys`: how many there were',
    is: 'notice',
  },
  'setup_link.made': {
    when: 'an operator made a link with which a person sets up a new second factor',
    has: ['user'],
    is: 'notice',
  },
  'setup_link.withdrawn': { when: 'an operator withdrew such a link', has: ['user'] },
  'setup_link.used': { when: 'a person set up a new second factor with it', has: ['user'] },
  'invitation.made': {
    when: 'an operator had an invitation sent: whoever reads mail at the address can make an account',
    has: ['target'],
    details: '`address`, in part; the `groups` and `roles` that the account gets',
  },
  'invitation.withdrawn': {
    when: 'an operator withdrew an invitation',
    has: ['target'],
    details: '`address`, in part; `groups`, `roles`',
  },
  'invitation.accepted': {
    when: 'a person made an account with an invitation',
    has: ['user', 'target'],
    details: '`address`, in part; the `groups` and `roles` that the account got',
  },
  'trusted_browser.added': {
    when: 'a person wants no second factor in a browser for some time',
    has: ['user'],
  },
  'trusted_browser.ended': {
    when: 'a person ended that for a browser, or for all',
    has: ['user'],
    details: '`count`',
  },
  'passkey.counted_back': {
    when: 'a passkey was refused, as its count went back: a copy of it may be in use',
    has: ['user', 'target'],
    details: '`name`, `counted` before, `now`',
    is: 'notice',
  },
  'recovery_codes.renewed': {
    when: 'a person has new recovery codes; the old ones are void',
    has: ['user', 'target'],
  },
  'recovery_code.used': {
    when: 'a recovery code was spent',
    has: ['user', 'target'],
    is: 'notice',
  },
  'user.created': { when: 'a user was made', has: ['user', 'target', 'change'] },
  'user.updated': { when: 'a user was changed', has: ['user', 'target', 'change'] },
  'user.password_changed': {
    when: 'a user has another password',
    has: ['user', 'target', 'change'],
  },
  'user.password_removed': {
    when: 'a person has no password any more, and signs in with passkeys',
    has: ['user', 'target', 'change'],
    is: 'notice',
  },
  'user.password_rehashed': {
    when: 'a user keeps the password, under a better hash',
    has: ['user', 'client', 'target'],
    details: '`from`: the kind of hash that it had',
  },
  'user.email_requested': {
    when: 'a person asked for another mail address, and has to confirm it',
    has: ['user', 'target', 'change'],
  },
  'user.email_withdrawn': {
    when: 'a person no longer wants that address',
    has: ['user', 'target', 'change'],
  },
  'user.email_changed': {
    when: 'a person has confirmed a new mail address',
    has: ['user', 'target', 'change'],
    is: 'notice',
  },
  'user.email_restored': {
    when: 'whoever reads the old mail address took such a change back; all sessions have ended',
    has: ['user', 'target', 'change'],
    is: 'notice',
  },
  'user.disabled': { when: 'a user was disabled', has: ['user', 'target', 'change'] },
  'user.enabled': { when: 'a user was enabled', has: ['user', 'target', 'change'] },
  'user.deletion_requested': {
    when: 'a person asked to delete their account: it is blocked, and removed later',
    has: ['user', 'target', 'change'],
  },
  'user.deletion_cancelled': {
    when: 'a person signed in to an account that was to be deleted: it stays',
    has: ['user', 'target', 'change'],
  },
  'user.deleted': { when: 'a user was deleted', has: ['user', 'target', 'change'] },
  'api_key.created': {
    when: 'an API key was made',
    has: ['user', 'target', 'change'],
    details: 'those of the key',
  },
  'api_key.updated': {
    when: 'an API key was changed',
    has: ['user', 'target', 'change'],
    details: 'those of the key, `changed`: the fields that the request named',
  },
  'api_key.disabled': {
    when: 'an API key was disabled',
    has: ['user', 'target', 'change'],
    details: 'those of the key',
  },
  'api_key.enabled': {
    when: 'an API key was enabled',
    has: ['user', 'target', 'change'],
    details: 'those of the key',
  },
  'api_key.rotated': {
    when: 'an API key has a successor',
    has: ['user', 'target', 'change'],
    details: 'those of the key, `successor`, `overlap` in seconds',
  },
  'api_key.expiring': {
    when: 'a key ends soon (`api_keys.expiry_notice`), within a minute or two; also one that was made for less',
    has: ['user'],
    details: 'those of the key, `expires_at`',
    is: 'notice',
  },
  'api_key.leaked': {
    when: 'somebody found a key',
    has: ['user'],
    details: 'those of the key, `source`, `url`, `place`, `action`: `revoked` or `reported`',
    is: 'notice',
  },
  'api_key.alert': {
    when: 'a key is used in an unusual way',
    has: ['user'],
    details:
      'those of the key, `what`, and `network`, `calls_in_minute` and `usual_calls_in_minute`, or `denied_in_minute`',
    is: 'notice',
  },
  'project.created': {
    when: 'a project was made',
    has: ['target', 'change'],
    details: '`project_id`, `name`, `api`',
  },
  'project.updated': {
    when: 'a project was changed',
    has: ['target', 'change'],
    details: '`project_id`, `name`, `api`',
  },
  'project.disabled': {
    when: 'a project was disabled',
    has: ['target', 'change'],
    details: '`project_id`, `name`, `api`',
  },
  'project.enabled': {
    when: 'a project was enabled',
    has: ['target', 'change'],
    details: '`project_id`, `name`, `api`',
  },
  'project.deleted': {
    when: 'a project was deleted',
    has: ['target', 'change'],
    details: '`project_id`, `name`, `api`',
  },
  'settings.updated': { when: 'a setting was changed', has: ['target', 'change'] },
  'tier.created': { when: 'a tier of API keys was made', has: ['target', 'change'] },
  'tier.updated': {
    when: 'the limits of a tier were changed, or which tier is the default',
    has: ['target', 'change'],
  },
  'tier.deleted': { when: 'a tier of API keys was deleted', has: ['target', 'change'] },
  'webhook.created': { when: 'a webhook was made', has: ['target', 'change'] },
  'webhook.updated': { when: 'a webhook was changed', has: ['target', 'change'] },
  'webhook.secret_rotated': { when: 'a webhook has a new secret', has: ['target', 'change'] },
  'webhook.deleted': { when: 'a webhook was deleted', has: ['target', 'change'] },
  'webhook.dropped': {
    when: 'a receiver did not take an event for a day, or refused it for good',
    has: ['target'],
    details: '`webhook` (its host), `message`, `event`, `attempts`, `reason`',
  },
  'mail.sent': {
    when: 'the mail server took a mail',
    has: ['user', 'target'],
    details: '`mail` (its id), `template`, `attempts`',
  },
  'mail.dropped': {
    when: 'a mail was given up: the server refused it for good, or took it not in time',
    has: ['user', 'target'],
    details: '`mail`, `template`, `attempts`, `reason` (what the server said)',
    is: 'notice',
  },
  'operator.added': {
    when: 'a person became an operator',
    has: ['user', 'target', 'change'],
  },
  'operator.changed': {
    when: 'an operator has another role, or other projects',
    has: ['user', 'target', 'change'],
  },
  'operator.removed': {
    when: 'a person is no longer an operator',
    has: ['user', 'target', 'change'],
  },
  'admin.denied': {
    when: 'somebody asked the admin API for something that they may not do',
    has: ['user'],
    details: '`operation`, and the `scope` that it needs',
    is: 'folded',
  },
} as const satisfies Record<string, EventDefinition>;

type Events = typeof events;
type EventsThatAre<Kind> = {
  [Type in keyof Events]: Events[Type] extends { is: Kind } ? Type : never;
}[keyof Events];

export type AuditEventType = keyof Events;
/** What is recorded by RepeatableSink, and by nothing else. */
export type FoldedEventType = EventsThatAre<'folded'>;

export const auditEventTypes = Object.keys(events) as AuditEventType[];

export const auditEventCatalogue = Object.entries<EventDefinition>(events).map(
  ([type, definition]) => ({ type: type as AuditEventType, ...definition }),
);

/** What a webhook is sent that does not say what it wants. */
export const noticeTypes: readonly AuditEventType[] = auditEventCatalogue.flatMap(({ type, is }) =>
  is === 'notice' ? [type] : [],
);

/** Whether `pattern` (`api_key.leaked`, or `api_key.*` for all that begin with `api_key.`) is about this type. */
export function isEventMeant(pattern: string, type: string): boolean {
  return pattern.endsWith('.*') ? type.startsWith(pattern.slice(0, -1)) : pattern === type;
}
