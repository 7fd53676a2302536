/**
 * Users of the declarative file. What the file says of a user wins at each start: its email, claims, roles
 * (absent is none of them) and password. What it cannot say (disabled) or leaves out (email, password) stays.
 *
 * Whether a declared password is the stored one only argon2 can tell: some 30 ms a user and start, where
 * keeping a faster digest would give a thief of the database a faster guess. A password_hash is compared as
 * text; one that is weaker than today's is replaced at sign-in and comes back at the next start, so declare a
 * current one.
 */
import { isDeepStrictEqual } from 'node:util';
import type { AuditContext, AuditEventType } from '../audit/events.ts';
import type { UserDeclaration } from '../config/declaration.ts';
import { CardeaError } from '../errors.ts';
import { DuplicateError } from '../storage/errors.ts';
import type { UserRecord } from '../storage/users.ts';
import { costOf, inStandardOrder } from './encoded_hash.ts';
import { storableName } from './names.ts';
import type { Passwords } from './passwords.ts';

/** Usernames. */
export type DeclaredUsers = { created: string[]; updated: string[]; unchanged: string[] };

type NamedUser = Omit<UserDeclaration, 'password' | 'password_hash'>;

export type DeclareDependencies = {
  find(username: string): Promise<UserRecord | undefined>;
  /** Throws DuplicateError. */
  insert(user: NamedUser, passwordHash: string | undefined, by: AuditContext): Promise<unknown>;
  /** Applies the difference to the newest version; throws DuplicateError. */
  modify(
    id: string,
    change: (user: UserRecord) => Partial<UserRecord> | undefined,
  ): Promise<{ changed: boolean }>;
  passwords: Pick<Passwords, 'hash' | 'verify'>;
  note(type: AuditEventType, userId: string, by: AuditContext): Promise<void>;
};

const by: AuditContext = { actor: 'system' };

/** One after another, so that a long list does not fill the queue that sign-ins wait in. */
export async function declareUsers(
  declarations: readonly UserDeclaration[],
  dependencies: DeclareDependencies,
): Promise<DeclaredUsers> {
  requireUsable(declarations);
  const result: DeclaredUsers = { created: [], updated: [], unchanged: [] };
  for (const declaration of declarations) {
    result[await declareUser(declaration, dependencies)].push(declaration.username);
  }
  return result;
}

/** What the file's schema cannot see; before anything is changed. */
function requireUsable(declarations: readonly UserDeclaration[]): void {
  const seen = new Set<string>();
  for (const { username, password_hash } of declarations) {
    const name = storableName(username, 'username');
    if (seen.has(name)) throw unusable(`the user ${name} twice`);
    seen.add(name);
    if (password_hash !== undefined && !costOf(password_hash)) {
      throw unusable(`a password_hash for ${name} that is no usable argon2id hash`);
    }
  }
}

async function declareUser(
  { password, password_hash, ...declared }: UserDeclaration,
  dependencies: DeclareDependencies,
): Promise<keyof DeclaredUsers> {
  const { find, insert, passwords } = dependencies;
  const hashFor = async (stored: string | undefined): Promise<string | undefined> => {
    if (password_hash !== undefined) return inStandardOrder(password_hash);
    if (password === undefined) return stored;
    if (stored !== undefined && (await passwords.verify(stored, password))) return stored;
    return passwords.hash(password);
  };

  const stored = await find(declared.username);
  if (stored) return update(stored, declared, await hashFor(stored.passwordHash), dependencies);
  const hash = await hashFor(undefined);
  try {
    await insert(declared, hash, by);
    return 'created';
  } catch (error) {
    // Another process that starts at the same time was faster; otherwise the email is somebody else's.
    const other = error instanceof DuplicateError ? await find(declared.username) : undefined;
    if (!other) throw error;
    return update(other, declared, await hashFor(other.passwordHash), dependencies);
  }
}

async function update(
  before: UserRecord,
  { email, email_verified, claims, roles }: NamedUser,
  passwordHash: string | undefined,
  { modify, note }: DeclareDependencies,
): Promise<keyof DeclaredUsers> {
  let rehashed = false;
  const { changed } = await modify(before.id, (user) => {
    // A hash that changed meanwhile is another process's, of the same password.
    rehashed = passwordHash !== user.passwordHash && user.passwordHash === before.passwordHash;
    const wanted = {
      ...(email !== undefined && {
        email: storableName(email, 'email'),
        emailVerified: email_verified,
      }),
      ...(rehashed && { passwordHash }),
      claims,
      roles,
    };
    return isDeepStrictEqual(asStored({ ...user, ...wanted }), asStored(user)) ? undefined : wanted;
  });
  if (!changed) return 'unchanged';
  await note('user.updated', before.id, by);
  if (rehashed) await note('user.password_changed', before.id, by);
  return 'updated';
}

/** Stores keep JSON: what JSON leaves out makes no difference. */
function asStored(record: UserRecord): unknown {
  return JSON.parse(JSON.stringify(record));
}

function unusable(what: string): CardeaError {
  return new CardeaError({
    code: 'invalid_declaration',
    status: 500,
    message: `The declarative file names ${what}.`,
  });
}
