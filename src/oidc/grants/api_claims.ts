/**
 * What an API learns about a person from each access token: the claims that its operator names for it (RFC 9068 section
 * 2.2.3.1), as they are now.
 */
import type { ApiRegistry } from '../../apis/room.ts';
import { claimName } from '../../definitions/claims.ts';
import type { AccountDirectory } from '../engine/accounts.ts';

/** A token that is being issued. */
type Token = {
  /** The API's identifier; undefined: userinfo alone. */
  audience: unknown;
  accountId: string | undefined;
  scopes: readonly string[];
};

/**
 * Empty for an API that asks for nothing, where no person is behind the token, and where the token has no scope of the
 * API: then the person was not asked about it, or refused.
 */
export type ClaimsForApi = (token: Token) => Promise<Record<string, unknown>>;

export function createClaimsForApi({
  apis,
  users,
}: {
  apis: Pick<ApiRegistry, 'find'>;
  users: AccountDirectory;
}): ClaimsForApi {
  return async ({ audience, accountId, scopes }) => {
    const api = typeof audience === 'string' ? apis.find(audience) : undefined;
    const isGranted = api && scopes.some((scope) => Object.hasOwn(api.scopes, scope));
    const wanted = new Set(isGranted ? api.claims : []);
    const user = wanted.size > 0 && accountId ? await users.find(accountId) : undefined;
    if (!user) return {};
    const claims = Object.entries(users.claimsOf(user));
    return Object.fromEntries(claims.filter(([name]) => wanted.has(claimName(name))));
  };
}
