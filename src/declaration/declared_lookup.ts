/**
 * What the declarative file has to do with a user or a client: lists tell it, and whoever changes one is told what the
 * next start would undo.
 */
import type { Declaration } from '../config/schema/declaration.ts';
import { normaliseName } from '../definitions/names.ts';
import type { DocumentStore } from '../storage/documents.ts';
import { readDeclarationRecord } from './declaration_record.ts';

/** `yes`: declared by the file that this process has; `no_longer`: by an earlier one; `no`: by none. */
export type Declared = 'yes' | 'no_longer' | 'no';

export type DeclaredLookup = {
  user(user: { id: string; username: string }): Declared;
  client(clientId: string): Declared;
};

/** As of now. Throws StoreUnavailableError. */
export async function readDeclaredLookup({
  declaration: { users, clients },
  documents,
}: {
  declaration: Pick<Declaration, 'users' | 'clients'>;
  documents: DocumentStore;
}): Promise<DeclaredLookup> {
  const usernames = new Set(users.map(({ username }) => normaliseName(username)));
  const clientIds = new Set(clients.map(({ client_id }) => client_id));
  const { removed, declared } = await readDeclarationRecord(documents);
  const former = new Set([...removed, ...declared].map(({ kind, id }) => `${kind}:${id}`));
  const stateOf = (isDeclared: boolean, key: string): Declared =>
    isDeclared ? 'yes' : former.has(key) ? 'no_longer' : 'no';
  return {
    user: ({ id, username }) => stateOf(usernames.has(username), `user:${id}`),
    client: (id) => stateOf(clientIds.has(id), `client:${id}`),
  };
}
