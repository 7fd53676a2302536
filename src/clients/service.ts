/**
 * The clients room. Owns the records of clients: what they register, their secrets (as hashes only), whether
 * they are enabled. What a client may do with a token endpoint is oidc/'s business, and so is the meaning of
 * its metadata, which is checked by the function that is passed in.
 */
import type { AuditContext, AuditSink } from '../audit/events.ts';
import type { Clock } from '../clock.ts';
import type { ClientDeclaration } from '../config/declaration.ts';
import { CardeaError } from '../errors.ts';
import { randomId } from '../ids.ts';
import type { ClientRecord, ClientSecretHash, ClientStore } from '../storage/clients.ts';
import { DuplicateError } from '../storage/errors.ts';
import { hashSecret, needsSecret, newSecret, secretMatches } from './secrets.ts';

export type NewClient = { clientId?: string; metadata: Record<string, unknown> };
/** `secret` is shown this once; absent for clients without one. */
export type CreatedClient = { record: ClientRecord; secret: string | undefined };

export type Clients = {
  find(clientId: string): Promise<ClientRecord | undefined>;
  /** Ascending by client id. */
  list(options?: { after?: string; limit?: number }): Promise<ClientRecord[]>;
  /** Throws DuplicateError, or the checking function's error for bad metadata. */
  create(client: NewClient, context?: AuditContext): Promise<CreatedClient>;
  /** Merges into the metadata; a value of null removes a member. Throws CardeaError `not_found`, `conflict`. */
  update(
    clientId: string,
    changes: Record<string, unknown>,
    context?: AuditContext,
  ): Promise<ClientRecord>;
  /** A new secret; the newest old one stays valid for the overlap, older ones end. Throws `not_found`, `no_secret`. */
  rotateSecret(
    clientId: string,
    options?: { overlapSeconds?: number },
    context?: AuditContext,
  ): Promise<CreatedClient>;
  /** Unknown to every endpoint from now on; ending its tokens is the caller's. Idempotent. Throws `not_found`. */
  disable(clientId: string, context?: AuditContext): Promise<void>;
  enable(clientId: string, context?: AuditContext): Promise<void>;
  /** Throws `not_found`. */
  remove(clientId: string, context?: AuditContext): Promise<void>;
  /** Constant time over all hashes that are valid now. */
  verifySecret(hashes: readonly ClientSecretHash[], secret: string): boolean;
  /** What the declarative file names wins over what is stored; nothing is written when nothing differs. */
  applyDeclared(clients: readonly ClientDeclaration[]): Promise<void>;
  /** Dynamic registration (RFC 7591): creates or replaces. `secret`: the plain one, when it is new. */
  saveRegistered(client: {
    clientId: string;
    metadata: Record<string, unknown>;
    secret?: string | undefined;
  }): Promise<void>;
  removeRegistered(clientId: string): Promise<void>;
};

const defaultOverlapSeconds = 86_400;
/** Losing a compare-and-set this often means that something else is wrong. */
const attempts = 10;

export function createClients({
  store,
  clock,
  audit,
  validate = async () => {},
}: {
  store: ClientStore;
  clock: Clock;
  audit: AuditSink;
  /** Rejects metadata that the protocol engine would not take. */
  validate?: (
    clientId: string,
    metadata: Record<string, unknown>,
    hasSecret: boolean,
  ) => Promise<void>;
}): Clients {
  type Change = Partial<Pick<ClientRecord, 'metadata' | 'secretHashes' | 'disabledAt' | 'source'>>;

  /** Read, decide, write if nobody was faster; `undefined` decides to leave it. */
  const change = async (
    clientId: string,
    decide: (record: ClientRecord) => Promise<Change | undefined> | Change | undefined,
  ): Promise<ClientRecord> => {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const record = await store.find(clientId);
      if (!record) throw notFound();
      const changes = await decide(record);
      if (!changes) return record;
      const next = {
        ...record,
        ...changes,
        updatedAt: clock.now(),
        version: record.version + 1,
      };
      if (await store.update(next)) return next;
    }
    throw conflict();
  };

  const insert = async (
    clientId: string,
    metadata: Record<string, unknown>,
    secret: string | undefined,
    source: ClientRecord['source'],
  ): Promise<ClientRecord> => {
    const now = clock.now();
    const record: ClientRecord = {
      clientId,
      metadata,
      secretHashes: secret ? [hashSecret(secret, now)] : [],
      source,
      createdAt: now,
      updatedAt: now,
      version: 1,
    };
    await store.create(record);
    return record;
  };

  const record = (
    type: 'created' | 'updated' | 'secret_rotated' | 'disabled' | 'enabled' | 'deleted',
    clientId: string,
    context: AuditContext = { actor: 'operator' },
  ) => audit.record({ type: `client.${type}`, outcome: 'success', clientId, ...context });

  const applyOne = async (declared: ClientDeclaration): Promise<void> => {
    const { client_id: clientId, client_secret: secret, ...metadata } = declared;
    const isSame = (stored: ClientRecord) =>
      canonical(stored.metadata) === canonical(metadata) &&
      (secret === undefined) === (stored.secretHashes.length === 0) &&
      (secret === undefined || secretMatches(stored.secretHashes, secret, clock.now()));
    try {
      if (!(await store.find(clientId))) {
        await insert(clientId, metadata, secret, 'file');
        await record('created', clientId, { actor: 'declaration' });
        return;
      }
    } catch (error) {
      // Another process applies the same file.
      if (!(error instanceof DuplicateError)) throw error;
    }
    let changed = false;
    await change(clientId, (stored) => {
      changed = !isSame(stored);
      if (!changed) return undefined;
      const secretHashes = secret ? [hashSecret(secret, clock.now())] : [];
      return { metadata, secretHashes, source: 'file' };
    });
    if (changed) await record('updated', clientId, { actor: 'declaration' });
  };

  return {
    find: (clientId) => store.find(clientId),
    list: ({ after, limit = 100 } = {}) => store.list({ after, limit }),

    async create({ clientId = randomId(), metadata }, context) {
      const secret = needsSecret(metadata) ? newSecret() : undefined;
      await validate(clientId, metadata, secret !== undefined);
      const created = await insert(clientId, metadata, secret, 'operator');
      await record('created', clientId, context);
      return { record: created, secret };
    },

    async update(clientId, changes, context) {
      const updated = await change(clientId, async (stored) => {
        const metadata = merged(stored.metadata, changes);
        await validate(clientId, metadata, stored.secretHashes.length > 0);
        return { metadata };
      });
      await record('updated', clientId, context);
      return updated;
    },

    async rotateSecret(clientId, { overlapSeconds = defaultOverlapSeconds } = {}, context) {
      const secret = newSecret();
      const rotated = await change(clientId, (stored) => {
        if (!needsSecret(stored.metadata)) throw noSecret();
        const now = clock.now();
        const endsAt = now + overlapSeconds * 1000;
        const [newest] = stored.secretHashes.toSorted((a, b) => b.createdAt - a.createdAt);
        const kept =
          newest && overlapSeconds > 0
            ? [{ ...newest, expiresAt: Math.min(newest.expiresAt ?? endsAt, endsAt) }]
            : [];
        return { secretHashes: [hashSecret(secret, now), ...kept] };
      });
      await record('secret_rotated', clientId, context);
      return { record: rotated, secret };
    },

    async disable(clientId, context) {
      await change(clientId, ({ disabledAt }) =>
        disabledAt === undefined ? { disabledAt: clock.now() } : undefined,
      );
      await record('disabled', clientId, context);
    },

    async enable(clientId, context) {
      await change(clientId, ({ disabledAt }) =>
        disabledAt === undefined ? undefined : { disabledAt: undefined },
      );
      await record('enabled', clientId, context);
    },

    async remove(clientId, context) {
      if (!(await store.remove(clientId))) throw notFound();
      await record('deleted', clientId, context);
    },

    verifySecret: (hashes, secret) => secretMatches(hashes, secret, clock.now()),

    async applyDeclared(clients) {
      for (const declared of clients) await applyOne(declared);
    },

    async saveRegistered({ clientId, metadata, secret }) {
      if (!(await store.find(clientId))) {
        await insert(clientId, metadata, secret, 'dynamic');
        return;
      }
      await change(clientId, () => ({
        metadata,
        ...(secret && { secretHashes: [hashSecret(secret, clock.now())] }),
      }));
    },

    async removeRegistered(clientId) {
      await store.remove(clientId);
    },
  };
}

function merged(
  metadata: Record<string, unknown>,
  changes: Record<string, unknown>,
): Record<string, unknown> {
  const entries = Object.entries({ ...metadata, ...changes });
  return Object.fromEntries(entries.filter(([, value]) => value !== null));
}

/** JSON with sorted members, for comparing. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, member) =>
    member !== null && typeof member === 'object' && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}

function notFound(): CardeaError {
  return new CardeaError({ code: 'not_found', status: 404, message: 'There is no such client.' });
}

function conflict(): CardeaError {
  return new CardeaError({
    code: 'conflict',
    status: 409,
    message: 'The client was changed by somebody else at the same time. Look at it again.',
  });
}

function noSecret(): CardeaError {
  return new CardeaError({
    code: 'no_secret',
    status: 400,
    message: 'This client authenticates without a secret.',
  });
}
