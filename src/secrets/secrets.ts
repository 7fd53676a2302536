/**
 * The master secrets and everything derived from them. Owns key derivation and sealing. Does not know what it
 * seals; no secret, derived key or plaintext ever reaches a log or an error.
 *
 * Each purpose has its own key (HKDF-SHA-256, RFC 5869), so a leak in one use reveals nothing about another.
 * Sealing keys and derived keys are in separate branches: no purpose that a caller names can collide with a
 * sealing key.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { masterSecretBytes } from '../definitions/lengths.ts';
import { CardeaError } from '../errors.ts';

export type Secrets = {
  /** A key of `length` bytes for this purpose, from the first secret. */
  derive(purpose: string, length?: number): Buffer;
  /** The same from every secret, in order: the first signs, all verify. */
  deriveAll(purpose: string, length?: number): Buffer[];
  /** AES-256-GCM with the first secret. The text is `v1.<secret id>.<nonce, ciphertext, tag>`. */
  seal(purpose: string, plaintext: Buffer | string): string;
  /** Throws CardeaError `cannot_unseal` for another secret, another purpose or altered text. */
  open(purpose: string, sealed: string): Buffer;
  /** False if it was sealed with a secret that is no longer the first and should be sealed again. */
  sealedByFirst(sealed: string): boolean;
};

const version = 'v1';
const nonceLength = 12;
const tagLength = 16;

/** Each secret has at least 32 bytes. The first seals and signs, all open and verify. */
export function createSecrets(secrets: readonly Buffer[]): Secrets {
  const [first, ...older] = secrets.map((secret) => {
    if (secret.length < masterSecretBytes) {
      throw unusableSecrets(
        `a secret has ${secret.length} bytes, the minimum is ${masterSecretBytes}`,
      );
    }
    return { secret, id: expand(secret, 'id', 6).toString('base64url') };
  });
  if (!first) throw unusableSecrets('there is no secret');
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
      const { id, body } = parseSealed(sealed);
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

/** The authentication tag also covers format and purpose, so neither can be swapped. */
function boundTo(purpose: string): Buffer {
  return Buffer.from(`${version}.${purpose}`);
}

function parseSealed(sealed: string): { id: string; body: Buffer } {
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

function unusableSecrets(reason: string): CardeaError {
  return new CardeaError({
    code: 'unusable_secret',
    status: 500,
    message: `CARDEA_SECRET is not usable: ${reason}. Create one with \`cardea secret generate\`.`,
  });
}
