/**
 * Objects as the declarative file would declare them, for whoever wants to move one there.
 */
import { z } from 'zod';
import { longestTierName } from '../../definitions/api_keys.ts';
import { maxLength } from '../../definitions/lengths.ts';
import { CardeaError } from '../../errors.ts';
import { projectOfClient, seesProject } from '../../operators/room.ts';
import type { AdminCaller } from '../caller.ts';
import { type OperationFacts, operation } from '../operation.ts';
import { nothing } from '../schemas.ts';
import type { AdminServices } from '../services.ts';
import { foundApi } from './apis.ts';
import { foundClient } from './clients.ts';

const result = z.string();
const description =
  'Can be merged into the declarative file. What it names and the file does not declare comes along, as far as the caller may see it. Secrets are variables.';

type Views = Awaited<ReturnType<AdminServices['yaml']>>;
type Given<Params> = { params: Params; services: AdminServices; caller: AdminCaller };

function yamlOperation<Params extends z.ZodType>(
  facts: Pick<OperationFacts, 'id' | 'path' | 'tag' | 'summary' | 'scope'>,
  params: Params,
  write: (views: Views, given: Given<z.output<Params>>) => Promise<string>,
) {
  return operation({
    ...facts,
    ...{ method: 'GET', description, mediaTypes: ['text/yaml'] },
    ...{ params, query: nothing, body: z.undefined(), result },
    run: async ({ services, ...given }) => ({
      result: await write(await services.yaml(), { services, ...given }),
    }),
  });
}

/** What may come along with an object: what the caller could read by itself. */
const visibleTo = (caller: AdminCaller) => ({
  api: ({ project }: { project?: string | undefined }) =>
    caller.scopes.has('apis:read') && seesProject(caller, project),
  client: (client: Parameters<typeof projectOfClient>[0]) =>
    caller.scopes.has('clients:read') && seesProject(caller, projectOfClient(client)),
});

export const getClientYaml = yamlOperation(
  {
    ...{ id: 'getClientYaml', path: '/clients/{client_id}/yaml', tag: 'Clients' },
    ...{ summary: 'Read a client as YAML', scope: 'clients:read' },
  },
  z.strictObject({ client_id: z.string().min(1).max(2000) }),
  async (views, { params, services, caller }) =>
    views.client(await foundClient(services, params.client_id, caller), visibleTo(caller)),
);

export const getApiYaml = yamlOperation(
  {
    ...{ id: 'getApiYaml', path: '/apis/{identifier}/yaml', tag: 'APIs' },
    ...{ summary: 'Read an API as YAML', scope: 'apis:read' },
  },
  z.strictObject({ identifier: z.string().min(1).max(maxLength.uri).describe('Percent-encoded.') }),
  async (views, { params, services, caller }) =>
    views.api(await foundApi(services, params.identifier, caller), visibleTo(caller)),
);

export const getUserYaml = yamlOperation(
  {
    ...{ id: 'getUserYaml', path: '/users/{user_id}/yaml', tag: 'Users' },
    ...{ summary: 'Read a user as YAML', scope: 'users:read' },
  },
  z.strictObject({ user_id: z.string().min(1).max(maxLength.subject) }),
  async (views, { params, services }) => {
    const user = await (await services.users()).find(params.user_id);
    if (!user) throw noSuchUser();
    return views.user(user);
  },
);

export const getWebhookYaml = yamlOperation(
  {
    ...{ id: 'getWebhookYaml', path: '/webhooks/{webhook_id}/yaml', tag: 'Webhooks' },
    ...{ summary: 'Read a webhook as YAML', scope: 'webhooks:read' },
  },
  z.strictObject({ webhook_id: z.string().min(1).max(100) }),
  async (views, { params, services }) =>
    views.webhook(await (await services.webhooks()).get(params.webhook_id)),
);

export const getTierYaml = yamlOperation(
  {
    ...{ id: 'getTierYaml', path: '/tiers/{tier}/yaml', tag: 'Tiers' },
    ...{ summary: 'Read a tier as YAML', scope: 'api_keys:read' },
  },
  z.strictObject({ tier: z.string().min(1).max(longestTierName) }),
  async (views, { params, services }) =>
    views.tier(await (await services.tiers()).get(params.tier)),
);

export const getSettingsYaml = yamlOperation(
  {
    ...{ id: 'getSettingsYaml', path: '/settings/yaml', tag: 'Settings' },
    ...{ summary: 'Read the settings as YAML', scope: 'settings:read' },
  },
  nothing,
  async (views, { services }) => views.settings(await services.settings.read()),
);

function noSuchUser(): CardeaError {
  return new CardeaError({ code: 'not_found', status: 404, message: 'No such user.' });
}

export const yamlOperations = [
  getClientYaml,
  getApiYaml,
  getUserYaml,
  getWebhookYaml,
  getTierYaml,
  getSettingsYaml,
] as const;
