/**
 * Clients that say themselves what they are: by registration (RFC 7591), which they manage themselves (RFC 7592), or by
 * a metadata document. What they may say has been decided already; this file makes sure that only records of their own
 * kind are changed, and that those nobody vouched for go unless they are used.
 */
import { isDeepStrictEqual } from 'node:util';
import { type AuditContext, asClient } from '../audit/room.ts';
import { needsSecret } from '../definitions/oauth.ts';
import { CardeaError } from '../errors.ts';
import type { ClientRecord } from '../storage/clients.ts';
import { DuplicateError } from '../storage/errors.ts';
import { hashSecret } from './secrets.ts';
import type { ClientWriter } from './writer.ts';

export type RegisteredClient = {
  clientId: string;
  metadata: Record<string, unknown>;
  /** The plain secret, if it is new. */
  secret?: string | undefined;
};

/** What a metadata document says at the moment. Times in milliseconds since the epoch. */
export type ClientDocument = {
  clientId: string;
  metadata: Record<string, unknown>;
  freshUntil: number;
  /** When the record goes if it is new and nobody grants the client anything. */
  expiresAt: number;
};

/** Where the client says it from. */
type FromRequest = Pick<AuditContext, 'ip' | 'requestId'>;

export type RegisteredClients = {
  /** `openUntil`: it registered without an initial access token, and goes by then if it is not used. */
  addRegistered(
    client: RegisteredClient & { openUntil?: number | undefined },
    request?: FromRequest,
  ): Promise<void>;
  /**
   * Replaces the metadata, and the secret if a new one is given. A client that was deleted in the meantime
   * stays deleted. Throws CardeaError `not_found` (404), `not_registered` (403).
   */
  updateRegistered(client: RegisteredClient, request?: FromRequest): Promise<void>;
  /**
   * Also ends all its grants and tokens. Does nothing if there is no such client. Throws CardeaError
   * `not_registered` (403), `conflict` (409).
   */
  removeRegistered(clientId: string, request?: FromRequest): Promise<void>;
  /** Keeps what the document says; answers the record. Throws CardeaError `conflict` (409). */
  putDocument(document: ClientDocument): Promise<ClientRecord>;
  /** Somebody grants the client something: it stays. Throws CardeaError `not_found` (404) where it is gone already. */
  keepUsed(clientId: string): Promise<void>;
};

const byClientItself = (clientId: string, request: FromRequest = {}): AuditContext => ({
  ...{ actor: asClient(clientId), ...request },
});

export function createRegistered({
  store,
  clock,
  insert,
  change,
  changeAndRevoke,
}: ClientWriter): RegisteredClients {
  return {
    async addRegistered({ clientId, metadata, secret, openUntil: expiresAt }, request) {
      if (expiresAt !== undefined) {
        await insert({ ...{ clientId, metadata, secret, expiresAt }, source: 'open' });
        return;
      }
      const created = byClientItself(clientId, request);
      await insert({ clientId, metadata, secret, source: 'dynamic', created });
    },

    async updateRegistered({ clientId, metadata, secret }, request) {
      const by = byClientItself(clientId, request);
      await change(clientId, { type: 'updated', by }, (stored) => {
        requireRegistered(stored);
        if (!needsSecret(metadata.token_endpoint_auth_method))
          return { metadata, secretHashes: [] };
        return { metadata, ...(secret && { secretHashes: [hashSecret(secret, clock.now())] }) };
      });
    },

    async removeRegistered(clientId, request) {
      if (!(await store.find(clientId))) return;
      await changeAndRevoke(clientId, 'deleted', byClientItself(clientId, request), (stored) => {
        requireRegistered(stored);
        return null;
      });
    },

    async putDocument({ clientId, metadata, freshUntil, expiresAt }) {
      const known = await store.find(clientId);
      if (!known) {
        try {
          const source = 'document';
          const times = { freshUntil, expiresAt };
          return await insert({ clientId, metadata, secret: undefined, source, ...times });
        } catch (error) {
          // Another process fetched it at the same time.
          if (!(error instanceof DuplicateError)) throw error;
        }
      }
      // Unless it is news, nothing but its freshness changes; and strangers could fill the trail.
      const isNews =
        known !== undefined &&
        known.expiresAt === undefined &&
        !isDeepStrictEqual(known.metadata, metadata);
      const event = isNews ? { type: 'updated' as const, by: byClientItself(clientId) } : undefined;
      const { record } = await change(clientId, event, (stored) => {
        if (stored.source !== 'document') return undefined;
        return { metadata, freshUntil, ...(stored.expiresAt !== undefined && { expiresAt }) };
      });
      return record;
    },

    async keepUsed(clientId) {
      // On record only now: strangers could fill the trail.
      const event = { type: 'created' as const, by: byClientItself(clientId) };
      await change(clientId, event, ({ expiresAt }) =>
        expiresAt === undefined ? undefined : { expiresAt: undefined },
      );
    },
  };
}

/** An operator or the declarative file may have taken over a client that once registered itself. */
function requireRegistered({ source }: ClientRecord): void {
  if (source === 'dynamic' || source === 'open') return;
  throw new CardeaError({
    code: 'not_registered',
    status: 403,
    message: 'This client is managed by the operator.',
  });
}
