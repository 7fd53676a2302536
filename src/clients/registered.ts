/**
 * Clients that registered themselves (RFC 7591) and manage themselves (RFC 7592). What they may ask for was
 * decided before; here it is only made sure that they touch no record but their own kind.
 */
import type { AuditContext } from '../audit/events.ts';
import { CardeaError } from '../errors.ts';
import type { ClientRecord } from '../storage/clients.ts';
import { DuplicateError } from '../storage/errors.ts';
import { hashSecret, needsSecret } from './secrets.ts';
import type { ClientWriter } from './writer.ts';

export type RegisteredClients = {
  /** Creates or replaces. `secret`: the plain one, when it is new. Throws CardeaError `not_registered` (403). */
  saveRegistered(client: {
    clientId: string;
    metadata: Record<string, unknown>;
    secret?: string | undefined;
  }): Promise<void>;
  /** No error when there is none. Throws CardeaError `not_registered` (403). */
  removeRegistered(clientId: string): Promise<void>;
};

const by: AuditContext = { actor: 'client' };

export function createRegistered({
  store,
  clock,
  insert,
  change,
  note,
}: ClientWriter): RegisteredClients {
  return {
    async saveRegistered({ clientId, metadata, secret }) {
      if (!(await store.find(clientId))) {
        try {
          await insert({ clientId, metadata, secret, source: 'dynamic' });
          return await note('created', clientId, by);
        } catch (error) {
          if (!(error instanceof DuplicateError)) throw error;
        }
      }
      await change(clientId, (stored) => {
        requireRegistered(stored);
        if (!needsSecret(metadata)) return { metadata, secretHashes: [] };
        return { metadata, ...(secret && { secretHashes: [hashSecret(secret, clock.now())] }) };
      });
      await note('updated', clientId, by);
    },

    async removeRegistered(clientId) {
      const stored = await store.find(clientId);
      if (!stored) return;
      requireRegistered(stored);
      if (await store.remove(clientId)) await note('deleted', clientId, by);
    },
  };
}

/** An operator or the file may have taken a client over that registered itself once. */
function requireRegistered({ source }: ClientRecord): void {
  if (source === 'dynamic') return;
  throw new CardeaError({
    code: 'not_registered',
    status: 403,
    message: 'This client is managed by the operator.',
  });
}
