// @ts-check
/**
 * The inspection in a browser that keeps the token to itself: the keys of this server's JWKS are all that it has from
 * elsewhere. Only the server knows what was revoked.
 */
import { buildReport } from './build_report.js';
import { readCompact } from './compact_token.js';
import { inspectToken } from './inspect_token.js';
import { findSigner } from './key_search.js';
import { takeOut } from './pasted_text.js';
import { say } from './statement.js';

/** @import { Expectations, PublicKey, Report } from '../report.ts' */
/** @import { InspectedApi } from './api_checks.js' */

/**
 * @param {{ text: string, expectations: Expectations, issuer: string, keys: readonly PublicKey[], now: number,
 *   apis: readonly InspectedApi[] }} options
 * @returns {Promise<Report>}
 */
export async function inspectLocally({ text, expectations, issuer, keys, now, apis }) {
  const { value, notes } = takeOut(text);
  const read = readCompact(value);
  if (!read) {
    const found = { pasted: [...notes, say('unchecked', 'local_no_jwt')] };
    return buildReport({ kind: 'opaque', at: now, found });
  }
  return inspectToken({
    ...{ token: read.token, issuer, pasted: [...notes, ...read.notes], expectations, now },
    api: apis.find(({ identifier }) => identifier === expectations.api),
    async checkSignature(token, kind) {
      if (ofClient.has(kind)) return [say('unchecked', 'client_key_unchecked')];
      if (token.claims.iss !== issuer) {
        const values = { issuer: String(token.claims.iss ?? '–') };
        return [say('unchecked', 'foreign_unchecked', values)];
      }
      return findSigner(token, keys, (key) => [
        say('good', 'signed_by_published', { kid: String(key.kid) }),
      ]);
    },
    checkState: async (_token, kind) =>
      kind === 'access_token' ? [say('unchecked', 'local_revocation')] : [],
  });
}

/** What clients sign, with keys of their own. */
const ofClient = new Set(['client_assertion', 'request_object']);
