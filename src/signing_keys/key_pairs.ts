/**
 * Key pairs: how they are generated, named and sealed at rest. Owns the shape of a public JWK and what a
 * sealed private key is bound to. Does not know when a key is used.
 */
import {
  createPrivateKey,
  type generateKeyPair as GenerateKeyPair,
  generateKeyPair,
  hash,
  type KeyObject,
} from 'node:crypto';
import { promisify } from 'node:util';
import type { SigningAlgorithm } from '../definitions/oauth.ts';
import type { Secrets } from '../secrets/room.ts';
import type { Keyset, PublicJwk, SigningKeyRecord } from './keyset.ts';
import type { KeysetChange, NewSigningKey } from './keyset_changes.ts';

const generateKeyPairAsync = promisify(generateKeyPair);

/** The members that make up the thumbprint of each key type, in order (RFC 7638 section 3.2, RFC 8037). */
const thumbprintMembers: Record<string, readonly string[]> = {
  RSA: ['e', 'kty', 'n'],
  EC: ['crv', 'kty', 'x', 'y'],
  OKP: ['crv', 'kty', 'x'],
};

/** Generates a key pair and seals its private part. Runs off the event loop: an RSA key takes 50 to 500 ms. */
export async function generateSealedKey(
  algorithm: SigningAlgorithm,
  secrets: Secrets,
): Promise<NewSigningKey> {
  const { publicKey, privateKey } = await generatePair(algorithm);
  const publicJwk = toPublicJwk(publicKey, algorithm);
  return {
    kid: publicJwk.kid,
    algorithm,
    publicJwk,
    sealed: sealPrivateKey(secrets, publicJwk.kid, privateKey),
  };
}

/** Throws CardeaError `cannot_unseal` when none of the secrets opens it. */
export function openPrivateKey(secrets: Secrets, kid: string, sealed: string): KeyObject {
  const der = secrets.open(sealingPurpose(kid), sealed);
  try {
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  } finally {
    der.fill(0);
  }
}

/**
 * Seals with the first secret every private key that an older secret sealed. Keys that no secret opens are
 * left alone. Returns undefined if there is nothing to do.
 */
export function reseal(keyset: Keyset, secrets: Secrets): KeysetChange | undefined {
  const resealed = keyset.keys.flatMap((record) => resealOne(record, secrets) ?? []);
  if (resealed.length === 0) return undefined;
  const byKid = new Map(resealed.map((record) => [record.kid, record]));
  return {
    keyset: { ...keyset, keys: keyset.keys.map((record) => byKid.get(record.kid) ?? record) },
    events: resealed.map(({ kid }) => ({
      type: 'signing_key.resealed',
      kid,
      reason: 'secret_changed',
    })),
  };
}

function resealOne(record: SigningKeyRecord, secrets: Secrets): SigningKeyRecord | undefined {
  if (record.sealed === undefined || secrets.sealedByFirst(record.sealed)) return undefined;
  try {
    const privateKey = openPrivateKey(secrets, record.kid, record.sealed);
    return { ...record, sealed: sealPrivateKey(secrets, record.kid, privateKey) };
  } catch {
    return undefined;
  }
}

function sealPrivateKey(secrets: Secrets, kid: string, privateKey: KeyObject): string {
  const der = privateKey.export({ format: 'der', type: 'pkcs8' });
  try {
    return secrets.seal(sealingPurpose(kid), der);
  } finally {
    der.fill(0);
  }
}

/** Bound to the kid, so that a sealed private key cannot be swapped for another. */
function sealingPurpose(kid: string): string {
  return `signing_key/${kid}`;
}

function generatePair(
  algorithm: SigningAlgorithm,
): ReturnType<typeof GenerateKeyPair.__promisify__> {
  if (algorithm === 'ES256') return generateKeyPairAsync('ec', { namedCurve: 'P-256' });
  if (algorithm === 'EdDSA') return generateKeyPairAsync('ed25519');
  return generateKeyPairAsync('rsa', { modulusLength: 2048 });
}

function toPublicJwk(publicKey: KeyObject, algorithm: SigningAlgorithm): PublicJwk {
  const { kty = '', ...members } = publicKey.export({ format: 'jwk' });
  const all: Record<string, unknown> = { kty, ...members };
  const named = (thumbprintMembers[kty] ?? []).map((name) => [name, all[name]]);
  const kid = hash('sha256', JSON.stringify(Object.fromEntries(named)), 'base64url');
  return { kty, use: 'sig', alg: algorithm, kid, ...members } as PublicJwk;
}
