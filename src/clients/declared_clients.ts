/**
 * Clients in the declarative file: at each start the file decides what it names, whoever created the client.
 * What it cannot express (disabled) stays. Nothing is written unless something differs.
 *
 * One exception: a declared secret that has been rotated since is not restored. It may have leaked, and a
 * restart must not make it valid again. The file should name the new secret, or another one.
 */
import { byFile } from '../audit/room.ts';
import type { ClientDeclaration } from '../config/schema/declaration.ts';
import { sha256 } from '../digests.ts';
import type { ClientRecord, ClientSecretHash } from '../storage/clients.ts';
import { DuplicateError } from '../storage/errors.ts';
import { isSameRecord } from '../storage/same_record.ts';
import { hashSecret } from './secrets.ts';
import { ofOperator } from './sources.ts';
import type { ClientChange, ClientWriter } from './writer.ts';

/**
 * Client ids. `retiredSecret`: those whose declared secret was rotated and is about to expire or has expired.
 */
export type DeclaredClients = {
  created: string[];
  updated: string[];
  unchanged: string[];
  retiredSecret: string[];
};

/** The clients were checked together with the file. Safe in several processes at once. */
export async function declareClients(
  declarations: readonly ClientDeclaration[],
  { store, clock, insert, change }: ClientWriter,
): Promise<DeclaredClients> {
  const result: DeclaredClients = { created: [], updated: [], unchanged: [], retiredSecret: [] };
  for (const declaration of declarations) {
    result[await declareClient(declaration)].push(declaration.client_id);
  }
  return result;

  async function declareClient({
    client_id: clientId,
    client_secret: secret,
    ...metadata
  }: ClientDeclaration): Promise<'created' | 'updated' | 'unchanged'> {
    if (!(await store.find(clientId))) {
      try {
        await insert({ clientId, metadata, secret, source: 'file', created: byFile });
        return 'created';
      } catch (error) {
        // Another process applied the same file first.
        if (!(error instanceof DuplicateError)) throw error;
      }
    }
    const { changed, record } = await change(
      clientId,
      { type: 'updated', by: byFile },
      (stored) => {
        const wanted: ClientChange = {
          metadata,
          secretHashes: secretsFor(secret, stored),
          source: 'file',
          bounds: undefined,
          ...ofOperator,
        };
        if (isSameRecord({ ...stored, ...wanted }, stored)) return undefined;
        return wanted;
      },
    );
    if (isRetired(secret, record)) result.retiredSecret.push(clientId);
    return changed ? 'updated' : 'unchanged';
  }

  /** If the record knows the declared secret, valid or rotated, its secrets stay as they are. */
  function secretsFor(secret: string | undefined, stored: ClientRecord): ClientSecretHash[] {
    if (secret === undefined) return [];
    return hashOf(secret, stored) ? stored.secretHashes : [hashSecret(secret, clock.now())];
  }
}

function isRetired(secret: string | undefined, record: ClientRecord): boolean {
  return secret !== undefined && hashOf(secret, record)?.expiresAt !== undefined;
}

function hashOf(secret: string, { secretHashes }: ClientRecord): ClientSecretHash | undefined {
  const known = sha256(secret);
  return secretHashes.find(({ hash }) => hash === known);
}
