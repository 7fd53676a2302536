/**
 * Clients that every server has. As for declared ones, each start decides what they are, and nothing is written unless
 * something differs.
 *
 * Their secrets are derived from the master secrets. While those rotate, nodes that know the old one alone and nodes that
 * know both run side by side, so the client keeps a hash for each that this node knows.
 */
import { bySystem } from '../audit/room.ts';
import { DuplicateError } from '../storage/errors.ts';
import { isSameRecord } from '../storage/same_record.ts';
import { hashSecret } from './secrets.ts';
import { ofOperator } from './sources.ts';
import type { ClientChange, ClientWriter } from './writer.ts';

export type BuiltInClient = {
  clientId: string;
  metadata: Record<string, unknown>;
  /** All are valid; the newest one first. */
  secrets: readonly [string, ...string[]];
};

/** What somebody disabled stays disabled. Safe in several processes at once. */
export async function applyBuiltInClient(
  { clientId, metadata, secrets }: BuiltInClient,
  { store, clock, insert, change }: ClientWriter,
): Promise<void> {
  if (!(await store.find(clientId))) {
    try {
      await insert({ clientId, metadata, secret: secrets[0], source: 'file', created: bySystem });
    } catch (error) {
      // Another process was faster.
      if (!(error instanceof DuplicateError)) throw error;
    }
  }
  await change(clientId, { type: 'updated', by: bySystem }, (stored) => {
    const hashes = secrets.map((secret) => {
      const wanted = hashSecret(secret, clock.now());
      const known = stored.secretHashes.find(({ hash }) => hash === wanted.hash);
      return { ...wanted, ...(known && { createdAt: known.createdAt }) };
    });
    const wanted: ClientChange = {
      ...{ metadata, source: 'file', bounds: undefined, ...ofOperator },
      secretHashes: hashes,
    };
    return isSameRecord({ ...stored, ...wanted }, stored) ? undefined : wanted;
  });
}
