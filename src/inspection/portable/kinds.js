// @ts-check
/**
 * What a JWT is for, by its `typ` where it has one (RFC 8725 section 3.11), else by its claims. It is what the token
 * says of itself.
 */

/** @import { ReadToken } from '../report.ts' */

/** @type {Record<string, string>} */
const byType = {
  'at+jwt': 'access_token',
  'dpop+jwt': 'dpop_proof',
  'logout+jwt': 'logout_token',
  'oauth-authz-req+jwt': 'request_object',
  'client-authentication+jwt': 'client_assertion',
  'token-introspection+jwt': 'introspection_response',
  'statuslist+jwt': 'status_list',
  'secevent+jwt': 'security_event',
};

const logoutEvent = 'http://schemas.openid.net/event/backchannel-logout';

/**
 * @param {ReadToken} token
 * @returns {string}
 */
export function kindOfToken({ form, header, claims }) {
  if (form === 'jwe') return 'jwe';
  if (form === 'none') return 'broken_jwt';
  const type = String(header.typ ?? '').toLowerCase();
  const named = byType[type.replace(/^application\//, '')];
  if (named) return named;
  const { events } = claims;
  if (typeof events === 'object' && events !== null && logoutEvent in events) return 'logout_token';
  if ('htm' in claims && 'htu' in claims) return 'dpop_proof';
  if ('response_type' in claims || ('redirect_uri' in claims && 'client_id' in claims)) {
    return 'request_object';
  }
  if (claims.iss !== undefined && claims.iss === claims.sub) return 'client_assertion';
  if ('nonce' in claims || 'at_hash' in claims || 'auth_time' in claims) return 'id_token';
  if ('scope' in claims || 'scp' in claims) return 'untyped_access_token';
  return 'sub' in claims && 'aud' in claims ? 'id_token' : 'jwt';
}
