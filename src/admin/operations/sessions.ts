/**
 * Operations on what people are signed in with: browser sessions, and what they have allowed to clients.
 */
import { z } from 'zod';
import { onRecord } from '../../audit/room.ts';
import { iso } from '../../clock.ts';
import { maxLength } from '../../definitions/lengths.ts';
import { CardeaError } from '../../errors.ts';
import { endBrowserSession } from '../../oidc/room.ts';
import { type Artifact, indexedKinds } from '../../storage/artifacts.ts';
import { revocationOf } from '../../tokens/room.ts';
import { acknowledged } from '../acknowledged_revocations.ts';
import { operation } from '../operation.ts';
import { instant, nothing, pageOf, pageQuery } from '../schemas.ts';
import type { AdminServices } from '../services.ts';
import { revocationResult } from '../views/revocation_view.ts';

const tag = 'Sessions and grants';
const id = z.string().min(1).max(maxLength.uri);
const ofUser = z.strictObject({ user_id: id });
const oneSession = z.strictObject({ user_id: id, session_id: id });
const oneGrant = z.strictObject({ grant_id: id });

const session = z
  .object({
    id: z.string().describe('Names the session here; nobody can sign in with it.'),
    user_id: z.string(),
    signed_in_at: instant.optional(),
    expires_at: instant,
    clients: z.array(z.string()).describe('Where the person was signed in with it.'),
  })
  .meta({ id: 'Session' });

const grant = z
  .object({
    id: z.string(),
    user_id: z.string().optional(),
    client_id: z.string().optional(),
    scopes: z.array(z.string()).describe('Of OpenID Connect and of each API.'),
    expires_at: instant,
  })
  .meta({ id: 'Grant' });

export const listSessions = operation({
  id: 'listSessions',
  method: 'GET',
  path: '/users/{user_id}/sessions',
  tag,
  summary: "List a user's sessions",
  scope: 'sessions:read',
  params: ofUser,
  query: z.strictObject(pageQuery),
  body: z.undefined(),
  result: pageOf(session),
  async run({ params, query, now, services }) {
    const selector = { kind: indexedKinds.session, accountId: params.user_id };
    const { items, next } = await services.store.artifacts.list(selector, { ...query, now });
    return { result: { items: items.map(sessionView), next: next ?? null } };
  },
});

/** A live session of this user. Throws CardeaError `not_found`. */
const foundSession = async (
  { user_id, session_id }: { user_id: string; session_id: string },
  { services, now }: { services: AdminServices; now: number },
) => {
  const found = await services.store.artifacts.find(indexedKinds.session, session_id, now);
  const { sessionUid } = found ?? {};
  if (!found || !sessionUid || found.accountId !== user_id) throw notFound('session');
  return { ...found, sessionUid };
};

/** A live grant. Throws CardeaError `not_found`. */
const foundGrant = async (
  grantId: string,
  { services, now }: { services: AdminServices; now: number },
) => {
  const found = await services.store.artifacts.find(indexedKinds.grant, grantId, now);
  if (!found) throw notFound('grant');
  return found;
};

export const getSession = operation({
  id: 'getSession',
  method: 'GET',
  path: '/users/{user_id}/sessions/{session_id}',
  tag,
  summary: "Read one of a user's sessions",
  scope: 'sessions:read',
  params: oneSession,
  query: nothing,
  body: z.undefined(),
  result: session,
  run: async ({ params, ...moment }) => ({
    result: sessionView(await foundSession(params, moment)),
  }),
});

export const endSession = operation({
  id: 'endSession',
  method: 'POST',
  path: '/users/{user_id}/sessions/{session_id}/end',
  tag,
  summary: "End one of a user's sessions",
  description: 'What apps got with `offline_access` stays: its grant can be revoked.',
  scope: 'sessions:write',
  events: ['revocation.session'],
  params: oneSession,
  query: nothing,
  body: nothing,
  result: revocationResult,
  async run({ params, by, now, services }) {
    const found = await foundSession(params, { services, now });
    const { killSwitches } = await services.switches();
    const { artifacts } = services.store;
    const outcome = await endBrowserSession(found, { killSwitches, artifacts }, onRecord(by));
    return { result: await acknowledged({ session: found.id }, outcome, services) };
  },
});

export const listGrantsOfUser = operation({
  id: 'listGrantsOfUser',
  method: 'GET',
  path: '/users/{user_id}/grants',
  tag,
  summary: 'List what a user has allowed to clients',
  scope: 'sessions:read',
  params: ofUser,
  query: z.strictObject(pageQuery),
  body: z.undefined(),
  result: pageOf(grant),
  async run({ params, query, now, services }) {
    const selector = { kind: indexedKinds.grant, accountId: params.user_id };
    const { items, next } = await services.store.artifacts.list(selector, { ...query, now });
    return { result: { items: items.map(grantView), next: next ?? null } };
  },
});

export const listGrantsOfClient = operation({
  id: 'listGrantsOfClient',
  method: 'GET',
  path: '/clients/{client_id}/grants',
  tag,
  summary: 'List what users have allowed to a client',
  scope: 'sessions:read',
  params: z.strictObject({ client_id: id }),
  query: z.strictObject(pageQuery),
  body: z.undefined(),
  result: pageOf(grant),
  async run({ params, query, now, services }) {
    const selector = { kind: indexedKinds.grant, clientId: params.client_id };
    const { items, next } = await services.store.artifacts.list(selector, { ...query, now });
    return { result: { items: items.map(grantView), next: next ?? null } };
  },
});

export const getGrant = operation({
  id: 'getGrant',
  method: 'GET',
  path: '/grants/{grant_id}',
  tag,
  summary: 'Read what a user has allowed to a client',
  scope: 'sessions:read',
  params: oneGrant,
  query: nothing,
  body: z.undefined(),
  result: grant,
  run: async ({ params, ...moment }) => ({
    result: grantView(await foundGrant(params.grant_id, moment)),
  }),
});

export const revokeGrant = operation({
  id: 'revokeGrant',
  method: 'POST',
  path: '/grants/{grant_id}/revoke',
  tag,
  summary: 'End a grant, and all tokens based on it',
  scope: 'sessions:write',
  events: ['revocation.grant'],
  params: oneGrant,
  query: nothing,
  body: nothing,
  result: revocationResult,
  async run({ params, by, now, services }) {
    const found = await foundGrant(params.grant_id, { services, now });
    const { target, order } = revocationOf.grant(found);
    const { killSwitches } = await services.switches();
    const outcome = await killSwitches.throwSwitch(target, { ...order, ...onRecord(by) });
    return { result: await acknowledged({ grant: found.id }, outcome, services) };
  },
});

function sessionView({ id, accountId = '', payload, expiresAt }: Artifact) {
  const { loginTs, authorizations } = payload as { loginTs?: number; authorizations?: object };
  return {
    ...{ id, user_id: accountId, expires_at: iso(expiresAt) ?? '' },
    ...(loginTs !== undefined && { signed_in_at: iso(loginTs * 1000) }),
    clients: Object.keys(authorizations ?? {}),
  };
}

function grantView({ id, accountId, clientId, payload, expiresAt }: Artifact) {
  const { openid, resources } = payload as {
    openid?: { scope?: string };
    resources?: Record<string, string>;
  };
  const scopes = [openid?.scope, ...Object.values(resources ?? {})];
  return {
    ...{ id, expires_at: iso(expiresAt) ?? '' },
    ...(accountId !== undefined && { user_id: accountId }),
    ...(clientId !== undefined && { client_id: clientId }),
    scopes: [...new Set(scopes.flatMap((scope) => scope?.split(' ') ?? []))],
  };
}

function notFound(what: string): CardeaError {
  return new CardeaError({ code: 'not_found', status: 404, message: `No such ${what}.` });
}

export const sessionOperations = [
  listSessions,
  getSession,
  endSession,
  listGrantsOfUser,
  listGrantsOfClient,
  getGrant,
  revokeGrant,
] as const;
