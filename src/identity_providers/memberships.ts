/**
 * Groups and roles that follow a provider: at each sign-in those that its mapping names are given or taken away. All
 * others of the person are somebody else's to decide.
 */
import type { AuditContext } from '../audit/room.ts';
import { CardeaError } from '../errors.ts';
import type { UserRecord } from '../storage/users.ts';
import type { Users } from '../users/room.ts';
import type { ProvenIdentity } from './outcomes.ts';
import type { IdentityProvider } from './provider.ts';

export type Memberships = {
  /** Answers the user as they are then. */
  follow(
    user: UserRecord,
    provider: IdentityProvider,
    proven: ProvenIdentity,
    by: Omit<AuditContext, 'actor'>,
  ): Promise<UserRecord>;
};

const attempts = 5;

export function createMemberships({
  users,
  isDeclared,
}: {
  users: Pick<Users, 'find' | 'update'>;
  /** Whether the declarative file says what groups and roles this user has. */
  isDeclared(username: string): boolean;
}): Memberships {
  return {
    async follow(given, { id, mapping }, { person }, from) {
      const by = { ...from, actor: `identity_provider:${id}` };
      if (isDeclared(given.username)) return given;
      let user: UserRecord | undefined = given;
      for (let tried = 0; user && tried < attempts; tried += 1) {
        const groups = merged(user.groups ?? [], mapping.groups?.values, person.groups);
        const roles = merged(user.roles, mapping.roles?.values, person.roles);
        if (!groups && !roles) return user;
        try {
          const change = { ...(groups && { groups }), ...(roles && { roles }) };
          return await users.update(user.id, change, { ...by, expectedVersion: user.version });
        } catch (error) {
          if (!(error instanceof CardeaError) || ![409, 412].includes(error.status)) throw error;
          user = await users.find(given.id);
        }
      }
      return user ?? given;
    },
  };
}

/** Undefined: nothing changes. */
function merged(
  has: readonly string[],
  values: Readonly<Record<string, string>> | undefined,
  given: readonly string[],
): string[] | undefined {
  if (!values) return undefined;
  const owned = new Set(Object.values(values));
  const next = [...has.filter((one) => !owned.has(one)), ...given];
  const isSame = next.length === has.length && next.every((one) => has.includes(one));
  return isSame ? undefined : next;
}
