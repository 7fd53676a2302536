/** Users as the library knows them: an identifier, and the claims of which it releases what was granted. */
import type { FindAccount } from 'oidc-provider';
import type { UserRecord } from '../../storage/users.ts';

export type AccountDirectory = {
  find(userId: string): Promise<UserRecord | undefined>;
  /** All claims that a user has (OpenID Connect Core section 5.1). */
  claimsOf(user: UserRecord): Record<string, unknown>;
};

export function createFindAccount(users: AccountDirectory): FindAccount {
  return async (ctx, accountId) => {
    const user = await users.find(accountId);
    if (!user || user.disabledAt !== undefined) return undefined;
    return {
      accountId,
      async claims(use, _scope, requested) {
        const claims = users.claimsOf(user);
        const isMinimal = use === 'id_token' && ctx.oidc.client?.id_token_claims === 'minimal';
        const released = isMinimal ? onlyNamed(claims, requested) : claims;
        return { ...released, sub: accountId };
      },
    };
  };
}

function onlyNamed(claims: Record<string, unknown>, names: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(claims).filter(([name]) => Object.hasOwn(names, name)));
}
