/**
 * Clients of the declarative file: what it says of a client wins at each start, whoever made that client.
 * What it cannot say (disabled) stays. Nothing is written when nothing differs.
 *
 * One thing does not win: a declared secret that was rotated away since. It may have leaked, and a restart
 * must not bring it back to life. The file should name the new one, or any other.
 */
import type { ClientDeclaration } from '../config/schema/declaration.ts';
import { sha256 } from '../digests.ts';
import type { ClientRecord, ClientSecretHash } from '../storage/clients.ts';
import { DuplicateError } from '../storage/errors.ts';
import { isSameRecord } from '../storage/same_record.ts';
import { hashSecret } from './secrets.ts';
import type { ClientChange, ClientWriter } from './writer.ts';

/** Client ids. `retiredSecret`: of those, the ones whose declared secret was rotated away and is not valid for long. */
export type DeclaredClients = {
  created: string[];
  updated: string[];
  unchanged: string[];
  retiredSecret: string[];
};

/** Safe in several processes at once. */
export async function declareClients(
  declarations: readonly ClientDeclaration[],
  { store, clock, insert, change, note, validate }: ClientWriter,
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
      await validate(clientId, metadata, secret !== undefined);
      try {
        await insert({ clientId, metadata, secret, source: 'file' });
        await note('created', clientId, { actor: 'system' });
        return 'created';
      } catch (error) {
        // Another process applies the same file and was faster.
        if (!(error instanceof DuplicateError)) throw error;
      }
    }
    const { changed, record } = await change(clientId, async (stored) => {
      const wanted: ClientChange = {
        metadata,
        secretHashes: secretsFor(secret, stored),
        source: 'file',
        bounds: undefined,
      };
      if (isSameRecord({ ...stored, ...wanted }, stored)) return undefined;
      await validate(clientId, metadata, secret !== undefined);
      return wanted;
    });
    if (isRetired(secret, record)) result.retiredSecret.push(clientId);
    if (!changed) return 'unchanged';
    await note('updated', clientId, { actor: 'system' });
    return 'updated';
  }

  /** A secret that the record knows, alive or rotated away, leaves its secrets as they are. */
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
