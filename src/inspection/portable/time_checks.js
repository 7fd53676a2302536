// @ts-check
/**
 * A token's times at an instant, with a tolerance for clocks that differ (RFC 7519 sections 4.1.4 to 4.1.6).
 */
import { say } from './statement.js';
import { isDate, utc } from './times.js';

/** @import { Statement } from '../report.ts' */

/** Seconds from which on a number can only be meant as milliseconds: the year 5138. */
const millisecondsFrom = 1e11;
const day = 86_400;
/** RFC 9449 section 11.1 leaves it to the server; this is what Cardea takes (of clients held to FAPI 2.0: 60). */
const proofSeconds = 300;

/** Kinds that need no `exp`. */
const withoutEnd = new Set(['dpop_proof', 'introspection_response', 'security_event']);

/**
 * `now`: milliseconds since the epoch, `tolerance`: seconds.
 *
 * @param {Record<string, unknown>} claims
 * @param {{ kind: string, now: number, tolerance: number }} options
 * @returns {Statement[]}
 */
export function checkTimes(claims, { kind, now, tolerance }) {
  const seconds = Math.floor(now / 1000);
  const odd = ['exp', 'nbf', 'iat'].flatMap((name) => checkForm(name, claims[name]));
  const [exp, nbf, iat] = [claims.exp, claims.nbf, claims.iat].map(usable);
  /** @type {Statement[]} */
  const found = [...odd];
  if (exp !== undefined) found.push(checkEnd(exp, seconds, tolerance));
  else if (claims.exp === undefined && !withoutEnd.has(kind)) {
    found.push(say(kind === 'request_object' ? 'caution' : 'bad', 'exp_missing'));
  }
  if (nbf !== undefined && nbf > seconds + tolerance) {
    found.push(say('bad', 'not_yet', { time: utc(nbf * 1000), span: nbf - seconds }));
  }
  if (iat !== undefined && iat > seconds + Math.max(tolerance, 5)) {
    found.push(say('caution', 'issued_in_future', { time: utc(iat * 1000), span: iat - seconds }));
  }
  if (kind === 'dpop_proof' && iat !== undefined && seconds - iat > proofSeconds + tolerance) {
    found.push(say('bad', 'proof_old', { span: seconds - iat }));
  }
  if (kind === 'access_token' && exp !== undefined && iat !== undefined && exp - iat > day) {
    found.push(say('caution', 'long_lived', { span: exp - iat }));
  }
  return found;
}

/**
 * @param {number} exp
 * @param {number} now
 * @param {number} tolerance
 */
function checkEnd(exp, now, tolerance) {
  const time = utc(exp * 1000);
  if (exp + tolerance <= now) return say('bad', 'expired', { time, span: now - exp });
  return exp <= now
    ? say('caution', 'expired_within_tolerance', { time, span: now - exp })
    : say('good', 'not_expired', { time, span: exp - now });
}

/**
 * @param {string} name
 * @param {unknown} value
 * @returns {Statement[]}
 */
function checkForm(name, value) {
  if (value === undefined) return [];
  if (typeof value !== 'number') return [say('bad', 'time_not_number', { name })];
  if (value >= millisecondsFrom) return [say('bad', 'time_in_milliseconds', { name })];
  return value < 0 ? [say('bad', 'time_absurd', { name })] : [];
}

/** @param {unknown} value */
function usable(value) {
  return isDate(value) && Number(value) < millisecondsFrom ? Number(value) : undefined;
}
