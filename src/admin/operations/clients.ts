/**
 * Operations on clients.
 */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { clientId } from '../../config/schema/client_metadata.ts';
import { durationText } from '../../definitions/durations.ts';
import { clientSecretOverlap } from '../../definitions/lifetimes.ts';
import { parseFields } from '../../input_check.ts';
import type { ClientRecord } from '../../storage/clients.ts';
import { requireUnmanaged } from '../managed.ts';
import { mergePatch, topLevelChanges } from '../merge_patch.ts';
import { operation } from '../operation.ts';
import { alreadyExists } from '../preconditions.ts';
import { noContent, nothing, pageOf, pageQuery } from '../schemas.ts';
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

const shown = async ({ declared }: AdminServices, record: ClientRecord) =>
  clientView(record, (await declared()).client(record.clientId));

const found = async ({ clients }: AdminServices, id: string) => (await clients()).get(id);

export const listClients = operation({
  id: 'listClients',
  method: 'GET',
  path: '/clients',
  tag,
  summary: 'List clients, by client id',
  scope: 'clients:read',
  params: nothing,
  query: z.strictObject(pageQuery),
  body: z.undefined(),
  result: pageOf(clientSchema),
  async run({ query: { limit, after }, services }) {
    const records = await (await services.clients()).list({ after, limit: limit + 1 });
    const { client } = await services.declared();
    const items = records
      .slice(0, limit)
      .map((record) => clientView(record, client(record.clientId)));
    return {
      result: { items, next: records.length > limit ? (items.at(-1)?.client_id ?? null) : null },
    };
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
  idempotent: true,
  params: nothing,
  query: nothing,
  body: clientInput,
  result: clientWithSecretSchema,
  async run({ body, by, services }) {
    const { client_id } = parseFields(z.looseObject({ client_id: clientId.optional() }), body);
    const wanted = { metadata: metadataIn(body), ...(client_id && { clientId: client_id }) };
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
  async run({ params, services }) {
    const record = await found(services, params.client_id);
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
  errors: ['invalid_client_metadata', 'managed_by_file', 'already_exists'],
  events: ['client.created', 'client.updated'],
  versioned: true,
  params: one,
  query: nothing,
  body: clientInput,
  result: clientWithSecretSchema,
  async run({ params, body, by, mustBeNew, services }) {
    const clients = await services.clients();
    const id = params.client_id;
    if (mustBeNew) {
      parseFields(z.object({ client_id: clientId }), { client_id: id });
      if (await clients.find(id)) throw alreadyExists();
      const created = await clients.create({ clientId: id, metadata: metadataIn(body) }, by);
      const result = {
        ...(await shown(services, created.record)),
        ...(created.secret !== undefined && { client_secret: created.secret }),
      };
      return { result, version: created.record.version, createdAt: pathOf(id) };
    }
    await requireUnmanaged(services, 'client', id);
    const record = await onNewest({
      expectedVersion: by.expectedVersion,
      read: () => clients.get(id),
      write: async (stored) => {
        const changes = topLevelChanges(stored.metadata, metadataIn(body), isDeepStrictEqual);
        return changes
          ? clients.update(id, changes, { ...by, expectedVersion: stored.version })
          : stored;
      },
    });
    return { result: await shown(services, record), version: record.version };
  },
});

export const patchClient = operation({
  id: 'patchClient',
  method: 'PATCH',
  path: '/clients/{client_id}',
  tag,
  summary: 'Change members of a client',
  scope: 'clients:write',
  errors: ['invalid_client_metadata', 'managed_by_file'],
  events: ['client.updated'],
  versioned: true,
  params: one,
  query: nothing,
  body: clientPatch,
  result: clientSchema,
  async run({ params, body, by, services }) {
    const clients = await services.clients();
    const id = params.client_id;
    await requireUnmanaged(services, 'client', id);
    const record = await onNewest({
      expectedVersion: by.expectedVersion,
      read: () => clients.get(id),
      write: async (stored) => {
        const wanted = mergePatch(stored.metadata, metadataIn(body)) as Record<string, unknown>;
        const changes = topLevelChanges(stored.metadata, wanted, isDeepStrictEqual);
        return changes
          ? clients.update(id, changes, { ...by, expectedVersion: stored.version })
          : stored;
      },
    });
    return { result: await shown(services, record), version: record.version };
  },
});

export const deleteClient = operation({
  id: 'deleteClient',
  method: 'DELETE',
  path: '/clients/{client_id}',
  tag,
  summary: 'Delete a client and revoke everything it has',
  scope: 'clients:write',
  errors: ['managed_by_file'],
  events: ['client.deleted', 'revocation.client'],
  versioned: true,
  sensitive: true,
  params: one,
  query: nothing,
  body: nothing,
  result: noContent,
  async run({ params, by, services }) {
    await requireUnmanaged(services, 'client', params.client_id);
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
  events: ['client.disabled', 'revocation.client'],
  sensitive: true,
  params: one,
  query: nothing,
  body: nothing,
  result: clientSchema,
  async run({ params, by, services }) {
    await (await services.clients()).disable(params.client_id, by);
    const record = await found(services, params.client_id);
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
  async run({ params, by, services }) {
    await (await services.clients()).enable(params.client_id, by);
    const record = await found(services, params.client_id);
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
  errors: ['no_secret'],
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
  async run({ params, body: { overlap }, by, services }) {
    const clients = await services.clients();
    const { record, secret } = await clients.rotateSecret(
      params.client_id,
      { overlapSeconds: overlap },
      by,
    );
    const result = {
      ...(await shown(services, record)),
      ...(secret !== undefined && { client_secret: secret }),
    };
    return { result, version: record.version };
  },
});

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
