/**
 * Users who come from another server: what keeps one of them out, and how they are added. Where they are read from, and
 * what becomes of the others when one is refused, is for imports/ to say.
 */
import type { AuditContext } from '../audit/room.ts';
import type { Problem } from '../config/problems.ts';
import type { UserDeclaration } from '../config/schema/declaration.ts';
import { normaliseName } from '../definitions/names.ts';
import type { UserRecord, UserStore } from '../storage/users.ts';
import { declaredUserProblems } from './declared_problems.ts';
import { inStandardOrder } from './encoded_hash.ts';
import type { NewUser } from './service.ts';

export type ImportedUser = Omit<UserDeclaration, 'password'> & { disabled: boolean };

export type ImportedUsers = {
  /**
   * What is wrong with the user alone, and beside the users of the store; places begin at the user. `isThere`: an
   * earlier import has added the user, with this subject.
   */
  check(user: ImportedUser): Promise<{ problems: Problem[]; isThere: boolean }>;
  /** Whether the store has a user with this subject. */
  has(subject: string): Promise<boolean>;
  /** Throws DuplicateError. */
  add(user: ImportedUser, by: AuditContext): Promise<void>;
};

export function createImportedUsers({
  store,
  insert,
}: {
  store: Pick<UserStore, 'find' | 'findByUsername' | 'findByEmail'>;
  insert(
    user: NewUser,
    hashes: Pick<UserRecord, 'passwordHash'>,
    by: AuditContext,
  ): Promise<unknown>;
}): ImportedUsers {
  return {
    async check(user) {
      const { subject } = user;
      const bySubject = subject === undefined ? undefined : await store.find(subject);
      const username = normaliseName(user.username);
      if (bySubject?.username === username) return { problems: [], isThere: true };
      const own = declaredUserProblems([user]).map((problem) => ({
        ...problem,
        where: problem.where.replace('users[0].', ''),
      }));
      if (own.length > 0) return { problems: own, isThere: false };
      const taken = await takenNames(store, { ...user, username });
      const problems = [...(bySubject ? ['subject'] : []), ...taken].map((where) => ({
        where,
        problem: 'belongs to another user of the store',
        remedy: 'Change one of the two, or leave this one out.',
      }));
      return { problems, isThere: false };
    },

    has: async (subject) => (await store.find(subject)) !== undefined,

    async add({ password_hash, email_verified, ...user }, by) {
      const passwordHash = password_hash && inStandardOrder(password_hash);
      await insert({ ...user, emailVerified: email_verified }, { passwordHash }, by);
    },
  };
}

/** No text may name two users, one by username and the other by email. */
async function takenNames(
  store: Pick<UserStore, 'findByUsername' | 'findByEmail'>,
  { username, email }: Pick<ImportedUser, 'username' | 'email'>,
): Promise<string[]> {
  const namesUser = async (name: string) =>
    (await store.findByUsername(name)) ?? (await store.findByEmail(name));
  return [
    ...((await namesUser(username)) ? ['username'] : []),
    ...(email !== undefined && (await namesUser(normaliseName(email))) ? ['email'] : []),
  ];
}
