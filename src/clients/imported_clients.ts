/**
 * Clients that come from another server, with the secrets that they have: what keeps one of them out, and how they are
 * added. Where they are read from is for imports/ to say.
 */
import type { AuditContext } from '../audit/room.ts';
import { isPastedHash } from '../config/schema/pasted_hashes.ts';
import { importedSecretLength } from '../definitions/lengths.ts';
import { needsSecret } from '../definitions/oauth.ts';
import { CardeaError } from '../errors.ts';
import type { ClientWriter } from './writer.ts';

export type ImportedClient = {
  clientId: string;
  /** RFC 7591 and Cardea's own names; without client_id and client_secret. */
  metadata: Record<string, unknown>;
  /** Itself, or its SHA-256 (base64url). */
  secret: string | { sha256: string } | undefined;
  disabled: boolean;
};

export type ImportedClients = {
  /** Sentences about what is wrong with the client. `isThere`: the store has one with this id, which stays as it is. */
  check(client: ImportedClient): Promise<{ problems: string[]; isThere: boolean }>;
  /** Whether the store has a client with this id. */
  has(clientId: string): Promise<boolean>;
  /** Throws DuplicateError. */
  add(client: ImportedClient, by: AuditContext): Promise<void>;
};

export function createImportedClients({
  isFree,
  insertByOperator,
  validate,
}: Pick<ClientWriter, 'isFree' | 'insertByOperator' | 'validate'>): ImportedClients {
  return {
    async check({ clientId, metadata, secret }) {
      if (!(await isFree(clientId))) return { problems: [], isThere: true };
      const hasSecret = secret !== undefined && needsSecret(metadata.token_endpoint_auth_method);
      const problems = typeof secret === 'string' && hasSecret ? secretProblems(secret) : [];
      try {
        await validate(clientId, metadata, hasSecret);
      } catch (error) {
        if (!(error instanceof CardeaError)) throw error;
        problems.push(...error.message.split('\n'));
      }
      return { problems, isThere: false };
    },

    has: async (clientId) => !(await isFree(clientId)),

    async add({ metadata, secret, ...client }, by) {
      const usedSecret = needsSecret(metadata.token_endpoint_auth_method) ? secret : undefined;
      await insertByOperator({ ...client, metadata, secret: usedSecret, created: by });
    },
  };
}

/** RFC 6749 appendix A.2 (VSCHAR), and long enough that a plain SHA-256 of it resists guessing. */
function secretProblems(secret: string): string[] {
  const { min, max } = importedSecretLength;
  const isHash = isPastedHash(secret);
  const isFit = secret.length >= min && secret.length <= max && /^[\x20-\x7e]*$/.test(secret);
  return [
    ...(isFit ? [] : [`The secret must have ${min} to ${max} printable ASCII characters.`]),
    ...(isHash ? ['The secret is a hash of a kind that clients cannot have. Use the secret.'] : []),
  ];
}
