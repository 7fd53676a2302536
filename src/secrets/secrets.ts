/**
 * The master secrets and all that is derived from them. Owns key derivation and sealing; it does not
 * know what is sealed, and a secret, a derived key or a plaintext never leaves it by a log or an error.
 *
 * Each purpose has a key of its own (HKDF-SHA-256, RFC 5869), so that what leaks through one use tells
 * nothing about another. Sealing keys and handed-out keys live in separate branches: no purpose that a
 * caller names can collide with a sealing key.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { CardeaError } from '../errors.ts';

export type Secrets = {
  /** A key of `length` bytes (32) for this purpose, from the first secret. */
  derive(purpose: string, length?: number): Buffer;
  /** The same of every secret, in their order: the first signs, all verify. */
  deriveAll(purpose: string, length?: number): Buffer[];
  /** AES-256-GCM under the first secret. The text is `v1.<secret id>.<nonce, ciphertext, tag>`. */
  seal(purpose: string, plaintext: Buffer | string): string;
  /** Throws CardeaError `cannot_unseal`: another secret, another purpose, or altered. */
  open(purpose: string, sealed: string): Buffer;
  /** False: sealed by a secret that has been replaced as the first; seal it again. */
  sealedByFirst(sealed: string): boolean;
};

const version = 'v1';
const nonceLength = 12;
const tagLength = 16;
const minimumSecretLength = 32;

/** Secrets of at least 32 bytes each: the first seals and signs, all open and verify. */
export function createSecrets(secrets: readonly Buffer[]): Secrets {
  const [first, ...older] = secrets.map((secret) => {
    if (secret.length < minimumSecretLength) {
      throw unusable(`a secret has ${secret.length} bytes, ${minimumSecretLength} are needed`);
    }
    return { secret, id: expand(secret, 'id', 6).toString('base64url') };
  });
  if (!first) throw unusable('there is no secret');
  const all = [first, ...older];

  return {
    derive: (purpose, length = 32) => expand(first.secret, `derive/${purpose}`, length),
    deriveAll: (purpose, length = 32) =>
      all.map(({ secret }) => expand(secret, `derive/${purpose}`, length)),

    seal(purpose, plaintext) {
      const nonce = randomBytes(nonceLength);
      const cipher = createCipheriv('aes-256-gcm', sealingKey(first.secret, purpose), nonce);
      cipher.setAAD(boundTo(purpose));
      const parts = [nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()];
      return `${version}.${first.id}.${Buffer.concat(parts).toString('base64url')}`;
    },

    open(purpose, sealed) {
      const { id, body } = parse(sealed);
      const secret = all.find((candidate) => candidate.id === id)?.secret;
      if (!secret) throw cannotUnseal(`none of the secrets has the id ${id}`);
      try {
        const nonce = body.subarray(0, nonceLength);
        const decipher = createDecipheriv('aes-256-gcm', sealingKey(secret, purpose), nonce, {
          authTagLength: tagLength,
        });
        decipher.setAAD(boundTo(purpose));
        decipher.setAuthTag(body.subarray(-tagLength));
        return Buffer.concat([
          decipher.update(body.subarray(nonceLength, -tagLength)),
          decipher.final(),
        ]);
      } catch {
        throw cannotUnseal('it was altered, or sealed for another purpose');
      }
    },

    sealedByFirst: (sealed) => sealed.startsWith(`${version}.${first.id}.`),
  };
}

function expand(secret: Buffer, info: string, length: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, 'cardea', info, length));
}

function sealingKey(secret: Buffer, purpose: string): Buffer {
  return expand(secret, `seal/${purpose}`, 32);
}

/** What the authentication tag covers besides the ciphertext: neither format nor purpose can be swapped. */
function boundTo(purpose: string): Buffer {
  return Buffer.from(`${version}.${purpose}`);
}

function parse(sealed: string): { id: string; body: Buffer } {
  const match = /^v1\.([\w-]{8})\.([\w-]+)$/.exec(sealed);
  const body = Buffer.from(match?.[2] ?? '', 'base64url');
  if (!match?.[1] || body.length < nonceLength + tagLength) {
    throw cannotUnseal('it has no format that this program knows');
  }
  return { id: match[1], body };
}

function cannotUnseal(reason: string): CardeaError {
  return new CardeaError({
    code: 'cannot_unseal',
    status: 500,
    message: 'A sealed value cannot be opened with CARDEA_SECRET.',
    cause: new Error(reason),
  });
}

function unusable(reason: string): CardeaError {
  return new CardeaError({
    code: 'unusable_secret',
    status: 500,
    message: `CARDEA_SECRET cannot be used: ${reason}. Make one with \`cardea secret generate\`.`,
  });
}
