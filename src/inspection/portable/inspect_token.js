// @ts-check
/**
 * The inspection of a JWT, as far as it needs nobody but the token, the expectations and, if there are any, the keys of
 * its issuer. The server adds what only it knows.
 */
import { checkForApi } from './api_checks.js';
import { buildReport } from './build_report.js';
import { checkExpectations } from './expectations.js';
import { checkHeader } from './header_checks.js';
import { kindOfToken } from './kinds.js';
import { describeMembers } from './members.js';
import { thumbprintOf, verifySignature } from './signatures.js';
import { say } from './statement.js';
import { checkTimes } from './time_checks.js';

/** @import { Expectations, PublicKey, ReadToken, Report, Statement } from '../report.ts' */
/** @import { InspectedApi } from './api_checks.js' */

/**
 * `checkSignature` and `checkState` are asked where they can be of use: of a JWS, and of one that was read and whose
 * signature is right. `now`: milliseconds since the epoch.
 *
 * @param {{ token: ReadToken, issuer: string, pasted: Statement[], expectations: Expectations, now: number,
 *   api?: InspectedApi | undefined,
 *   checkSignature: (token: ReadToken, kind: string) => Promise<Statement[]>,
 *   checkState?: (token: ReadToken, kind: string, isAlive: boolean) => Promise<Statement[]> }} options
 * @returns {Promise<Report>}
 */
export async function inspectToken({
  token,
  issuer,
  pasted,
  expectations,
  now,
  api,
  checkSignature,
  checkState,
}) {
  const kind = kindOfToken(token);
  const { header, claims } = token;
  const at = expectations.at ?? now;
  const facts = {
    ...{ kind, at, api: api?.name, header, claims },
    members: { header: describeMembers(header), claims: describeMembers(claims) },
  };
  const headerFound = checkHeader(header, kind);
  if (token.form === 'jwe') {
    const encrypted = say('unchecked', 'encrypted', { enc: String(header.enc ?? '–') });
    return buildReport({ ...facts, found: { pasted, signature: [encrypted] } });
  }
  if (token.form === 'none') {
    return buildReport({ ...facts, found: { pasted, header: headerFound } });
  }
  const { tolerance } = expectations;
  const time = checkTimes(claims, { kind, now: at, tolerance });
  const signature =
    kind === 'dpop_proof' ? await checkProof(token) : await checkSignature(token, kind);
  const isRight = signature.some(({ code }) => code.startsWith('signed_by'));
  const isAlive = isRight && time.every(({ level }) => level !== 'bad');
  const state = isRight && checkState ? await checkState(token, kind, isAlive) : [];
  const expected = checkExpectations(claims, expectations);
  const forApi = api ? checkForApi({ kind, claims, api }) : [];
  if (api && claims.iss !== issuer) {
    forApi.unshift(say('bad', 'api_other_issuer', { name: api.name, issuer }, 1));
  }
  return buildReport({
    ...facts,
    found: {
      ...{ pasted, header: headerFound, signature, time, state },
      ...{ expectations: expected, api: forApi, claims: kindNotes(kind, claims) },
    },
  });
}

/**
 * A DPoP proof is signed by the key that it brings (RFC 9449 section 4.3).
 *
 * @param {ReadToken} token
 * @returns {Promise<Statement[]>}
 */
async function checkProof(token) {
  const key = token.header.jwk;
  if (typeof key !== 'object' || key === null) return [];
  const jwk = /** @type {PublicKey} */ (key);
  const result = await verifySignature(token, jwk);
  if (result === 'unsupported') {
    return [say('bad', 'alg_not_asymmetric', { alg: String(token.header.alg) }, 2)];
  }
  return result === 'right'
    ? [say('good', 'signed_by_own_key', { jkt: await thumbprintOf(jwk) })]
    : [say('bad', 'signature_wrong', {}, 3)];
}

/**
 * What is to be known of this kind of token, and what the rules of its kind forbid.
 *
 * @param {string} kind
 * @param {Record<string, unknown>} claims
 * @returns {Statement[]}
 */
function kindNotes(kind, claims) {
  /** @type {Statement[]} */
  const notes = [];
  const required = requiredClaims[kind] ?? [];
  const missing = required.filter((name) => claims[name] === undefined);
  if (missing.length > 0)
    notes.push(say('bad', 'claims_missing', { names: missing.join(', ') }, 7));
  // OpenID Connect Back-Channel Logout 1.0 section 2.4: so that it cannot pass for an ID token.
  if (kind === 'logout_token' && 'nonce' in claims) notes.push(say('bad', 'logout_nonce', {}, 7));
  if (kind === 'logout_token' && claims.sub === undefined && claims.sid === undefined) {
    notes.push(say('bad', 'logout_of_nobody', {}, 7));
  }
  if (kind === 'client_assertion' && claims.iss !== claims.sub) {
    notes.push(say('bad', 'assertion_of_another', {}, 7));
  }
  if (kind === 'dpop_proof' && claims.ath === undefined)
    notes.push(say('fact', 'proof_without_ath'));
  return notes;
}

/** @type {Record<string, string[]>} */
const requiredClaims = {
  access_token: ['iss', 'sub', 'aud', 'iat', 'jti', 'client_id'],
  id_token: ['iss', 'sub', 'aud', 'iat'],
  logout_token: ['iss', 'aud', 'iat', 'jti', 'events'],
  dpop_proof: ['htm', 'htu', 'iat', 'jti'],
  client_assertion: ['iss', 'sub', 'aud', 'jti'],
  request_object: ['client_id'],
};
