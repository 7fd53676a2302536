/**
 * What the declarative file has to do with a user or a client that a command is about: lists tell it, and what the
 * next start would undo is said before somebody relies on it.
 */
import { readDeclarationRecord } from '../../declaration/room.ts';
import { normaliseName } from '../../definitions/names.ts';
import { CardeaError } from '../../errors.ts';
import type { OperatorContext } from '../context.ts';
import { remark } from '../terminal/output.ts';

/** `yes`: by the file that this command has; `no_longer`: by an earlier one; `no`: by none. */
export type Declared = 'yes' | 'no_longer' | 'no';

export type DeclaredLookup = {
  user(user: { id: string; username: string }): Declared;
  client(clientId: string): Declared;
};

export async function declaredLookup({
  config,
  store,
}: Pick<OperatorContext, 'config' | 'store'>): Promise<DeclaredLookup> {
  const { users, clients } = config.declaration;
  const usernames = new Set(users.map(({ username }) => normaliseName(username)));
  const clientIds = new Set(clients.map(({ client_id }) => client_id));
  const { removed, declared } = await readDeclarationRecord(store.documents);
  const former = new Set([...removed, ...declared].map(({ kind, id }) => `${kind}:${id}`));
  const stateOf = (isDeclared: boolean, key: string): Declared =>
    isDeclared ? 'yes' : former.has(key) ? 'no_longer' : 'no';
  return {
    user: ({ id, username }) => stateOf(usernames.has(username), `user:${id}`),
    client: (id) => stateOf(clientIds.has(id), `client:${id}`),
  };
}

/** For lists and cards. */
export function declaredText(declared: Declared): string {
  return { yes: 'file', no_longer: 'no longer in the file', no: '' }[declared];
}

/** Tells people on stderr; answers what stands in the JSON of a command: absent where there is nothing to warn of. */
export function warn(warnings: readonly string[]): { warnings?: readonly string[] } {
  for (const warning of warnings) remark(`Warning: ${warning}`);
  return warnings.length > 0 ? { warnings } : {};
}

/** In place of `not_found`, where the next start makes what is missing. */
export function explainMissing(error: unknown, what: string, isDeclared: boolean): unknown {
  if (!isDeclared || !(error instanceof CardeaError) || error.code !== 'not_found') return error;
  return new CardeaError({
    code: 'not_applied_yet',
    status: 409,
    message: `Not applied yet: the declarative file declares this ${what}, and the next start of a node makes it.`,
  });
}
