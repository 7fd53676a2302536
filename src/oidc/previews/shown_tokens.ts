/**
 * Tokens as a preview shows them: what they say, and nothing that anybody could present.
 */
import { decodeJwt, decodeProtectedHeader } from 'jose';

type Claims = Record<string, unknown>;

export type ShownToken = {
  /** Of a JWT. */
  header?: Claims;
  claims: Claims;
  /** The claims whose values are others in each token. Those that cannot be known before are null. */
  perIssuance: string[];
};

/** Known only when a token is issued: names of records, and what the app sends. */
const unknown = ['jti', 'sid', 'family_id', 'nonce', 'at_hash'];
/** As if it was issued now, after a sign-in just now. */
const ofTheMoment = ['iat', 'exp', 'auth_time'];

export function shownJwt(token: string): ShownToken {
  return { header: { ...decodeProtectedHeader(token) }, ...shownClaims(decodeJwt(token)) };
}

/** Members that are undefined are none. */
export function shownClaims(told: Claims): ShownToken {
  const claims = Object.fromEntries(
    Object.entries(told).filter(([, value]) => value !== undefined),
  );
  const blanks: Claims = Object.fromEntries(unknown.map((name) => [name, null]));
  blanks.status = { status_list: { idx: null, uri: null } };
  blanks.cnf = { jkt: null };
  const shown = Object.entries(claims).map(([name, value]) => [
    name,
    Object.hasOwn(blanks, name) ? blanks[name] : value,
  ]);
  const perIssuance = [...Object.keys(blanks), ...ofTheMoment];
  return {
    claims: Object.fromEntries(shown),
    perIssuance: perIssuance.filter((name) => Object.hasOwn(claims, name)),
  };
}
