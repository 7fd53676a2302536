/** Users as the library knows them: an identifier, and the claims of which it releases what was granted. */
import type { FindAccount, KoaContextWithOIDC } from 'oidc-provider';
import { isUserActive, type UserRecord } from '../../storage/users.ts';
import { scopeWords } from '../../tokens/room.ts';

export type AccountDirectory = {
  find(userId: string): Promise<UserRecord | undefined>;
  /** All claims that a user has (OpenID Connect Core section 5.1). */
  claimsOf(user: UserRecord): Record<string, unknown>;
};

export function createFindAccount(users: AccountDirectory): FindAccount {
  return async (ctx, accountId) => {
    const user = await users.find(accountId);
    if (!user || !isUserActive(user)) return undefined;
    return {
      accountId,
      roles: user.roles,
      async claims(use, _scope, requested) {
        const claims = users.claimsOf(user);
        const isShort = use === 'id_token' && wantsShortIdTokens(ctx);
        return { ...(isShort ? onlyNamed(claims, requested) : claims), sub: accountId };
      },
    };
  };
}

/** Beside an access token in the browser's address the claims are userinfo's to tell (Core section 5.4). */
function wantsShortIdTokens({ oidc: { client, params } }: KoaContextWithOIDC): boolean {
  const { response_type: type } = (params ?? {}) as { response_type?: unknown };
  return client?.id_token_claims === 'minimal' || scopeWords(type).includes('token');
}

function onlyNamed(claims: Record<string, unknown>, names: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(claims).filter(([name]) => Object.hasOwn(names, name)));
}
