/**
 * The invitations of a Cardea where people can register themselves.
 */
import type { Clock } from '../clock.ts';
import { scopesOfRole } from '../definitions/operator_roles.ts';
import type { Operators } from '../operators/room.ts';
import type { Store } from '../storage/store.ts';
import { isUserActive } from '../storage/users.ts';

const needed = 'users:write';

/**
 * Whether whoever made an invitation could make it now. `createdBy`: as in the audit log (`user:…`, `client:…`,
 * `api_key:…`, `operator` for the command line).
 */
export function createMayInvite({
  store: { users, clients, apiKeys },
  operators,
  clock,
}: {
  store: Pick<Store, 'users' | 'clients' | 'apiKeys'>;
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
    return String(client.metadata.scope ?? '')
      .split(' ')
      .includes(needed);
  };

  const mayKey = async (id: string) => {
    const { disabledAt, revokedAt, expiresAt, scopes, userId } = (await apiKeys.find(id)) ?? {};
    const isOver = expiresAt !== undefined && expiresAt <= clock.now();
    const isEnded = disabledAt !== undefined || revokedAt !== undefined || isOver;
    if (isEnded || !scopes?.includes(needed)) return false;
    return userId === undefined || mayPerson(userId);
  };

  return async (createdBy) => {
    if (createdBy === 'operator') return true;
    const [kind, id = ''] = createdBy.split(/:(.*)/s);
    if (kind === 'user') return mayPerson(id);
    if (kind === 'client') return mayClient(id);
    return kind === 'api_key' && mayKey(id);
  };
}
