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
import type { ApiKeyRecord } from '../../storage/api_keys.ts';
import { type AdminCaller, actorOf } from '../caller.ts';
import { operation } from '../operation.ts';
import { checkedByService, nothing, pageOf, pageQuery } from '../schemas.ts';
import type { AdminServices } from '../services.ts';
import { apiKeySchema, apiKeyView, apiKeyWithValueSchema } from '../views/api_key_view.ts';
import { revocationResult, shownOutcome } from '../views/revocation_view.ts';

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
    project_id: z.string().min(1).max(100).optional(),
    user_id: z.string().min(1).max(255).optional(),
    lineage: z.string().min(1).max(100).optional().describe('Keys that replaced each other.'),
  }),
  body: z.undefined(),
  result: pageOf(apiKeySchema),
  async run({ query: { limit, after, project_id, user_id, lineage }, now, services }) {
    const apiKeys = await services.apiKeys();
    const link = { projectId: project_id, userId: user_id, lineage };
    const records = await apiKeys.list({ ...link, after, limit: limit + 1 });
    const page = records.slice(0, limit);
    const uses = await apiKeys.lastUses(page.map(({ id }) => id));
    const items = page.map((record) =>
      apiKeyView(record, { now, lastUsedAt: uses.get(record.id) }),
    );
    return { result: { items, next: records.length > limit ? (page.at(-1)?.id ?? null) : null } };
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
  idempotent: true,
  params: nothing,
  query: nothing,
  body: checkedByService(newApiKeySchema, 'ApiKeyInput'),
  result: apiKeyWithValueSchema,
  async run({ body, by, caller, ...moment }) {
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
  async run({ params, ...moment }) {
    return answerOf(await (await moment.services.apiKeys()).get(params.key_id), moment);
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
  async run({ params, body, by, ...moment }) {
    const apiKeys = await moment.services.apiKeys();
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
  idempotent: true,
  sensitive: true,
  params: one,
  query: nothing,
  body: rotationSchema.meta({ id: 'ApiKeyRotation' }),
  result: apiKeyWithValueSchema,
  async run({ params, body, by, caller, ...moment }) {
    const apiKeys = await moment.services.apiKeys();
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
  async run({ params, by, ...moment }) {
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
  async run({ params, by, ...moment }) {
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
  async run({ params: { key_id }, by, now, services }) {
    const outcome = await (await services.apiKeys()).revoke(key_id, { reason: by.reason }, by);
    return { result: shownOutcome({ api_key: key_id }, outcome, now) };
  },
});

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
