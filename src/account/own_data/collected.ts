/**
 * Everything that is kept of a person, as a file for themselves: nothing in it opens anything, and nothing is of others.
 */

import type { TrustedBrowser } from '../../authentication/room.ts';
import { deviceOf } from '../../oidc/room.ts';
import type { ApiKeyRecord } from '../../storage/api_keys.ts';
import type { Artifact } from '../../storage/artifacts.ts';
import type { AuditEvent, AuditPlace } from '../../storage/audit_events.ts';
import { ownAddressOf } from '../activity/own_events.ts';
import { readKeys } from '../api_keys/own_keys.ts';
import { type GrantedApp, readApps } from '../apps/granted_apps.ts';
import type { AccountRequest } from '../page.ts';
import { readSessions } from '../sessions/live_sessions.ts';

/** What one reading takes. */
const pageSize = 200;
/** The newest; of more, a request would take too long. */
const mostEvents = 10_000;
const mostSessions = 2000;

type Owned = NonNullable<AccountRequest['owned']>;
type Reader = Pick<AccountRequest, 'person' | 'owned' | 'services' | 'now'>;

export async function collectData(reader: Reader): Promise<Record<string, unknown>> {
  const { services, now } = reader;
  const { trustedBrowsers } = services.authentication;
  const [browsers, sessions, apps, keys, events] = await Promise.all([
    trustedBrowsers.list(reader.person),
    allSessions(reader),
    readApps(reader),
    readKeys(reader),
    newestEvents(reader),
  ]);
  const uses = await services.apiKeys.lastUses(keys.map(({ id }) => id));
  return {
    issuer: services.issuer,
    exported_at: timeOf(now),
    profile: profileOf(reader.person),
    ways_to_sign_in: waysOf(reader.owned),
    trusted_browsers: browsers.map(browserOf),
    sessions: sessions.map(sessionOf),
    apps: apps.map(appOf),
    api_keys: keys.map((key) => keyOf(key, uses.get(key.id))),
    events: events.map((event) => eventOf(event, reader.person.id)),
  };
}

async function allSessions(reader: Reader): Promise<Artifact[]> {
  const found: Artifact[] = [];
  let after: string | undefined;
  do {
    const { sessions, next } = await readSessions(reader, { limit: pageSize, after });
    found.push(...sessions);
    after = next;
  } while (after !== undefined && found.length < mostSessions);
  return found;
}

async function newestEvents({ person, services }: Reader): Promise<AuditEvent[]> {
  const found: AuditEvent[] = [];
  let place: AuditPlace | undefined;
  do {
    const { events, next } = await services.store.audit.search({
      ...{ userId: person.id, limit: pageSize },
      ...(place && { before: place.at, beforeId: place.id }),
    });
    found.push(...events);
    place = next;
  } while (place && found.length < mostEvents);
  return found;
}

function profileOf(person: Reader['person']) {
  const { id, username, email, emailVerified, claims, groups = [], roles } = person;
  return {
    ...{ id, username, email, email_verified: emailVerified, claims, groups, roles },
    requested_email: person.emailRequest?.email,
    former_emails: person.formerEmails?.map((former) => ({
      ...{ email: former.email, restorable_until: timeOf(former.until) },
    })),
    created_at: timeOf(person.createdAt),
    updated_at: timeOf(person.updatedAt),
    password_changed_at: timeOf(person.passwordChangedAt),
  };
}

function waysOf({ totps, passkeys, identities, recoveryCodes }: Partial<Owned> = {}) {
  const common = ({ createdAt, lastUsedAt }: { createdAt: number; lastUsedAt?: number }) => ({
    ...{ created_at: timeOf(createdAt), last_used_at: timeOf(lastUsedAt) },
  });
  return {
    authenticator_apps: totps?.map((app) => ({ name: app.name, ...common(app) })) ?? [],
    passkeys: passkeys?.map((passkey) => ({ name: passkey.name, ...common(passkey) })) ?? [],
    identities:
      identities?.map((identity) => {
        const { provider, label } = identity;
        return { provider, label, ...common(identity) };
      }) ?? [],
    recovery_codes_left: recoveryCodes?.hashes.length ?? 0,
  };
}

function browserOf({ userAgent, ip, trustedAt, expiresAt }: TrustedBrowser) {
  return {
    ...{ user_agent: userAgent, ip },
    ...{ trusted_at: timeOf(trustedAt), expires_at: timeOf(expiresAt) },
  };
}

function sessionOf(session: Artifact) {
  const { userAgent, ip, beganAt, seenAt } = deviceOf(session) ?? {};
  return {
    ...{ user_agent: userAgent, ip },
    ...{ began_at: timeOf(beganAt), last_used_at: timeOf(seenAt) },
  };
}

function appOf({ clientId, grants, lastUsedAt }: GrantedApp) {
  return {
    client_id: clientId,
    grants: grants.map(({ payload }) => {
      const { iat, openid, resources } = payload as {
        iat?: number;
        openid?: { scope?: string };
        resources?: Record<string, string>;
      };
      const since = iat === undefined ? undefined : timeOf(iat * 1000);
      return { since, scope: openid?.scope, scope_by_api: resources };
    }),
    last_used_at: timeOf(lastUsedAt),
  };
}

function keyOf(key: ApiKeyRecord, lastUsedAt: number | undefined) {
  const { name, api, environment, scopes, display } = key;
  return {
    ...{ name, api, environment, scopes, display: `${display.start}…${display.end}` },
    ...{ created_at: timeOf(key.createdAt), expires_at: timeOf(key.expiresAt) },
    ...{ revoked_at: timeOf(key.revokedAt), last_used_at: timeOf(lastUsedAt) },
  };
}

/** Who else did it, where from and why, is not the person's. */
function eventOf(event: AuditEvent, userId: string) {
  const { at, type, outcome, clientId, count, lastAt } = event;
  return {
    ...{ at: timeOf(at), type, outcome, client_id: clientId, ip: ownAddressOf(event, userId) },
    ...{ count, last_at: timeOf(lastAt) },
  };
}

/** ISO 8601, which JSON leaves out where there is none. */
function timeOf(at: number | undefined): string | undefined {
  return at === undefined ? undefined : new Date(at).toISOString();
}
