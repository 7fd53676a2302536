/**
 * The invitations of a Cardea where people can register themselves.
 */
import type { Clock } from '../clock.ts';
import { isAdminApi } from '../definitions/admin_scopes.ts';
import { scopesOfRole } from '../definitions/operator_roles.ts';
import { clientCaller, type Operators, projectOfClient } from '../operators/room.ts';
import type { Store } from '../storage/store.ts';
import { isUserActive } from '../storage/users.ts';

const needed = 'users:write';

/**
 * Whether whoever made an invitation could make it now. `createdBy`: as in the audit log (`user:…`, `client:…`,
 * `api_key:…`, `operator` for the command line).
 */
export function createMayInvite({
  store: { users, clients, apiKeys, projects },
  operators,
  clock,
}: {
  store: Pick<Store, 'users' | 'clients' | 'apiKeys' | 'projects'>;
  operators: () => Promise<Pick<Operators, 'find'>>;
  clock: Clock;
}): (createdBy: string) => Promise<boolean> {
  const mayPerson = async (id: string) => {
    const user = await users.find(id);
    const operator = await (await operators()).find(id);
    return user && operator
      ? isUserActive(user) && scopesOfRole(operator.role).includes(needed)
      : false;
  };

  const mayClient = async (id: string) => {
    const client = await clients.find(id);
    if (!client || client.disabledAt !== undefined) return false;
    const { apis = [], scope = '' } = client.metadata;
    const project = projectOfClient(client);
    const { scopes } = clientCaller({ clientId: id, scopes: String(scope).split(' '), project });
    return [apis].flat().some(isAdminApi) && scopes.has(needed);
  };

  const mayProject = async (id: string) => {
    const { api, disabledAt, scopes } = (await projects.find(id)) ?? {};
    return isAdminApi(api) && disabledAt === undefined && (scopes?.includes(needed) ?? true);
  };

  const mayKey = async (id: string) => {
    const key = await apiKeys.find(id);
    const { disabledAt, revokedAt, expiresAt, scopes, userId, projectId } = key ?? {};
    const isOver = expiresAt !== undefined && expiresAt <= clock.now();
    const isEnded = disabledAt !== undefined || revokedAt !== undefined || isOver;
    if (isEnded || !scopes?.includes(needed)) return false;
    if (projectId !== undefined) return mayProject(projectId);
    return userId !== undefined && mayPerson(userId);
  };

  return async (createdBy) => {
    if (createdBy === 'operator') return true;
    const [kind, id = ''] = createdBy.split(/:(.*)/s);
    if (kind === 'user') return mayPerson(id);
    if (kind === 'client') return mayClient(id);
    return kind === 'api_key' && mayKey(id);
  };
}
