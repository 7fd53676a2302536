// @ts-check
/**
 * Verifies signatures with the Web Cryptography API, which the server and browsers have alike. The key decides which
 * algorithm is right, never the token alone (RFC 8725 section 3.1).
 */

import { base64url } from './compact_token.js';

/** @import { PublicKey, ReadToken } from '../report.ts' */

/**
 * What the Web Cryptography API takes to import a key and to verify with it.
 *
 * @typedef {{ kty: string, import: { name: string }, verify: { name: string } }} Algorithm
 */

/** @type {Record<string, Algorithm>} */
const algorithms = {
  ...rsa('RS', 'RSASSA-PKCS1-v1_5'),
  ...rsa('PS', 'RSA-PSS'),
  ...Object.fromEntries([
    ['ES256', ecdsa('P-256', 'SHA-256')],
    ['ES384', ecdsa('P-384', 'SHA-384')],
    ['ES512', ecdsa('P-521', 'SHA-512')],
  ]),
  EdDSA: { kty: 'OKP', import: { name: 'Ed25519' }, verify: { name: 'Ed25519' } },
  Ed25519: { kty: 'OKP', import: { name: 'Ed25519' }, verify: { name: 'Ed25519' } },
};

/**
 * @param {string} prefix
 * @param {string} name
 */
function rsa(prefix, name) {
  const sizes = [256, 384, 512];
  return Object.fromEntries(
    sizes.map((size) => [
      `${prefix}${size}`,
      {
        kty: 'RSA',
        import: { name, hash: `SHA-${size}` },
        verify: { name, saltLength: size / 8 },
      },
    ]),
  );
}

/**
 * @param {string} namedCurve
 * @param {string} hash
 */
function ecdsa(namedCurve, hash) {
  return { kty: 'EC', import: { name: 'ECDSA', namedCurve }, verify: { name: 'ECDSA', hash } };
}

/**
 * `unsupported`: the algorithm is none that can be checked here; `other_algorithm`: the key is for another one.
 *
 * @param {ReadToken} token
 * @param {PublicKey} key
 * @returns {Promise<'right' | 'wrong' | 'unsupported' | 'other_algorithm'>}
 */
export async function verifySignature({ header, signingInput, signature }, key) {
  const alg = String(header.alg);
  const algorithm = Object.hasOwn(algorithms, alg) ? algorithms[alg] : undefined;
  if (!algorithm) return 'unsupported';
  const isSame = key.alg === undefined || key.alg === alg || isEdwards(key.alg, alg);
  if (key.kty !== algorithm.kty || !isSame) return 'other_algorithm';
  try {
    const { kty, n, e, crv, x, y } = /** @type {Record<string, string>} */ (key);
    const jwk = kty === 'RSA' ? { kty, n, e } : kty === 'EC' ? { kty, crv, x, y } : { kty, crv, x };
    const imported = await crypto.subtle.importKey('jwk', jwk, algorithm.import, true, ['verify']);
    const bytes = new TextEncoder().encode(signingInput);
    const isRight = await crypto.subtle.verify(algorithm.verify, imported, signature, bytes);
    return isRight ? 'right' : 'wrong';
  } catch {
    return 'wrong';
  }
}

/**
 * Whether it is an HMAC whose secret is this public key: a verifier falls for it that has the key in one place for all
 * algorithms (RFC 8725 section 2.1).
 *
 * @param {ReadToken} token
 * @param {PublicKey} key
 * @returns {Promise<boolean>}
 */
export async function isMacOfPublicKey({ header, signingInput, signature }, key) {
  const [, size] = /^HS(256|384|512)$/.exec(String(header.alg)) ?? [];
  const pem = size === undefined ? undefined : await pemOf(key);
  if (pem === undefined) return false;
  const algorithm = { name: 'HMAC', hash: `SHA-${size}` };
  for (const secret of [pem, `${pem}\n`, JSON.stringify(key)]) {
    const bytes = new TextEncoder().encode(secret);
    const imported = await crypto.subtle.importKey('raw', bytes, algorithm, false, ['verify']);
    const input = new TextEncoder().encode(signingInput);
    if (await crypto.subtle.verify(algorithm, imported, signature, input)) return true;
  }
  return false;
}

/**
 * @param {PublicKey} key
 * @returns {Promise<string | undefined>}
 */
async function pemOf({ kty, n, e }) {
  if (kty !== 'RSA') return undefined;
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  const jwk = { kty: 'RSA', n: String(n), e: String(e) };
  const imported = await crypto.subtle.importKey('jwk', jwk, algorithm, true, ['verify']);
  const bytes = new Uint8Array(await crypto.subtle.exportKey('spki', imported));
  const base64 = btoa(String.fromCharCode(...bytes)).replace(/.{64}/g, '$&\n');
  return `-----BEGIN PUBLIC KEY-----\n${base64.trimEnd()}\n-----END PUBLIC KEY-----`;
}

/**
 * The thumbprint of a public key (RFC 7638), base64url.
 *
 * @param {PublicKey} key
 * @returns {Promise<string>}
 */
export async function thumbprintOf({ kty, crv, e, n, x, y }) {
  const members =
    kty === 'RSA' ? { e, kty, n } : kty === 'EC' ? { crv, kty, x, y } : { crv, kty, x };
  const bytes = new TextEncoder().encode(JSON.stringify(members));
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return base64url(digest);
}

/**
 * RFC 9864 has a second name for EdDSA on Ed25519.
 *
 * @param {...unknown} names
 */
function isEdwards(...names) {
  return names.every((name) => name === 'EdDSA' || name === 'Ed25519');
}
