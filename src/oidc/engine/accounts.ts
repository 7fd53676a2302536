/** Users as the library knows them: an identifier and the claims that a scope or request releases. */
import type { FindAccount } from 'oidc-provider';
import type { UserRecord } from '../../storage/users.ts';

export type AccountDirectory = {
  find(userId: string): Promise<UserRecord | undefined>;
  /** All standard claims of a user (OpenID Connect Core 5.1); the library releases what was granted. */
  claimsOf(user: UserRecord): Record<string, unknown>;
};

export function createFindAccount(users: AccountDirectory): FindAccount {
  return async (_ctx, accountId) => {
    const user = await users.find(accountId);
    if (!user || user.disabledAt !== undefined) return undefined;
    return {
      accountId,
      claims: async () => ({ ...users.claimsOf(user), sub: accountId }),
    };
  };
}
