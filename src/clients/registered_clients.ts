/**
 * Clients that registered themselves (RFC 7591) and manage themselves (RFC 7592). What they may register has
 * been decided already; this file makes sure that they change only records of their own kind.
 */
import type { AuditContext } from '../audit/room.ts';
import { needsSecret } from '../definitions/oauth.ts';
import { CardeaError } from '../errors.ts';
import type { ClientRecord } from '../storage/clients.ts';
import { hashSecret } from './secrets.ts';
import type { ClientWriter } from './writer.ts';

export type RegisteredClient = {
  clientId: string;
  metadata: Record<string, unknown>;
  /** The plain secret, if it is new. */
  secret?: string | undefined;
};

export type RegisteredClients = {
  addRegistered(client: RegisteredClient): Promise<void>;
  /**
   * Replaces the metadata, and the secret if a new one is given. A client that was deleted in the meantime
   * stays deleted. Throws CardeaError `not_found` (404), `not_registered` (403).
   */
  updateRegistered(client: RegisteredClient): Promise<void>;
  /**
   * Also ends all its grants and tokens. Does nothing if there is no such client. Throws CardeaError
   * `not_registered` (403), `conflict` (409).
   */
  removeRegistered(clientId: string, context?: Pick<AuditContext, 'requestId'>): Promise<void>;
};

const byClientItself: AuditContext = { actor: 'client' };

export function createRegistered({
  store,
  clock,
  insert,
  change,
  changeAndRevoke,
  note,
}: ClientWriter): RegisteredClients {
  return {
    async addRegistered({ clientId, metadata, secret }) {
      await insert({ clientId, metadata, secret, source: 'dynamic' });
      await note('created', clientId, byClientItself);
    },

    async updateRegistered({ clientId, metadata, secret }) {
      await change(clientId, (stored) => {
        requireRegistered(stored);
        if (!needsSecret(metadata.token_endpoint_auth_method))
          return { metadata, secretHashes: [] };
        return { metadata, ...(secret && { secretHashes: [hashSecret(secret, clock.now())] }) };
      });
      await note('updated', clientId, byClientItself);
    },

    async removeRegistered(clientId, context = {}) {
      if (!(await store.find(clientId))) return;
      await changeAndRevoke(clientId, 'deleted', { ...byClientItself, ...context }, (stored) => {
        requireRegistered(stored);
        return null;
      });
    },
  };
}

/** An operator or the declarative file may have taken over a client that once registered itself. */
function requireRegistered({ source }: ClientRecord): void {
  if (source === 'dynamic') return;
  throw new CardeaError({
    code: 'not_registered',
    status: 403,
    message: 'This client is managed by the operator.',
  });
}
