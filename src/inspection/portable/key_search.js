// @ts-check
/**
 * Which of an issuer's public keys (a JWKS, RFC 7517) a token is signed by.
 */
import { isMacOfPublicKey, verifySignature } from './signatures.js';
import { say } from './statement.js';

/** @import { PublicKey, ReadToken, Statement } from '../report.ts' */

/**
 * `signedBy`: what is said of the key that the signature is by.
 *
 * @param {ReadToken} token
 * @param {readonly PublicKey[]} keys
 * @param {(key: PublicKey) => Statement[]} signedBy
 * @returns {Promise<Statement[]>}
 */
export async function findSigner(token, keys, signedBy) {
  const { alg, kid } = token.header;
  if (/^HS/i.test(String(alg))) {
    for (const key of keys) {
      if (await isMacOfPublicKey(token, key)) return [say('bad', 'mac_of_public_key', {}, 1)];
    }
    return [say('bad', 'mac_of_unknown_secret', {}, 3)];
  }
  if (typeof alg !== 'string' || alg.toLowerCase() === 'none') {
    return [say('bad', 'signature_missing', {}, 3)];
  }
  const named = kid === undefined ? keys : keys.filter((key) => key.kid === kid);
  if (named.length === 0) {
    return [say('bad', keys.length > 0 ? 'key_unknown' : 'no_keys', { kid: String(kid) }, 3)];
  }
  /** @type {string[]} */
  const results = [];
  for (const key of named) {
    const result = await verifySignature(token, key);
    if (result === 'right') return signedBy(key);
    results.push(result);
  }
  if (results.includes('wrong')) return [say('bad', 'signature_wrong', {}, 3)];
  return results.includes('other_algorithm')
    ? [say('bad', 'key_of_other_algorithm', { alg, of: String(named[0]?.alg ?? '–') }, 2)]
    : [say('unchecked', 'alg_unsupported', { alg })];
}
