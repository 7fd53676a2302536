// @ts-check
/**
 * The members of a header or payload, each with the name of its plain words and, where it is a time, that time.
 */
import { short } from './statement.js';
import { isDate } from './times.js';

/** @import { Member } from '../report.ts' */

const known = new Set([
  ...['alg', 'typ', 'kid', 'cty', 'crit', 'jwk', 'jku', 'x5u', 'x5c', 'x5t', 'x5t#S256', 'b64'],
  ...['enc', 'zip', 'epk', 'apu', 'apv', 'p2s', 'p2c', 'iv', 'tag', 'trust_chain'],
  ...['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'client_id', 'scope', 'azp', 'nonce'],
  ...['auth_time', 'acr', 'amr', 'at_hash', 'c_hash', 's_hash', 'sid', 'cnf', 'act', 'may_act'],
  ...['status', 'events', 'htm', 'htu', 'ath', 'authorization_details', 'entitlements'],
  ...['roles', 'groups', 'name', 'given_name', 'family_name', 'preferred_username', 'email'],
  ...['email_verified', 'picture', 'locale', 'zoneinfo', 'updated_at', 'phone_number', 'address'],
  ...['response_type', 'response_mode', 'redirect_uri', 'state', 'prompt', 'max_age', 'resource'],
  ...['code_challenge', 'code_challenge_method', 'login_hint', 'claims', 'family_id', 'ttl'],
  ...['userinfo_claims', 'token_introspection', 'status_list', 'scp', 'api_key', 'consumed_at'],
  ...['user_id', 'grant_id', 'issued_at', 'expires_at', 'id', 'display', 'api', 'project_id'],
  ...['environment', 'scopes', 'tier', 'allow_ips', 'state', 'created_at', 'created_by'],
]);

const times = new Set(['exp', 'nbf', 'iat', 'auth_time', 'updated_at']);
const maxMembers = 100;

/**
 * @param {Record<string, unknown>} members
 * @returns {Member[]}
 */
export function describeMembers(members) {
  return Object.entries(members)
    .filter(([, value]) => value !== undefined)
    .slice(0, maxMembers)
    .map(([name, value]) => ({
      ...{ name: short(name), value, at: timeOf(name, value) },
      words: known.has(name) ? name : undefined,
    }));
}

/**
 * @param {string} name
 * @param {unknown} value
 * @returns {number | undefined}
 */
function timeOf(name, value) {
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value))
    return Date.parse(value);
  if (!times.has(name)) return undefined;
  return isDate(value) ? Number(value) * 1000 : undefined;
}
