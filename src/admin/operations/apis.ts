/**
 * Operations on APIs: those of the declarative file, which only the file changes, and those that are made here.
 */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { ChangeContext } from '../../audit/room.ts';
import { maxLength } from '../../definitions/lengths.ts';
import { CardeaError } from '../../errors.ts';
import { mayTouchApi, type PolicyApi, requireAllowed, seesProject } from '../../operators/room.ts';
import type { ApiRecord } from '../../storage/apis.ts';
import type { AdminCaller } from '../caller.ts';
import { mergePatch, topLevelChanges } from '../merge_patch.ts';
import { operation } from '../operation.ts';
import { alreadyExists } from '../preconditions.ts';
import { flag, noContent, nothing, pageOf, pageQuery, searchQuery } from '../schemas.ts';
import type { AdminServices } from '../services.ts';
import {
  apiInput,
  apiMembers,
  apiMembersIn,
  apiPatch,
  apiReplacement,
  apiSchema,
  apiView,
  projectOfApi,
} from '../views/api_view.ts';
import { onNewest } from '../write_to_newest.ts';

const tag = 'APIs';
const one = z.strictObject({
  identifier: z.string().min(1).max(maxLength.uri).describe('Percent-encoded.'),
});

const answerOf = async ({ declared }: AdminServices, record: ApiRecord) => ({
  result: apiView(record, (await declared()).managementOf.api(record.identifier)),
  version: record.version,
});

/** An API that the caller may see. Throws CardeaError `not_found`. */
export async function foundApi(
  { apiRecords }: Pick<AdminServices, 'apiRecords'>,
  identifier: string,
  caller: AdminCaller,
): Promise<ApiRecord> {
  const record = await (await apiRecords()).find(identifier);
  if (!record || !seesProject(caller, projectOfApi(record))) throw noSuchApi();
  return record;
}

/** The same, of one that is to be changed. Throws `built_in` (409) as well. */
const changeable = async (services: AdminServices, identifier: string, caller: AdminCaller) => {
  await (await services.apiRecords()).get(identifier);
  return foundApi(services, identifier, caller);
};

const ofPolicy = (record: ApiRecord): PolicyApi => ({
  ...{ identifier: record.identifier, project: projectOfApi(record) },
});

/** What is asked for, as far as the policy is concerned; the service checks all of it. */
const asked = (identifier: string, { project }: Record<string, unknown>): PolicyApi => ({
  identifier,
  project: typeof project === 'string' ? project : undefined,
});

/** Throws CardeaError 403 or `not_found` unless the caller may make one of the other. */
const requireTouch = (
  caller: AdminCaller,
  change: { before?: PolicyApi; after?: PolicyApi },
  { apis }: AdminServices,
) => requireAllowed(mayTouchApi(caller, change, apis), noSuchApi().message);

export const listApis = operation({
  id: 'listApis',
  method: 'GET',
  path: '/apis',
  tag,
  summary: 'List APIs, by identifier',
  description: "Those of the declarative file and those that were made here, without Cardea's own.",
  scope: 'apis:read',
  params: nothing,
  query: z.strictObject({ ...pageQuery, ...searchQuery, enabled: flag.optional() }),
  body: z.undefined(),
  result: pageOf(apiSchema),
  async run({ query, caller, services }) {
    const { items: records, next } = await (await services.apiRecords()).list(query);
    const { managementOf } = await services.declared();
    const items = records
      .filter((record) => seesProject(caller, projectOfApi(record)))
      .map((record) => apiView(record, managementOf.api(record.identifier)));
    return { result: { items, next: next ?? null } };
  },
});

export const createApi = operation({
  id: 'createApi',
  method: 'POST',
  path: '/apis',
  tag,
  summary: 'Create an API',
  description: 'Clients may get tokens for it at once.',
  scope: 'apis:write',
  errors: ['already_exists', 'too_many_apis'],
  events: ['api.created'],
  creates: true,
  idempotent: true,
  params: nothing,
  query: nothing,
  body: apiInput,
  result: apiSchema,
  async run({ body, by, caller, services }) {
    return created(apiMembersIn(body), { by, caller, services });
  },
});

export const getApi = operation({
  id: 'getApi',
  method: 'GET',
  path: '/apis/{identifier}',
  tag,
  summary: 'Read an API',
  scope: 'apis:read',
  params: one,
  query: nothing,
  body: z.undefined(),
  result: apiSchema,
  run: async ({ params, caller, services }) =>
    answerOf(services, await foundApi(services, params.identifier, caller)),
});

export const putApi = operation({
  id: 'putApi',
  method: 'PUT',
  path: '/apis/{identifier}',
  tag,
  summary: 'Replace an API, or create it under this identifier',
  description:
    'Takes the whole API: a member that is not there has its default. The same request again changes nothing. What narrows the API revokes all access tokens for it. With `If-None-Match: *` it creates the API and fails if there is one.',
  scope: 'apis:write',
  errors: ['managed_by_file', 'built_in', 'already_exists', 'too_many_apis'],
  events: ['api.created', 'api.updated', 'revocation.api'],
  versioned: true,
  creates: true,
  sensitive: true,
  params: one,
  query: nothing,
  body: apiReplacement,
  result: apiSchema,
  async run({ params: { identifier }, body, by, caller, mustBeNew, services }) {
    const input = { ...apiMembersIn(body), identifier };
    if (!mustBeNew) {
      const { identifier: _key, ...wanted } = input;
      return changed(identifier, { by, caller, services, wanted: () => wanted });
    }
    requireTouch(caller, { after: asked(identifier, input) }, services);
    if (await (await services.apiRecords()).find(identifier)) throw alreadyExists();
    return created(input, { by, caller, services });
  },
});

export const patchApi = operation({
  id: 'patchApi',
  method: 'PATCH',
  path: '/apis/{identifier}',
  tag,
  summary: 'Change members of an API',
  description:
    'Its scopes are merged one by one: null takes one away. What narrows the API revokes all access tokens for it.',
  scope: 'apis:write',
  errors: ['managed_by_file', 'built_in'],
  events: ['api.updated', 'revocation.api'],
  versioned: true,
  sensitive: true,
  params: one,
  query: nothing,
  body: apiPatch,
  result: apiSchema,
  async run({ params, body, by, caller, services }) {
    const wanted = (has: Record<string, unknown>) =>
      mergePatch(has, apiMembersIn(body)) as Record<string, unknown>;
    return changed(params.identifier, { by, caller, services, wanted });
  },
});

type Request = { by: ChangeContext; caller: AdminCaller; services: AdminServices };

async function created(input: Record<string, unknown>, { by, caller, services }: Request) {
  const identifier = typeof input.identifier === 'string' ? input.identifier : '';
  requireTouch(caller, { after: asked(identifier, input) }, services);
  const record = await (await services.apiRecords()).create(input, by);
  return {
    ...(await answerOf(services, record)),
    createdAt: `/apis/${encodeURIComponent(record.identifier)}`,
  };
}

/** Gives the API the members that `wanted` makes of what it has. */
async function changed(
  identifier: string,
  {
    by,
    caller,
    services,
    wanted,
  }: Request & { wanted: (has: Record<string, unknown>) => Record<string, unknown> },
) {
  const apis = await services.apiRecords();
  const record = await onNewest({
    expectedVersion: by.expectedVersion,
    read: () => changeable(services, identifier, caller),
    write: async (stored) => {
      const has = apiMembers(stored);
      const members = wanted(has);
      const change = { before: ofPolicy(stored), after: asked(identifier, members) };
      requireTouch(caller, change, services);
      services.places.requireNotManaged('api', identifier);
      if (!topLevelChanges(has, members, isDeepStrictEqual)) return stored;
      return apis.replace(identifier, members, { ...by, expectedVersion: stored.version });
    },
  });
  return answerOf(services, record);
}

export const deleteApi = operation({
  id: 'deleteApi',
  method: 'DELETE',
  path: '/apis/{identifier}',
  tag,
  summary: 'Delete an API and revoke all access tokens for it',
  description:
    'API keys, consents and refresh tokens for it stay invalid, also when another API gets its identifier.',
  scope: 'apis:write',
  errors: ['managed_by_file', 'built_in'],
  events: ['api.deleted', 'revocation.api'],
  versioned: true,
  sensitive: true,
  params: one,
  query: nothing,
  body: nothing,
  result: noContent,
  async run({ params: { identifier }, by, caller, services }) {
    const before = await changeable(services, identifier, caller);
    requireTouch(caller, { before: ofPolicy(before) }, services);
    await (await services.apiRecords()).remove(identifier, by);
    return { result: undefined };
  },
});

export const disableApi = operation({
  id: 'disableApi',
  method: 'POST',
  path: '/apis/{identifier}/disable',
  tag,
  summary: 'Block an API and revoke all access tokens for it',
  description: 'Works for an API of the declarative file, too: a start does not enable it again.',
  scope: 'apis:write',
  errors: ['built_in'],
  events: ['api.disabled', 'revocation.api'],
  sensitive: true,
  params: one,
  query: nothing,
  body: nothing,
  result: apiSchema,
  async run({ params: { identifier }, by, caller, services }) {
    const before = await changeable(services, identifier, caller);
    requireTouch(caller, { before: ofPolicy(before), after: ofPolicy(before) }, services);
    return answerOf(services, await (await services.apiRecords()).disable(identifier, by));
  },
});

export const enableApi = operation({
  id: 'enableApi',
  method: 'POST',
  path: '/apis/{identifier}/enable',
  tag,
  summary: 'Issue tokens for a disabled API again',
  scope: 'apis:write',
  errors: ['built_in'],
  events: ['api.enabled'],
  params: one,
  query: nothing,
  body: nothing,
  result: apiSchema,
  async run({ params: { identifier }, by, caller, services }) {
    const before = await changeable(services, identifier, caller);
    requireTouch(caller, { before: ofPolicy(before), after: ofPolicy(before) }, services);
    return answerOf(services, await (await services.apiRecords()).enable(identifier, by));
  },
});

function noSuchApi(): CardeaError {
  return new CardeaError({ code: 'not_found', status: 404, message: 'No such API.' });
}

export const apiOperations = [
  listApis,
  createApi,
  getApi,
  putApi,
  patchApi,
  deleteApi,
  disableApi,
  enableApi,
] as const;
