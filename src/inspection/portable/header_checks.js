// @ts-check
/**
 * What a JOSE header says that no verifier may fall for (RFC 8725, RFC 7515 section 4.1).
 */
import { say } from './statement.js';

/** @import { Statement } from '../report.ts' */

/** Headers by which a token names, or brings, the key that is to verify it. */
const keySources = ['jwk', 'jku', 'x5u', 'x5c'];

/**
 * @param {Record<string, unknown>} header
 * @param {string} kind
 * @returns {Statement[]}
 */
export function checkHeader(header, kind) {
  if (kind === 'jwe' || kind === 'broken_jwt') return [];
  const { alg, crit, typ, kid } = header;
  /** @type {Statement[]} */
  const found = [];
  if (typeof alg !== 'string') found.push(say('bad', 'alg_missing', {}, 2));
  else if (alg.toLowerCase() === 'none') found.push(say('bad', 'alg_none', {}, 2));
  else if (/^HS\d+$/i.test(alg)) found.push(say('bad', 'alg_symmetric', { alg }, 2));
  else if (/^RSA|^A\d+/i.test(alg)) found.push(say('bad', 'alg_not_signature', { alg }, 2));
  if (crit !== undefined) {
    found.push(say('bad', 'crit', { names: [crit].flat().join(', ') }, 2));
  }
  // A DPoP proof brings its key: that is what it proves (RFC 9449 section 4.2).
  const brought = keySources.filter(
    (name) => header[name] !== undefined && !(kind === 'dpop_proof' && name === 'jwk'),
  );
  if (brought.length > 0)
    found.push(say('caution', 'key_in_header', { names: brought.join(', ') }));
  if (header.b64 === false) found.push(say('caution', 'unencoded_payload'));
  if (kind === 'untyped_access_token') found.push(say('caution', 'typ_missing'));
  if (kind === 'dpop_proof') found.push(...checkProofHeader(header));
  else if (kid === undefined) found.push(say('fact', 'kid_missing'));
  if (typ !== undefined && typeof typ !== 'string') found.push(say('bad', 'typ_not_text', {}, 2));
  return found;
}

/**
 * @param {Record<string, unknown>} header
 * @returns {Statement[]}
 */
function checkProofHeader({ typ, jwk }) {
  if (typ !== 'dpop+jwt') return [say('bad', 'dpop_typ', {}, 2)];
  if (typeof jwk !== 'object' || jwk === null) return [say('bad', 'dpop_without_key', {}, 2)];
  return 'd' in jwk || 'k' in jwk ? [say('bad', 'dpop_private_key', {}, 2)] : [];
}
