/**
 * Who manages a record: lists tell it, and whoever changes one is told what the next start would undo.
 */
import { builtInClientIds } from '../definitions/built_in.ts';
import { normaliseName } from '../definitions/names.ts';
import type { ClientRecord } from '../storage/clients.ts';
import type { DocumentStore } from '../storage/documents.ts';
import { type DeclaredName, readDeclarationRecord } from './declaration_record.ts';
import type { DeclarationPlaces } from './places.ts';

/** `yes`: declared by the file that this process has; `no_longer`: by an earlier one; `no`: by none. */
export type Declared = 'yes' | 'no_longer' | 'no';

export type Management = {
  /**
   * `built_in`: Cardea itself; `file`: the file of this process; `nobody`: an earlier file, and no decision since; `dynamic`, `document`: the client
   * itself, by registration or by its metadata document.
   */
  by: 'built_in' | 'file' | 'operator' | 'dynamic' | 'document' | 'nobody';
  /** Where in the file: `cardea.yaml: clients[2] (line 14)`. */
  place?: string | undefined;
  /** Until when it was in the file, if that is known: milliseconds since the epoch. */
  inFileUntil?: number | undefined;
};

export type DeclaredLookup = {
  user(user: { id: string; username: string }): Declared;
  client(clientId: string): Declared;
  managementOf: {
    user(user: { id: string; username: string }): Management;
    client(client: Pick<ClientRecord, 'clientId' | 'source'>): Management;
    api(identifier: string): Management;
    /** One of the file, by its URL. */
    webhook(url: string): Management;
    /** The role of this user. */
    operator(user: { id: string; username: string }): Management;
  };
};

/** As of now. Throws StoreUnavailableError. */
export async function readDeclaredLookup({
  places,
  documents,
}: {
  places: Pick<DeclarationPlaces, 'placeOf'>;
  documents: DocumentStore;
}): Promise<DeclaredLookup> {
  const { removed, declared } = await readDeclarationRecord(documents);
  const keyOf = ({ kind, id }: Pick<DeclaredName, 'kind' | 'id'>) => `${kind}:${id}`;
  // What another node's file declares, and this one's does not, may have left it just now.
  const former = new Map<string, number | undefined>([
    ...declared.map((one) => [keyOf(one), undefined] as const),
    ...removed.map((one) => [keyOf(one), one.at] as const),
  ]);

  const management = (
    { kind, id, name }: DeclaredName,
    otherwise: Management['by'] = 'operator',
  ): Management => {
    const place = places.placeOf(kind, name);
    if (place !== undefined) return { by: 'file', place };
    const key = keyOf({ kind, id });
    if (!former.has(key)) return { by: otherwise };
    const inFileUntil = former.get(key);
    return { by: 'nobody', ...(inFileUntil !== undefined && { inFileUntil }) };
  };
  const stateOf = (name: DeclaredName): Declared => states[management(name).by];

  const userName = ({ id, username }: { id: string; username: string }): DeclaredName => ({
    ...{ kind: 'user', id, name: normaliseName(username) },
  });
  const clientName = (id: string): DeclaredName => ({ kind: 'client', id, name: id });
  return {
    user: (user) => stateOf(userName(user)),
    client: (id) => stateOf(clientName(id)),
    managementOf: {
      user: (user) => management(userName(user)),
      client: ({ clientId, source }) =>
        builtInClientIds.has(clientId)
          ? { by: 'built_in' }
          : management(clientName(clientId), clientManagers[source]),
      operator: (user) => management({ ...userName(user), kind: 'operator' }),
      api: (id) => management({ kind: 'api', id, name: id }),
      webhook: (url) => {
        const place = places.placeOf('webhook', url);
        return place === undefined ? { by: 'operator' } : { by: 'file', place };
      },
    },
  };
}

const states: Record<Management['by'], Declared> = {
  ...{ file: 'yes', nobody: 'no_longer' },
  ...{ built_in: 'no', operator: 'no', dynamic: 'no', document: 'no' },
};

const clientManagers: Record<ClientRecord['source'], Management['by']> = {
  file: 'operator',
  operator: 'operator',
  dynamic: 'dynamic',
  open: 'dynamic',
  document: 'document',
};
