/**
 * What an API learns about a person from each access token: the claims that its operator names for it (RFC 9068 section
 * 2.2.3.1), as they are now.
 */
import type { ApiRegistry } from '../../apis/room.ts';
import { claimName } from '../../definitions/claims.ts';
import type { AccountDirectory } from '../engine/accounts.ts';

/** Empty for an API that asks for nothing, and where no person is behind the token. */
export type ClaimsForApi = (
  identifier: unknown,
  accountId: string | undefined,
) => Promise<Record<string, unknown>>;

export function createClaimsForApi({
  apis,
  users,
}: {
  apis: Pick<ApiRegistry, 'find'>;
  users: AccountDirectory;
}): ClaimsForApi {
  return async (identifier, accountId) => {
    const wanted = new Set(typeof identifier === 'string' ? apis.find(identifier)?.claims : []);
    const user = wanted.size > 0 && accountId ? await users.find(accountId) : undefined;
    if (!user) return {};
    const claims = Object.entries(users.claimsOf(user));
    return Object.fromEntries(claims.filter(([name]) => wanted.has(claimName(name))));
  };
}
