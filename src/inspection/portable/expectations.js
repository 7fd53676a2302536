// @ts-check
/**
 * What whoever inspects a token expects of it: how it is written, and whether the token meets it.
 */
import { say } from './statement.js';

/** @import { Expectations, Statement } from '../report.ts' */

/**
 * The fields of the form and the options of the command line, as people type them.
 *
 * @typedef {{ issuer?: string | undefined, audience?: string | undefined, scope?: string | undefined,
 *   claim?: string | undefined, api?: string | undefined, at?: string | undefined,
 *   tolerance?: string | undefined }} ExpectationFields
 */

const longestTolerance = 3600;

/**
 * Audiences and scopes are separated by spaces, claims by line breaks. `problems`: the fields that cannot be understood,
 * each with the code of its text.
 *
 * @param {ExpectationFields} fields
 * @returns {{ expectations: Expectations, problems: Record<string, string> }}
 */
export function parseExpectations({ issuer, audience, scope, claim, api, at, tolerance }) {
  /** @type {Record<string, string>} */
  const problems = {};
  const instant = instantOf(at?.trim() ?? '');
  if (instant === null) problems.at = 'at';
  const seconds = Number(tolerance?.trim() || 0);
  if (!Number.isInteger(seconds) || seconds < 0 || seconds > longestTolerance) {
    problems.tolerance = 'tolerance';
  }
  const lines = (claim ?? '').split('\n').map((line) => line.trim());
  const claims = lines.filter(Boolean).map((line) => {
    const [name = '', ...rest] = line.split('=');
    return { name: name.trim(), value: rest.join('=').trim() };
  });
  if (claims.some(({ name }) => name === '') || lines.some((line) => line && !line.includes('='))) {
    problems.claim = 'claim';
  }
  const expectations = {
    issuer: issuer?.trim() || undefined,
    audience: words(audience),
    scopes: words(scope),
    ...{ claims, api: api?.trim() || undefined },
    at: instant ?? undefined,
    tolerance: problems.tolerance ? 0 : seconds,
  };
  return { expectations, problems };
}

/**
 * Undefined: none. Null: not understood. A number is seconds since the epoch, or milliseconds.
 *
 * @param {string} text
 */
function instantOf(text) {
  if (text === '') return undefined;
  if (/^\d{1,11}$/.test(text)) return Number(text) * 1000;
  const ms = /^\d{12,14}$/.test(text) ? Number(text) : Date.parse(text);
  const hasZone = /^\d+$|(z|[+-]\d\d:?\d\d)$/i.test(text);
  // Without a zone it would be another instant on the server than in the browser.
  return Number.isNaN(ms) ? null : hasZone ? ms : Date.parse(`${text}Z`) || null;
}

/** @param {string | undefined} text */
function words(text) {
  return (text ?? '').split(/[\s,]+/).filter(Boolean);
}

/**
 * @param {Record<string, unknown>} claims
 * @param {Expectations} expectations
 * @returns {Statement[]}
 */
export function checkExpectations(claims, { issuer, audience, scopes, claims: wanted }) {
  const there = audiencesOf(claims);
  const lacking = scopes.filter((scope) => !scopesOf(claims).includes(scope));
  return [
    ...(issuer === undefined ? [] : [expectIssuer(claims.iss, issuer)]),
    ...audience.map((one) =>
      there.includes(one)
        ? say('good', 'audience_met', { audience: one })
        : say('bad', 'audience_unmet', { audience: one, there: there.join(', ') || '–' }, 4),
    ),
    ...(scopes.length > 0 && lacking.length === 0
      ? [say('good', 'scopes_met', { scopes: scopes.join(' ') })]
      : []),
    ...(lacking.length > 0 ? [say('bad', 'scopes_unmet', { scopes: lacking.join(' ') }, 7)] : []),
    ...wanted.map(({ name, value }) => expectClaim(claims[name], name, value)),
  ];
}

/**
 * @param {unknown} there
 * @param {string} issuer
 */
function expectIssuer(there, issuer) {
  if (there === issuer) return say('good', 'issuer_met', { issuer });
  const isSlash = String(there).replace(/\/$/, '') === issuer.replace(/\/$/, '');
  const code = isSlash ? 'issuer_slash' : 'issuer_unmet';
  return say('bad', code, { issuer, there: String(there ?? '–') }, 3);
}

/**
 * @param {unknown} there
 * @param {string} name
 * @param {string} value
 */
function expectClaim(there, name, value) {
  if (there === undefined) return say('bad', 'claim_missing', { name }, 7);
  const isMet = [there].flat().some((one) => textOf(one) === value) || textOf(there) === value;
  return isMet
    ? say('good', 'claim_met', { name, value })
    : say('bad', 'claim_unmet', { name, value, there: textOf(there) }, 7);
}

/**
 * A claim's value as people write it: text as it is, all else as JSON.
 *
 * @param {unknown} value
 * @returns {string}
 */
export function textOf(value) {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

/**
 * @param {Record<string, unknown>} claims
 * @returns {string[]}
 */
export function audiencesOf({ aud }) {
  return [aud ?? []].flat().map(textOf);
}

/**
 * @param {Record<string, unknown>} claims
 * @returns {string[]}
 */
export function scopesOf({ scope, scp, scopes }) {
  return [scope ?? scp ?? scopes ?? []].flat().flatMap((text) => String(text).split(' '));
}
