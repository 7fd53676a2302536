// @ts-check
/**
 * Whether an API would accept a credential, as far as the credential itself says so (RFC 9068 section 4). Signature,
 * times and revocation are statements of their own, which count for it, too.
 */
import { audiencesOf, scopesOf } from './expectations.js';
import { say } from './statement.js';

/** @import { Statement } from '../report.ts' */

/** @typedef {{ identifier: string, name: string, format: 'jwt' | 'opaque', scopes: readonly string[] }} InspectedApi */

const accepted = new Set([
  ...['access_token', 'opaque_access_token', 'opaque_client_token', 'api_key'],
]);

/**
 * @param {{ kind: string, claims: Record<string, unknown>, api: InspectedApi }} options
 * @returns {Statement[]}
 */
export function checkForApi({ kind, claims, api }) {
  const { identifier, name } = api;
  if (kind === 'untyped_access_token') return [say('bad', 'api_untyped', { name }, 1)];
  if (!accepted.has(kind)) return [say('bad', 'api_other_kind', { name }, 1)];
  const there = kind === 'api_key' ? [String(claims.api ?? '')] : audiencesOf(claims);
  const isFor = there.includes(identifier);
  const scopes = scopesOf(claims).filter((scope) => api.scopes.includes(scope));
  return [
    isFor
      ? say('good', 'api_audience', { name })
      : say('bad', 'api_wrong_audience', { name, there: there.join(', ') || '–', identifier }, 4),
    ...(isFor && scopes.length > 0
      ? [say('good', 'api_scopes', { name, scopes: scopes.join(' ') })]
      : []),
    ...(isFor && scopes.length === 0 && api.scopes.length > 0
      ? [say('caution', 'api_no_scopes', { name })]
      : []),
    ...checkBinding(claims, name),
  ];
}

/**
 * Proof of possession (RFC 9449 section 7, RFC 8705 section 3).
 *
 * @param {Record<string, unknown>} claims
 * @param {string} name
 * @returns {Statement[]}
 */
function checkBinding({ cnf }, name) {
  if (typeof cnf !== 'object' || cnf === null) return [];
  if ('jkt' in cnf) return [say('caution', 'api_needs_dpop', { name })];
  return 'x5t#S256' in cnf ? [say('caution', 'api_needs_certificate', { name })] : [];
}
