/**
 * Users in the declarative file. At each start, the file decides a user's email, claims, groups, roles
 * (absent means none) and password. What it leaves out (email, password) or cannot express (disabled) stays.
 *
 * Only argon2 can tell whether a declared password is the stored one, at about 30 ms per user and start;
 * storing a faster digest would help whoever steals the database to guess. For a declared password_hash its
 * digest is stored, so that the file's hash is recognized even after a sign-in has rehashed the password.
 * Changing the password ends all sessions, grants and tokens of the user, as it always does.
 */
import { type AuditContext, byFile } from '../audit/room.ts';
import type { UserDeclaration } from '../config/schema/declaration.ts';
import { sha256 } from '../digests.ts';
import { CardeaError } from '../errors.ts';
import { DuplicateError } from '../storage/errors.ts';
import { isSameRecord } from '../storage/same_record.ts';
import type { UserRecord } from '../storage/users.ts';
import { declaredUserProblems } from './declared_problems.ts';
import { withoutEmailLinks } from './email_changes.ts';
import { inStandardOrder } from './encoded_hash.ts';
import type { Passwords } from './passwords.ts';
import { storableName } from './storable_names.ts';

/** Usernames. */
export type DeclaredUsers = { created: string[]; updated: string[]; unchanged: string[] };

type PasswordHashes = Pick<UserRecord, 'passwordHash' | 'declaredHash'>;
type NamedUser = Omit<UserDeclaration, 'password' | 'password_hash'>;

export type DeclareDependencies = {
  find(username: string): Promise<UserRecord | undefined>;
  /** Throws DuplicateError. */
  insert(user: NamedUser, hashes: PasswordHashes, by: AuditContext): Promise<unknown>;
  /** Sets the hashes and ends everything issued before. Resolves to false if `decide` left them unchanged. */
  setHashes(
    id: string,
    by: AuditContext,
    decide: (user: UserRecord) => PasswordHashes | undefined,
  ): Promise<boolean>;
  /** Applies the change to the newest version. Throws DuplicateError. */
  modify(
    id: string,
    change: (user: UserRecord) => Partial<UserRecord> | undefined,
  ): Promise<{ changed: boolean }>;
  passwords: Pick<Passwords, 'hash' | 'verify'>;
};

/** Users are declared one after another, so that a long list does not fill the queue that sign-ins wait in. */
export async function declareUsers(
  declarations: readonly UserDeclaration[],
  dependencies: DeclareDependencies,
): Promise<DeclaredUsers> {
  requireUsable(declarations);
  await requireSameSubjects(declarations, dependencies);
  const result: DeclaredUsers = { created: [], updated: [], unchanged: [] };
  for (const declaration of declarations) {
    result[await declareUser(declaration, dependencies)].push(declaration.username);
  }
  return result;
}

/** Checked before anything is changed. */
function requireUsable(declarations: readonly UserDeclaration[]): void {
  const problems = declaredUserProblems(declarations);
  if (problems.length === 0) return;
  const sentences = problems.map(({ where, problem, remedy }) => `${where} ${problem}. ${remedy}`);
  throw new CardeaError({
    code: 'invalid_declaration',
    status: 500,
    message: `The declarative file cannot be applied:\n${sentences.join('\n')}`,
  });
}

/** A subject is for life: grants, tokens and what apps keep are bound to it. */
async function requireSameSubjects(
  declarations: readonly UserDeclaration[],
  { find }: Pick<DeclareDependencies, 'find'>,
): Promise<void> {
  for (const [index, { username, subject }] of declarations.entries()) {
    if (subject === undefined) continue;
    const stored = await find(username);
    if (!stored || stored.id === subject) continue;
    throw new CardeaError({
      code: 'other_subject',
      status: 409,
      message: `The declarative file cannot be applied: users[${index}].subject is not the one that the user has in the store, and a subject cannot change. Remove it from the file, or delete the user first (cardea users delete).`,
    });
  }
}

async function declareUser(
  { password, password_hash, ...declared }: UserDeclaration,
  dependencies: DeclareDependencies,
): Promise<keyof DeclaredUsers> {
  const { find, insert, passwords } = dependencies;
  /** Undefined if the stored hash matches the file, or the file says nothing. */
  const hashesFor = async (stored: PasswordHashes = {}): Promise<PasswordHashes | undefined> => {
    if (password_hash !== undefined) {
      const declaredHash = sha256(password_hash);
      if (stored.declaredHash === declaredHash) return undefined;
      return { passwordHash: inStandardOrder(password_hash), declaredHash };
    }
    if (password === undefined) return undefined;
    const { passwordHash } = stored;
    if (passwordHash !== undefined && (await passwords.verify(passwordHash, password))) {
      return undefined;
    }
    return { passwordHash: await passwords.hash(password), declaredHash: null };
  };

  const stored = await find(declared.username);
  if (stored) return updateDeclared(stored, declared, await hashesFor(stored), dependencies);
  const hashes = await hashesFor();
  try {
    await insert(declared, hashes ?? {}, byFile);
    return 'created';
  } catch (error) {
    // Either another process applied the same file first, or the email belongs to somebody else.
    const other = error instanceof DuplicateError ? await find(declared.username) : undefined;
    if (!other) throw error;
    return updateDeclared(other, declared, await hashesFor(other), dependencies);
  }
}

async function updateDeclared(
  before: UserRecord,
  { email, email_verified, claims, groups, roles }: NamedUser,
  hashes: PasswordHashes | undefined,
  { modify, setHashes }: DeclareDependencies,
): Promise<keyof DeclaredUsers> {
  const isOnlyNoted =
    hashes?.passwordHash === before.passwordHash ? hashes?.declaredHash : undefined;
  const isSet =
    hashes !== undefined &&
    !isOnlyNoted &&
    // A hash that changed in the meantime was set by another process, for the same password.
    (await setHashes(before.id, byFile, (user) =>
      user.passwordHash === before.passwordHash ? hashes : undefined,
    ));
  const { changed } = await modify(before.id, (user) => {
    const wanted = {
      ...(email !== undefined && {
        email: storableName(email, 'email'),
        emailVerified: email_verified,
        ...withoutEmailLinks(user, storableName(email, 'email')),
      }),
      ...(isOnlyNoted && { declaredHash: isOnlyNoted }),
      claims,
      groups,
      roles,
    };
    return isSameRecord({ ...user, ...wanted }, user) ? undefined : wanted;
  });
  return changed || isSet ? 'updated' : 'unchanged';
}
