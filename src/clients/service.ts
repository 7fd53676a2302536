/**
 * The clients room. It owns the records of clients: their metadata, their secrets (only as hashes), whether
 * they are enabled. What a client may do at the endpoints is up to oidc/, and so is the meaning of its
 * metadata, which the injected `validate` checks.
 */
import { byOperator, type ChangeContext, onRecord } from '../audit/room.ts';
import type { ClientDeclaration } from '../config/schema/declaration.ts';
import { adminApi, isAdminApi } from '../definitions/admin_scopes.ts';
import { clientSecretOverlap } from '../definitions/lifetimes.ts';
import { needsSecret } from '../definitions/oauth.ts';
import { randomId } from '../digests.ts';
import { CardeaError } from '../errors.ts';
import type {
  ClientRecord,
  ClientSecretHash,
  ClientStore,
  ClientUses,
} from '../storage/clients.ts';
import { revocationOf } from '../tokens/room.ts';
import { applyBuiltInClient, type BuiltInClient } from './built_in_clients.ts';
import { type DeclaredClients, declareClients } from './declared_clients.ts';
import { createImportedClients, type ImportedClients } from './imported_clients.ts';
import { operatorsPart, withAllowed, withinBounds } from './operator_bounds.ts';
import { createRegistered, type RegisteredClients } from './registered_clients.ts';
import { matchingSecret, newSecret, rotated } from './secrets.ts';
import { describesItself } from './sources.ts';
import { type ClientChange, type ClientsDependencies, createClientWriter } from './writer.ts';

type NewClient = { clientId?: string; metadata: Record<string, unknown> };
/** `secret` is shown only this once; undefined for clients without one. */
type CreatedClient = { record: ClientRecord; secret: string | undefined };

export type Clients = RegisteredClients & {
  find(clientId: string): Promise<ClientRecord | undefined>;
  /** Throws CardeaError `not_found`. */
  get(clientId: string): Promise<ClientRecord>;
  list: ClientStore['list'];
  /** Throws DuplicateError, and whatever `validate` throws for invalid metadata. */
  create(client: NewClient, context?: ChangeContext): Promise<CreatedClient>;
  /**
   * Merges the changes into the metadata; null removes a member. For a client that registered itself, the
   * changes become its bounds (operator_bounds.ts), and null lifts a bound. A client that needs a secret and
   * has none gets it from rotateSecret(). Throws CardeaError `not_found`, `conflict`, `invalid_client_metadata`.
   */
  update(
    clientId: string,
    changes: Record<string, unknown>,
    context?: ChangeContext,
  ): Promise<ClientRecord>;
  /**
   * Generates a secret. The newest old one stays valid for the overlap, older ones end. Throws `not_found`,
   * `no_secret`.
   */
  rotateSecret(
    clientId: string,
    options?: { overlapSeconds?: number },
    context?: ChangeContext,
  ): Promise<CreatedClient>;
  /**
   * From now on the client is unknown to every endpoint; all its grants and tokens end. For a client that is
   * already disabled, it ends whatever is left. Throws `not_found`, `conflict`.
   */
  disable(clientId: string, context?: ChangeContext): Promise<void>;
  enable(clientId: string, context?: ChangeContext): Promise<void>;
  /** Also ends all its grants and tokens. Throws `not_found`, `conflict`. */
  remove(clientId: string, context?: ChangeContext): Promise<void>;
  /** Which of these valid secrets this is, if any; in constant time. */
  matchingSecret(hashes: readonly ClientSecretHash[], secret: string): ClientSecretHash | undefined;
  /** When each of these clients was used last, by client id; those that never were are left out. To the minute. */
  lastUses(clientIds: readonly string[]): Promise<Map<string, ClientUses>>;
  /** Clients that come from another server. */
  imported: ImportedClients;
  /** Makes a client what every server has it as; see built_in_clients.ts. */
  applyBuiltIn(client: BuiltInClient): Promise<void>;
  /** Applies the clients of the declarative file; see declared_clients.ts. */
  applyDeclared(clients: readonly ClientDeclaration[]): Promise<DeclaredClients>;
};

export function createClients(dependencies: ClientsDependencies): Clients {
  const writer = createClientWriter(dependencies);
  const { store, clock, insertByOperator, change, validate } = writer;
  const { killSwitches } = dependencies;

  return {
    ...createRegistered(writer),
    find: (clientId) => store.find(clientId),
    get: writer.get,
    list: (options) => store.list(options),

    async create({ clientId = randomId(), metadata }, created = byOperator) {
      requireNoCredentials(metadata);
      const secret = needsSecret(metadata.token_endpoint_auth_method) ? newSecret() : undefined;
      await validate(clientId, metadata, secret !== undefined);
      const record = await insertByOperator({ clientId, metadata, secret, created });
      return { record, secret };
    },

    async update(clientId, changes, by = byOperator) {
      requireNoCredentials(changes);
      const { record } = await change(clientId, { type: 'updated', by }, async (stored) => {
        const { wanted, holds } = changedBy(stored, changes);
        const hasSecret = needsSecret(holds.token_endpoint_auth_method);
        await validate(clientId, holds, hasSecret);
        // A secret that is unused now must not become valid again with a later change.
        return { ...wanted, expiresAt: undefined, ...(!hasSecret && { secretHashes: [] }) };
      });
      return record;
    },

    async rotateSecret(clientId, { overlapSeconds = clientSecretOverlap } = {}, by = byOperator) {
      const secret = newSecret();
      const { record } = await change(clientId, { type: 'secret_rotated', by }, (stored) => {
        if (!needsSecret(stored.metadata.token_endpoint_auth_method)) throw noSecret();
        const times = { now: clock.now(), overlapMs: overlapSeconds * 1000 };
        return { secretHashes: rotated(stored.secretHashes, secret, times) };
      });
      return { record, secret };
    },

    async disable(clientId, by = byOperator) {
      const now = clock.now();
      const changed = await writer.changeAndRevoke(
        clientId,
        'disabled',
        by,
        // It must stay to be known as disabled.
        ({ disabledAt }) =>
          disabledAt === undefined ? { disabledAt: now, expiresAt: undefined } : undefined,
      );
      if (changed) return;
      const { target, order } = revocationOf.client(clientId);
      await killSwitches.throwSwitch(target, {
        ...order,
        ...onRecord(by),
        reason: by.reason ?? 'client.disabled',
      });
    },

    async enable(clientId, by = byOperator) {
      await change(clientId, { type: 'enabled', by }, ({ disabledAt }) =>
        disabledAt === undefined ? undefined : { disabledAt: undefined },
      );
    },

    async remove(clientId, context) {
      await writer.changeAndRevoke(clientId, 'deleted', context, () => null);
    },

    matchingSecret: (hashes, secret) => matchingSecret(hashes, secret, clock.now()),

    async lastUses(clientIds) {
      const uses = await store.lastUses(clientIds);
      return new Map(uses.map((ofClient) => [ofClient.clientId, ofClient]));
    },

    imported: createImportedClients(writer),

    applyBuiltIn: (client) => applyBuiltInClient(client, writer),
    applyDeclared: (clients) => declareClients(clients, writer),
  };
}

/** Metadata is stored and shown as it is, so it must not contain secrets. */
function requireNoCredentials(metadata: Record<string, unknown>): void {
  const [member] = ['client_id', 'client_secret'].filter((name) => Object.hasOwn(metadata, name));
  if (member === undefined) return;
  throw new CardeaError({
    code: 'invalid_client_metadata',
    status: 400,
    message: `${member} cannot be set as metadata. Secrets are generated when a client is created or its secret is rotated.`,
  });
}

/** What is written, and the metadata that will be effective. */
function changedBy(
  { source, metadata, bounds }: ClientRecord,
  changes: Record<string, unknown>,
): { wanted: ClientChange; holds: Record<string, unknown> } {
  if (!describesItself(source)) {
    const wanted = { metadata: merged(metadata, changes) };
    return { wanted, holds: wanted.metadata };
  }
  const allowed = merged(bounds ?? {}, changes);
  if (allowed.consent === 'skip' && allowed.redirect_uris === undefined) throw unboundRedirects();
  const given = merged({}, changes);
  const wanted = { bounds: allowed, metadata: withAllowed(metadata, given) };
  const holds = operatorsPart(withinBounds(wanted.metadata, allowed));
  if ([holds.apis].flat().some(isAdminApi)) throw unvouchedAdministrator();
  // Scopes whose API was taken away are not an error: they grant nothing.
  return { wanted, holds: { ...holds, scope: undefined, ...given } };
}

function merged(
  metadata: Record<string, unknown>,
  changes: Record<string, unknown>,
): Record<string, unknown> {
  const entries = Object.entries({ ...metadata, ...changes });
  return Object.fromEntries(entries.filter(([, value]) => value !== null));
}

/** Whoever registered it, or serves its document, could otherwise administer Cardea. */
function unvouchedAdministrator(): CardeaError {
  return new CardeaError({
    code: 'invalid_client_metadata',
    status: 400,
    message: `This client says itself what it is, and cannot get tokens for ${adminApi}. Create a client for that.`,
  });
}

/** The client could register any redirect URI for itself, and codes would be sent there without consent. */
function unboundRedirects(): CardeaError {
  return new CardeaError({
    code: 'invalid_client_metadata',
    status: 400,
    message:
      'consent: skip requires redirect_uris. This client registered itself and could otherwise add redirect URIs that need no consent.',
  });
}

function noSecret(): CardeaError {
  return new CardeaError({
    code: 'no_secret',
    status: 409,
    message: 'This client authenticates without a secret.',
  });
}
