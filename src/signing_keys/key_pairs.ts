/**
 * Key pairs: how they are generated, named, and kept at rest. Owns the shape of a public JWK and what a
 * sealed private key is bound to; it does not know when a key is used.
 */
import {
  createPrivateKey,
  type generateKeyPair as GenerateKeyPair,
  generateKeyPair,
  hash,
  type KeyObject,
} from 'node:crypto';
import { promisify } from 'node:util';
import type { Secrets } from '../secrets/room.ts';
import type { Algorithm, KeyRecord, Keyset, PublicJwk } from './keyset.ts';
import type { Change, NewKey } from './keyset_changes.ts';

const generate = promisify(generateKeyPair);

/** Members of each key type that make its thumbprint, in its order (RFC 7638 section 3.2, RFC 8037). */
const thumbprintMembers: Record<string, readonly string[]> = {
  RSA: ['e', 'kty', 'n'],
  EC: ['crv', 'kty', 'x', 'y'],
  OKP: ['crv', 'kty', 'x'],
};

/** A fresh key pair, its private part sealed. Off the event loop: an RSA key takes some 50 ms or 500. */
export async function generateSealedKey(algorithm: Algorithm, secrets: Secrets): Promise<NewKey> {
  const { publicKey, privateKey } = await generatePair(algorithm);
  const publicJwk = toPublicJwk(publicKey, algorithm);
  return {
    kid: publicJwk.kid,
    algorithm,
    publicJwk,
    sealed: sealPrivateKey(secrets, publicJwk.kid, privateKey),
  };
}

/** Throws CardeaError `cannot_unseal` when no secret opens it. */
export function openPrivateKey(secrets: Secrets, kid: string, sealed: string): KeyObject {
  const der = secrets.open(purposeOf(kid), sealed);
  try {
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  } finally {
    der.fill(0);
  }
}

/**
 * Seals every private key under the first secret that an older one sealed; one that none opens is left
 * alone. Undefined: nothing to do.
 */
export function reseal(keyset: Keyset, secrets: Secrets): Change | undefined {
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

function resealOne(record: KeyRecord, secrets: Secrets): KeyRecord | undefined {
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
    return secrets.seal(purposeOf(kid), der);
  } finally {
    der.fill(0);
  }
}

/** Bound to the kid: one key's private part cannot be put in the place of another's. */
function purposeOf(kid: string): string {
  return `signing_key/${kid}`;
}

function generatePair(algorithm: Algorithm): ReturnType<typeof GenerateKeyPair.__promisify__> {
  if (algorithm === 'ES256') return generate('ec', { namedCurve: 'P-256' });
  if (algorithm === 'EdDSA') return generate('ed25519');
  return generate('rsa', { modulusLength: 2048 });
}

function toPublicJwk(publicKey: KeyObject, algorithm: Algorithm): PublicJwk {
  const { kty = '', ...members } = publicKey.export({ format: 'jwk' });
  const all: Record<string, unknown> = { kty, ...members };
  const named = (thumbprintMembers[kty] ?? []).map((name) => [name, all[name]]);
  const kid = hash('sha256', JSON.stringify(Object.fromEntries(named)), 'base64url');
  return { kty, use: 'sig', alg: algorithm, kid, ...members } as PublicJwk;
}
