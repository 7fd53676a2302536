/** Reads a JWKS document (RFC 7517 section 5) into keys that are ready to verify with. */
import { createHash } from 'node:crypto';
import { type CryptoKey, importJWK, type JWK } from 'jose';

export type PublishedKey = {
  kid: string;
  alg: string;
  key: CryptoKey;
  /** Of its signatures, in base64url characters. */
  signatureLength: number;
};

export type KeySet = {
  /** SHA-256 of the document, base64url: what status lists name as `jwks`. */
  hash: string;
  keys: ReadonlyMap<string, PublishedKey>;
  /** Some key is of an algorithm that is not in the metadata at hand: that may be outdated. */
  hasOthers: boolean;
};

const maxKeys = 100;
const minimumModulus = 2048;

/** Throws when it is no JWKS. Keys that cannot verify tokens of `algorithms` are left out. */
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

/** The key says itself which algorithm it is for, so that a token's header cannot choose. */
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

/** Bytes of an ECDSA signature (RFC 7518 section 3.4); Ed25519's are 64 too (RFC 8032). */
const signatureBytes: Record<string, number> = { ES256: 64, ES384: 96, ES512: 132 };

/** Undefined: malformed, or of no use on this runtime. Private members are not taken in. */
async function importPublic(jwk: SignatureKey): Promise<PublishedKey | undefined> {
  const { kid, alg, kty, n, e, crv, x, y } = jwk;
  const members = JSON.parse(JSON.stringify({ kty, n, e, crv, x, y })) as JWK;
  try {
    const key = await importJWK(members, alg);
    if (key instanceof Uint8Array) return undefined;
    const { modulusLength } = key.algorithm as { modulusLength?: number };
    // RFC 7518 section 3.3; jose would only say so when it verifies.
    if (modulusLength !== undefined && modulusLength < minimumModulus) return undefined;
    const bytes = modulusLength ? Math.ceil(modulusLength / 8) : (signatureBytes[alg] ?? 64);
    return { kid, alg, key, signatureLength: Math.ceil((bytes * 4) / 3) };
  } catch {
    return undefined;
  }
}

/** base64url. */
export function sha256(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('base64url');
}
