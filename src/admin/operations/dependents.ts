/**
 * What would break if an object went.
 */
import { z } from 'zod';
import { auditFieldsOf } from '../../api_keys/room.ts';
import { maxLength } from '../../definitions/lengths.ts';
import { mostCounted } from '../../definitions/limits.ts';
import { type NamedRevocation, revocationOf } from '../../tokens/room.ts';
import type { AdminCaller } from '../caller.ts';
import { countedOf, type Dependents, dependentsOf, dependentsSchema } from '../dependents.ts';
import { type OperationFacts, operation } from '../operation.ts';
import { nothing } from '../schemas.ts';
import type { AdminServices } from '../services.ts';
import { foundApiKey } from './api_keys.ts';
import { foundClient } from './clients.ts';
import { foundProject } from './projects.ts';
import { foundUser } from './users.ts';

const description =
  'What ends where it is disabled, deleted or revoked. Each number is counted up to a limit.';

type Given<Params> = { params: Params; services: AdminServices; caller: AdminCaller };

/** `besides`: what no revocation ends, but hangs on the object. */
type Named = Pick<NamedRevocation, 'target'> & { besides?: Partial<Dependents> };

/** `name` throws CardeaError `not_found` for an object that the caller may not see. */
function dependentsOperation<Params extends z.ZodType>(
  facts: Pick<OperationFacts, 'id' | 'path' | 'tag' | 'summary' | 'scope'>,
  params: Params,
  name: (given: Given<z.output<Params>>) => Promise<Named>,
) {
  return operation({
    ...{ ...facts, method: 'GET', description },
    ...{ params, query: nothing, body: z.undefined(), result: dependentsSchema },
    async run({ now, services, ...given }) {
      const { target, besides } = await name({ services, ...given });
      return { result: { ...(await dependentsOf(target, { services, now })), ...besides } };
    },
  });
}

export const getClientDependents = dependentsOperation(
  {
    ...{ id: 'getClientDependents', path: '/clients/{client_id}/dependents', tag: 'Clients' },
    ...{ summary: 'See what would break without a client', scope: 'clients:read' },
  },
  z.strictObject({ client_id: z.string().min(1).max(2000) }),
  async ({ params, services, caller }) => {
    const { clientId } = await foundClient(services, params.client_id, caller);
    const besides = { apis: countedOf(services.apis.byClientId(clientId).length) };
    return { ...revocationOf.client(clientId), besides };
  },
);

export const getUserDependents = dependentsOperation(
  {
    ...{ id: 'getUserDependents', path: '/users/{user_id}/dependents', tag: 'Users' },
    ...{ summary: 'See what would break without a user', scope: 'users:read' },
  },
  z.strictObject({ user_id: z.string().min(1).max(maxLength.subject) }),
  async ({ params, services }) => {
    const { id: ownerId } = await foundUser(services, params.user_id);
    const { items: owned } = await services.store.projects.list({
      ...{ ownerId, limit: mostCounted + 1 },
    });
    const besides = { projects: countedOf(owned.length) };
    return { ...revocationOf.user(ownerId, { apiKeys: true }), besides };
  },
);

export const getProjectDependents = dependentsOperation(
  {
    ...{ id: 'getProjectDependents', path: '/projects/{project_id}/dependents', tag: 'Projects' },
    ...{ summary: 'See what would break without a project', scope: 'projects:read' },
  },
  z.strictObject({ project_id: z.string().min(1).max(100) }),
  async ({ params, services, caller }) =>
    revocationOf.project(await foundProject(services, params.project_id, caller)),
);

export const getApiKeyDependents = dependentsOperation(
  {
    ...{ id: 'getApiKeyDependents', path: '/api-keys/{key_id}/dependents', tag: 'API keys' },
    ...{ summary: 'See what would break without an API key', scope: 'api_keys:read' },
  },
  z.strictObject({ key_id: z.string().min(1).max(100) }),
  async ({ params, services, caller }) => {
    const record = await foundApiKey(services, params.key_id, caller);
    return revocationOf.apiKey(record, auditFieldsOf(record));
  },
);

export const dependentsOperations = [
  getClientDependents,
  getUserDependents,
  getProjectDependents,
  getApiKeyDependents,
] as const;
