/**
 * Reads a JWKS document (RFC 7517 section 5) into keys that are ready for verification.
 */
import { type CryptoKey, importJWK, type JWK } from 'jose';
import { sha256 } from '../sha256.ts';

export type PublishedKey = {
  kid: string;
  alg: string;
  key: CryptoKey;
  /** The length of its signatures in base64url characters. */
  signatureLength: number;
};

export type KeySet = {
  /** SHA-256 of the document in base64url, which status lists name as `jwks`. */
  hash: string;
  keys: ReadonlyMap<string, PublishedKey>;
  /** A key has an algorithm that the metadata at hand does not list: the metadata may be outdated. */
  hasOthers: boolean;
};

const maxKeys = 100;
const minimumModulus = 2048;

/** Throws if it is not a JWKS. Keys that cannot verify tokens with `algorithms` are left out. */
export async function readKeySet(
  document: Uint8Array,
  algorithms: ReadonlySet<string>,
): Promise<KeySet> {
  const parsed: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(document));
  const list = (parsed as { keys?: unknown } | null)?.keys;
  if (!Array.isArray(list) || list.length > maxKeys) throw new Error('not a JWKS');
  const keys = new Map<string, PublishedKey>();
  let hasOthers = false;
  for (const jwk of list) {
    if (!isSignatureKey(jwk) || keys.has(jwk.kid)) continue;
    if (!algorithms.has(jwk.alg)) {
      hasOthers = true;
      continue;
    }
    const key = await importPublic(jwk);
    if (key) keys.set(jwk.kid, key);
  }
  return { hash: sha256(document), keys, hasOthers };
}

/** The key itself states its algorithm, so that a token's header cannot choose one. */
function isSignatureKey(jwk: unknown): jwk is SignatureKey {
  if (typeof jwk !== 'object' || jwk === null) return false;
  const { kid, alg, use, kty } = jwk as JWK;
  return (
    typeof kid === 'string' &&
    typeof alg === 'string' &&
    kty !== 'oct' &&
    (use === undefined || use === 'sig')
  );
}

type SignatureKey = JWK & { kid: string; alg: string };

/** Bytes in an ECDSA signature (RFC 7518 section 3.4). Ed25519 signatures have 64 bytes too (RFC 8032). */
const signatureBytes: Record<string, number> = { ES256: 64, ES384: 96, ES512: 132 };

/** Undefined if it is malformed or not supported by this runtime. Private members are ignored. */
async function importPublic(jwk: SignatureKey): Promise<PublishedKey | undefined> {
  const { kid, alg, kty, n, e, crv, x, y } = jwk;
  const members = JSON.parse(JSON.stringify({ kty, n, e, crv, x, y })) as JWK;
  try {
    const key = await importJWK(members, alg);
    if (key instanceof Uint8Array) return undefined;
    const { modulusLength } = key.algorithm as { modulusLength?: number };
    // RFC 7518 section 3.3. jose would report it only when verifying.
    if (modulusLength !== undefined && modulusLength < minimumModulus) return undefined;
    const bytes = modulusLength ? Math.ceil(modulusLength / 8) : (signatureBytes[alg] ?? 64);
    return { kid, alg, key, signatureLength: Math.ceil((bytes * 4) / 3) };
  } catch {
    return undefined;
  }
}
