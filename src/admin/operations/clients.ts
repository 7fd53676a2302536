/**
 * Operations on clients.
 */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { ChangeContext } from '../../audit/room.ts';
import { clientId } from '../../config/schema/client_metadata.ts';
import { durationText } from '../../definitions/durations.ts';
import { maxLength } from '../../definitions/lengths.ts';
import { clientSecretOverlap } from '../../definitions/lifetimes.ts';
import { CardeaError } from '../../errors.ts';
import { parseFields } from '../../input_check.ts';
import {
  mayDisableClient,
  mayTouchClient,
  type PolicyClient,
  projectOfClient,
  requireAllowed,
  seesProject,
} from '../../operators/room.ts';
import type { ClientRecord } from '../../storage/clients.ts';
import type { AdminCaller } from '../caller.ts';
import { mergePatch, topLevelChanges } from '../merge_patch.ts';
import { operation } from '../operation.ts';
import { alreadyExists } from '../preconditions.ts';
import { flag, noContent, nothing, pageOf, pageQuery, searchQuery } from '../schemas.ts';
import type { AdminServices } from '../services.ts';
import {
  clientInput,
  clientPatch,
  clientSchema,
  clientView,
  clientWithSecretSchema,
  metadataIn,
} from '../views/client_view.ts';
import { onNewest } from '../write_to_newest.ts';

const tag = 'Clients';
const one = z.strictObject({ client_id: z.string().min(1).max(2000) });

const shown = async (services: AdminServices, record: ClientRecord) => {
  const [view] = await allShown(services, [record]);
  return view as NonNullable<typeof view>;
};

const allShown = async ({ clients, declared }: AdminServices, records: readonly ClientRecord[]) => {
  const uses = await (await clients()).lastUses(records.map(({ clientId }) => clientId));
  const { managementOf } = await declared();
  return records.map((record) =>
    clientView(record, {
      ...{ management: managementOf.client(record), uses: uses.get(record.clientId) },
    }),
  );
};

/** A client that the caller may see. Throws CardeaError `not_found`. */
export async function foundClient(
  { clients }: Pick<AdminServices, 'clients'>,
  id: string,
  caller: AdminCaller,
): Promise<ClientRecord> {
  const record = await (await clients()).get(id);
  if (!seesProject(caller, projectOfClient(record))) throw noSuchClient();
  return record;
}

/** Throws CardeaError 403 or `not_found` unless the caller may make one of the other. */
const requireTouch = (
  caller: AdminCaller,
  change: { before?: PolicyClient; after?: PolicyClient },
  { apis }: AdminServices,
) => requireAllowed(mayTouchClient(caller, change, apis), noSuchClient().message);

export const listClients = operation({
  id: 'listClients',
  method: 'GET',
  path: '/clients',
  tag,
  summary: 'List clients, by client id',
  scope: 'clients:read',
  params: nothing,
  query: z.strictObject({
    ...pageQuery,
    ...searchQuery,
    source: z.enum(['file', 'operator', 'dynamic', 'open', 'document']).optional(),
    enabled: flag.optional(),
    api: z.string().min(1).max(maxLength.uri).optional().describe('One that they may ask for.'),
  }),
  body: z.undefined(),
  result: pageOf(clientSchema),
  async run({ query, caller, services }) {
    const { items: records, next } = await (await services.clients()).list(query);
    const seen = records.filter((record) => seesProject(caller, projectOfClient(record)));
    return { result: { items: await allShown(services, seen), next: next ?? null } };
  },
});

export const createClient = operation({
  id: 'createClient',
  method: 'POST',
  path: '/clients',
  tag,
  summary: 'Create a client',
  description: 'A client that authenticates with a secret gets one, shown in this response only.',
  scope: 'clients:write',
  errors: ['invalid_client_metadata', 'already_exists'],
  events: ['client.created'],
  creates: true,
  idempotent: true,
  params: nothing,
  query: nothing,
  body: clientInput,
  result: clientWithSecretSchema,
  async run({ body, by, caller, services }) {
    const { client_id } = parseFields(z.looseObject({ client_id: clientId.optional() }), body);
    const wanted = { metadata: metadataIn(body), ...(client_id && { clientId: client_id }) };
    requireTouch(caller, { after: byOperator(client_id ?? '', wanted.metadata) }, services);
    const { record, secret } = await (await services.clients()).create(wanted, by);
    const result = {
      ...(await shown(services, record)),
      ...(secret !== undefined && { client_secret: secret }),
    };
    return { result, version: record.version, createdAt: pathOf(record.clientId) };
  },
});

export const getClient = operation({
  id: 'getClient',
  method: 'GET',
  path: '/clients/{client_id}',
  tag,
  summary: 'Read a client',
  scope: 'clients:read',
  params: one,
  query: nothing,
  body: z.undefined(),
  result: clientSchema,
  async run({ params, caller, services }) {
    const record = await foundClient(services, params.client_id, caller);
    return { result: await shown(services, record), version: record.version };
  },
});

export const putClient = operation({
  id: 'putClient',
  method: 'PUT',
  path: '/clients/{client_id}',
  tag,
  summary: 'Replace a client, or create it under this id',
  description:
    'Takes the whole metadata: a member that is not there is removed. The same request again changes nothing. With `If-None-Match: *` it creates the client and fails if there is one.',
  scope: 'clients:write',
  errors: ['invalid_client_metadata', 'managed_by_file', 'built_in', 'already_exists'],
  events: ['client.created', 'client.updated'],
  versioned: true,
  creates: true,
  params: one,
  query: nothing,
  body: clientInput,
  result: clientWithSecretSchema,
  async run({ params, body, by, caller, mustBeNew, services }) {
    const clients = await services.clients();
    const id = params.client_id;
    if (mustBeNew) {
      parseFields(z.object({ client_id: clientId }), { client_id: id });
      requireTouch(caller, { after: byOperator(id, metadataIn(body)) }, services);
      if (await clients.find(id)) throw alreadyExists();
      const created = await clients.create({ clientId: id, metadata: metadataIn(body) }, by);
      const result = {
        ...(await shown(services, created.record)),
        ...(created.secret !== undefined && { client_secret: created.secret }),
      };
      return { result, version: created.record.version, createdAt: pathOf(id) };
    }
    return changed(id, { caller, by, services, wanted: () => metadataIn(body) });
  },
});

/** Gives the client the metadata that `wanted` makes of what it has. */
async function changed(
  id: string,
  {
    caller,
    by,
    services,
    wanted,
  }: {
    caller: AdminCaller;
    by: ChangeContext;
    services: AdminServices;
    wanted: (has: Record<string, unknown>) => Record<string, unknown>;
  },
) {
  const clients = await services.clients();
  await foundClient(services, id, caller);
  services.places.requireNotManaged('client', id);
  const record = await onNewest({
    expectedVersion: by.expectedVersion,
    read: () => clients.get(id),
    write: async (stored) => {
      const metadata = wanted(stored.metadata);
      requireTouch(caller, { before: stored, after: { ...stored, metadata } }, services);
      const changes = topLevelChanges(stored.metadata, metadata, isDeepStrictEqual);
      if (!changes) return stored;
      return clients.update(id, changes, { ...by, expectedVersion: stored.version });
    },
  });
  return { result: await shown(services, record), version: record.version };
}

export const patchClient = operation({
  id: 'patchClient',
  method: 'PATCH',
  path: '/clients/{client_id}',
  tag,
  summary: 'Change members of a client',
  scope: 'clients:write',
  errors: ['invalid_client_metadata', 'managed_by_file', 'built_in'],
  events: ['client.updated'],
  versioned: true,
  params: one,
  query: nothing,
  body: clientPatch,
  result: clientSchema,
  async run({ params, body, by, caller, services }) {
    const wanted = (has: Record<string, unknown>) =>
      mergePatch(has, metadataIn(body)) as Record<string, unknown>;
    return changed(params.client_id, { caller, by, services, wanted });
  },
});

export const deleteClient = operation({
  id: 'deleteClient',
  method: 'DELETE',
  path: '/clients/{client_id}',
  tag,
  summary: 'Delete a client and revoke everything it has',
  scope: 'clients:write',
  errors: ['managed_by_file', 'built_in'],
  events: ['client.deleted', 'revocation.client'],
  versioned: true,
  sensitive: true,
  params: one,
  query: nothing,
  body: nothing,
  result: noContent,
  async run({ params, by, caller, services }) {
    const before = await foundClient(services, params.client_id, caller);
    requireTouch(caller, { before }, services);
    services.places.requireNotManaged('client', params.client_id);
    await (await services.clients()).remove(params.client_id, by);
    return { result: undefined };
  },
});

export const disableClient = operation({
  id: 'disableClient',
  method: 'POST',
  path: '/clients/{client_id}/disable',
  tag,
  summary: 'Block a client and revoke everything it has',
  description: 'Works for a client of the declarative file, too: a start does not enable it again.',
  scope: 'clients:write',
  errors: ['built_in'],
  events: ['client.disabled', 'revocation.client'],
  sensitive: true,
  params: one,
  query: nothing,
  body: nothing,
  result: clientSchema,
  async run({ params, by, caller, services }) {
    services.places.requireNotBuiltIn('client', params.client_id);
    const before = await foundClient(services, params.client_id, caller);
    requireAllowed(mayDisableClient(caller, before));
    await (await services.clients()).disable(params.client_id, by);
    const record = await foundClient(services, params.client_id, caller);
    return { result: await shown(services, record), version: record.version };
  },
});

export const enableClient = operation({
  id: 'enableClient',
  method: 'POST',
  path: '/clients/{client_id}/enable',
  tag,
  summary: 'Let a disabled client in again',
  scope: 'clients:write',
  events: ['client.enabled'],
  params: one,
  query: nothing,
  body: nothing,
  result: clientSchema,
  async run({ params, by, caller, services }) {
    const before = await foundClient(services, params.client_id, caller);
    requireTouch(caller, { before, after: before }, services);
    const on = { ...by, expectedVersion: before.version };
    await (await services.clients()).enable(params.client_id, on);
    const record = await foundClient(services, params.client_id, caller);
    return { result: await shown(services, record), version: record.version };
  },
});

export const rotateClientSecret = operation({
  id: 'rotateClientSecret',
  method: 'POST',
  path: '/clients/{client_id}/secrets',
  tag,
  summary: 'Give a client a new secret',
  description: `The old one stays valid for the overlap (default: ${durationText(clientSecretOverlap)}). The new one is shown in this response only.`,
  scope: 'clients:write',
  errors: ['no_secret', 'built_in'],
  events: ['client.secret_rotated'],
  idempotent: true,
  sensitive: true,
  params: one,
  query: nothing,
  body: z.strictObject({
    overlap: z
      .int()
      .min(0)
      .max(366 * 86_400)
      .default(clientSecretOverlap)
      .describe('Seconds for which the old secret stays valid; 0 ends it now.'),
  }),
  result: clientWithSecretSchema,
  async run({ params, body: { overlap }, by, caller, services }) {
    services.places.requireNotBuiltIn('client', params.client_id);
    const clients = await services.clients();
    const before = await foundClient(services, params.client_id, caller);
    requireTouch(caller, { before, after: before }, services);
    const { record, secret } = await clients.rotateSecret(
      params.client_id,
      { overlapSeconds: overlap },
      { ...by, expectedVersion: before.version },
    );
    const result = {
      ...(await shown(services, record)),
      ...(secret !== undefined && { client_secret: secret }),
    };
    return { result, version: record.version };
  },
});

/** What an operator's new client is to the policies. */
function byOperator(id: string, metadata: Record<string, unknown>): PolicyClient {
  return { clientId: id, source: 'operator', metadata };
}

function noSuchClient(): CardeaError {
  return new CardeaError({ code: 'not_found', status: 404, message: 'No such client.' });
}

function pathOf(id: string): string {
  return `/clients/${encodeURIComponent(id)}`;
}

export const clientOperations = [
  listClients,
  createClient,
  getClient,
  putClient,
  patchClient,
  deleteClient,
  disableClient,
  enableClient,
  rotateClientSecret,
] as const;
