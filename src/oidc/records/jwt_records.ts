/**
 * A JWT access token as the record that the library would have stored for it, so that userinfo,
 * introspection and revocation treat it like an opaque one, sender constraints included.
 */
import type { AdapterPayload } from 'oidc-provider';
import type { ReadAccessToken } from '../../tokens/room.ts';
import { accessTokens, type RecordKind } from './kinds.ts';

/**
 * A user's token or a client's own. One that was exchanged for something
 * has no consent of its own behind it, which the library would look for: all that it is stands in its claims.
 */
export function kindOfJwt(token: ReadAccessToken): RecordKind {
  return isPersonal(token) ? accessTokens.ofPerson : accessTokens.ofClient;
}

function isPersonal({ grant, links }: ReadAccessToken): boolean {
  return grant !== undefined && links.derivedFrom === undefined;
}

export function recordOfJwt(token: ReadAccessToken): AdapterPayload {
  const { iss: _iss, sub, client_id, aud, cnf, sid, scope, jti, iat, exp, ...extra } = token.claims;
  return {
    kind: kindOfJwt(token),
    jti,
    iat,
    exp,
    scope,
    aud,
    sid,
    clientId: client_id,
    ...(isPersonal(token) && { accountId: token.accountId, grantId: token.links.grantId }),
    // A user's subject is told by the library, pairwise where the client wants it so.
    extra: isPersonal(token) ? extra : { ...extra, sub },
    jkt: cnf?.jkt,
    'x5t#S256': cnf?.['x5t#S256'],
  } as AdapterPayload;
}
