/**
 * Operations on API keys.
 */
import { z } from 'zod';
import {
  findOwner,
  keyChangeSchema,
  newApiKeySchema,
  rotationSchema,
} from '../../api_keys/room.ts';
import { maxLength } from '../../definitions/lengths.ts';
import { CardeaError } from '../../errors.ts';
import {
  mayEndApiKey,
  mayTouchApiKey,
  type PolicyApiKey,
  requireAllowed,
  seesProject,
} from '../../operators/room.ts';
import type { ApiKeyRecord } from '../../storage/api_keys.ts';
import { acknowledged } from '../acknowledged_revocations.ts';
import { type AdminCaller, actorOf } from '../caller.ts';
import { operation } from '../operation.ts';
import { checkedByService, nothing, pageOf, pageQuery, searchQuery } from '../schemas.ts';
import type { AdminServices } from '../services.ts';
import { apiKeySchema, apiKeyView, apiKeyWithValueSchema } from '../views/api_key_view.ts';
import { revocationResult } from '../views/revocation_view.ts';

const tag = 'API keys';
const one = z.strictObject({ key_id: z.string().min(1).max(100) });

type Moment = { services: AdminServices; now: number };

const shown = async (record: ApiKeyRecord, { services, now }: Moment) => {
  const { store, apis, apiKeys } = services;
  const owner = await findOwner(record, store);
  const uses = await (await apiKeys()).lastUses([record.id]);
  return apiKeyView(record, {
    now,
    lastUsedAt: uses.get(record.id),
    dependencies: { ...owner, api: apis.find(record.api) },
  });
};

const answerOf = async (record: ApiKeyRecord, moment: Moment) => ({
  result: await shown(record, moment),
  version: record.version,
});

/** A key that the caller may see. Throws CardeaError `not_found`. */
export const foundApiKey = async ({ apiKeys }: AdminServices, id: string, caller: AdminCaller) => {
  const record = await (await apiKeys()).get(id);
  if (!seesProject(caller, record.projectId)) throw noSuchKey();
  return record;
};

/** Throws CardeaError 403 or `not_found` unless the caller may make one of the other. */
const requireTouch = async (
  caller: AdminCaller,
  change: { before?: PolicyApiKey; after?: PolicyApiKey },
  { operators }: AdminServices,
) => {
  const { userId } = change.after ?? change.before ?? {};
  const grant = userId === undefined ? undefined : await (await operators()).find(userId);
  requireAllowed(
    mayTouchApiKey(caller, change, () => grant),
    noSuchKey().message,
  );
};

const text = (value: unknown) => (typeof value === 'string' ? value : undefined);

/** Limits as they are kept; what the service rejects differs from all that is. */
const limitsIn = (value: unknown): PolicyApiKey['limits'] => {
  if (typeof value !== 'object' || value === null) return undefined;
  const { requests_per_minute, requests_per_month, ...others } = value as Record<string, number>;
  return {
    requestsPerMinute: requests_per_minute,
    requestsPerMonth: requests_per_month,
    ...others,
  };
};

/** A key that is being created, as far as the policy is concerned; the service checks all of it. */
const asked = (body: Record<string, unknown>): PolicyApiKey => ({
  api: text(body.api) ?? '',
  scopes: Array.isArray(body.scopes) ? body.scopes.map(String) : [],
  projectId: text(body.project_id),
  userId: text(body.user_id),
  tier: text(body.tier),
  limits: limitsIn(body.limits),
});

/** The same of one that is being changed. A tier or limits of null are taken away. */
const changedBy = (before: ApiKeyRecord, body: Record<string, unknown>): PolicyApiKey => ({
  ...before,
  ...(Array.isArray(body.scopes) && { scopes: body.scopes.map(String) }),
  ...(body.tier !== undefined && { tier: text(body.tier) }),
  ...(body.limits !== undefined && { limits: limitsIn(body.limits) }),
});

/** Who made a key, as its record names them. */
const makerOf = (caller: AdminCaller) => ({ createdBy: actorOf(caller) });

export const listApiKeys = operation({
  id: 'listApiKeys',
  method: 'GET',
  path: '/api-keys',
  tag,
  summary: 'List API keys, by id',
  scope: 'api_keys:read',
  params: nothing,
  query: z.strictObject({
    ...pageQuery,
    ...searchQuery,
    api: z.string().min(1).max(maxLength.uri).optional(),
    project_id: z.string().min(1).max(100).optional(),
    user_id: z.string().min(1).max(maxLength.subject).optional(),
    lineage: z.string().min(1).max(100).optional().describe('Keys that replaced each other.'),
  }),
  body: z.undefined(),
  result: pageOf(apiKeySchema),
  async run({ query: { project_id, user_id, ...query }, caller, now, services }) {
    const apiKeys = await services.apiKeys();
    const link = { projectId: project_id, userId: user_id };
    const { items: records, next } = await apiKeys.list({ ...query, ...link });
    const seen = records.filter(({ projectId }) => seesProject(caller, projectId));
    const uses = await apiKeys.lastUses(seen.map(({ id }) => id));
    const items = seen.map((record) =>
      apiKeyView(record, { now, lastUsedAt: uses.get(record.id) }),
    );
    return { result: { items, next: next ?? null } };
  },
});

export const createApiKey = operation({
  id: 'createApiKey',
  method: 'POST',
  path: '/api-keys',
  tag,
  summary: 'Create an API key',
  description: 'The key is in this response and nowhere else.',
  scope: 'api_keys:write',
  events: ['api_key.created'],
  creates: true,
  idempotent: true,
  params: nothing,
  query: nothing,
  body: checkedByService(newApiKeySchema, 'ApiKeyInput'),
  result: apiKeyWithValueSchema,
  async run({ body, by, caller, ...moment }) {
    await requireTouch(caller, { after: asked(body) }, moment.services);
    const apiKeys = await moment.services.apiKeys();
    const { record, key } = await apiKeys.create(body, { ...by, ...makerOf(caller) });
    const { result, version } = await answerOf(record, moment);
    return { result: { ...result, key }, version, createdAt: `/api-keys/${record.id}` };
  },
});

export const getApiKey = operation({
  id: 'getApiKey',
  method: 'GET',
  path: '/api-keys/{key_id}',
  tag,
  summary: 'Read an API key',
  scope: 'api_keys:read',
  params: one,
  query: nothing,
  body: z.undefined(),
  result: apiKeySchema,
  async run({ params, caller, ...moment }) {
    return answerOf(await foundApiKey(moment.services, params.key_id, caller), moment);
  },
});

export const patchApiKey = operation({
  id: 'patchApiKey',
  method: 'PATCH',
  path: '/api-keys/{key_id}',
  tag,
  summary: 'Change members of an API key',
  description: 'Tokens that were exchanged for it end where they could do more than the key.',
  scope: 'api_keys:write',
  errors: ['key_ended'],
  events: ['api_key.updated', 'revocation.api_key_tokens'],
  versioned: true,
  params: one,
  query: nothing,
  body: checkedByService(keyChangeSchema, 'ApiKeyPatch'),
  result: apiKeySchema,
  async run({ params, body, by, caller, ...moment }) {
    const apiKeys = await moment.services.apiKeys();
    const before = await foundApiKey(moment.services, params.key_id, caller);
    const after = changedBy(before, body);
    await requireTouch(caller, { before, after }, moment.services);
    return answerOf(await apiKeys.update(params.key_id, body, by), moment);
  },
});

export const rotateApiKey = operation({
  id: 'rotateApiKey',
  method: 'POST',
  path: '/api-keys/{key_id}/rotate',
  tag,
  summary: 'Create a successor with the same rights',
  description:
    'The new key is in this response and nowhere else. The old one stays valid for the overlap.',
  scope: 'api_keys:write',
  errors: ['already_rotated', 'predecessor_alive', 'key_ended', 'key_disabled'],
  events: ['api_key.rotated', 'api_key.created'],
  creates: true,
  idempotent: true,
  sensitive: true,
  params: one,
  query: nothing,
  body: rotationSchema.meta({ id: 'ApiKeyRotation' }),
  result: apiKeyWithValueSchema,
  async run({ params, body, by, caller, ...moment }) {
    const apiKeys = await moment.services.apiKeys();
    const before = await foundApiKey(moment.services, params.key_id, caller);
    await requireTouch(caller, { before, after: before }, moment.services);
    const making = { ...by, ...makerOf(caller) };
    const { successor, key } = await apiKeys.rotate(params.key_id, body, making);
    const { result, version } = await answerOf(successor, moment);
    return { result: { ...result, key }, version, createdAt: `/api-keys/${successor.id}` };
  },
});

export const disableApiKey = operation({
  id: 'disableApiKey',
  method: 'POST',
  path: '/api-keys/{key_id}/disable',
  tag,
  summary: 'Block an API key until it is enabled again',
  scope: 'api_keys:write',
  errors: ['key_ended'],
  events: ['api_key.disabled', 'revocation.api_key_tokens'],
  params: one,
  query: nothing,
  body: nothing,
  result: apiKeySchema,
  async run({ params, by, caller, ...moment }) {
    const before = await foundApiKey(moment.services, params.key_id, caller);
    requireAllowed(mayEndApiKey(caller, before));
    return answerOf(await (await moment.services.apiKeys()).disable(params.key_id, by), moment);
  },
});

export const enableApiKey = operation({
  id: 'enableApiKey',
  method: 'POST',
  path: '/api-keys/{key_id}/enable',
  tag,
  summary: 'Accept a disabled API key again',
  scope: 'api_keys:write',
  errors: ['key_ended'],
  events: ['api_key.enabled'],
  params: one,
  query: nothing,
  body: nothing,
  result: apiKeySchema,
  async run({ params, by, caller, ...moment }) {
    const before = await foundApiKey(moment.services, params.key_id, caller);
    await requireTouch(caller, { before, after: before }, moment.services);
    return answerOf(await (await moment.services.apiKeys()).enable(params.key_id, by), moment);
  },
});

export const revokeApiKey = operation({
  id: 'revokeApiKey',
  method: 'POST',
  path: '/api-keys/{key_id}/revoke',
  tag,
  summary: 'Revoke an API key for good, and what it was exchanged for',
  scope: 'api_keys:write',
  events: ['revocation.api_key'],
  sensitive: true,
  params: one,
  query: nothing,
  body: nothing,
  result: revocationResult,
  async run({ params: { key_id }, by, caller, services }) {
    requireAllowed(mayEndApiKey(caller, await foundApiKey(services, key_id, caller)));
    const outcome = await (await services.apiKeys()).revoke(key_id, { reason: by.reason }, by);
    return { result: await acknowledged({ api_key: key_id }, outcome, services) };
  },
});

function noSuchKey(): CardeaError {
  return new CardeaError({ code: 'not_found', status: 404, message: 'No such API key.' });
}

export const apiKeyOperations = [
  listApiKeys,
  createApiKey,
  getApiKey,
  patchApiKey,
  rotateApiKey,
  disableApiKey,
  enableApiKey,
  revokeApiKey,
] as const;
