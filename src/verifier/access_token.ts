/**
 * JWT access tokens (RFC 9068): signature and claims. Whether one is revoked, or presented by whom it is
 * bound to, is decided elsewhere.
 */
import { type CompactJWSHeaderParameters, errors, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { type ErrorCode, Refusal } from './errors.ts';
import type { Keys } from './keys.ts';
import type { Settings } from './options.ts';

export type AccessTokenClaims = {
  iss: string;
  sub: string;
  aud: string | string[];
  /** Seconds since the epoch, like `iat`. */
  exp: number;
  iat: number;
  jti: string;
  client_id: string;
  /** Scopes between spaces. */
  scope?: string;
  cnf?: unknown;
  status?: unknown;
  [claim: string]: unknown;
};

export type ReadToken = { claims: AccessTokenClaims; header: CompactJWSHeaderParameters };

const maxLength = 16_384;

/** Throws Refusal. */
export type AccessTokenReader = (token: string) => Promise<ReadToken>;

export function createAccessTokenReader({
  settings,
  keys,
}: {
  settings: Settings;
  keys: Pick<Keys, 'find' | 'lookup'>;
}): AccessTokenReader {
  const { audience, clock, clockTolerance, issuer } = settings;

  /** The algorithm is the key's, and the key is one of the issuer's: never the token's word. */
  const keyOf: JWTVerifyGetKey = ({ typ, kid, alg }) => {
    if (typ !== 'at+jwt' && typ !== 'application/at+jwt') throw new Refusal('wrong_type');
    if (!settings.algorithms.includes(alg)) throw new Refusal('wrong_algorithm');
    const known = keys.find(kid, alg);
    return known ? known.key : keys.lookup(kid, alg, 'token').then(({ key }) => key);
  };

  return async function readAccessToken(token) {
    if (token.length > maxLength || !isCanonical(token)) throw new Refusal('malformed_token');
    try {
      const { payload, protectedHeader } = await jwtVerify(token, keyOf, {
        issuer,
        audience,
        clockTolerance,
        currentDate: new Date(clock.now()),
      });
      if (!isComplete(payload)) throw new Refusal('invalid_claims');
      if (payload.iat > clock.now() / 1000 + clockTolerance) throw new Refusal('not_yet_valid');
      return { claims: payload, header: protectedHeader };
    } catch (cause) {
      throw cause instanceof Refusal ? cause : new Refusal(codeOf(cause), cause);
    }
  };
}

/**
 * One token has one spelling: no white space, padding or stray bits in the last character of the signature
 * (RFC 4648 section 3.5). The other parts are signed as they are written.
 */
function isCanonical(token: string): boolean {
  const signature = /^[\w-]+\.[\w-]+\.([\w-]+)$/.exec(token)?.[1];
  if (signature === undefined) return false;
  const rest = signature.length % 4;
  if (rest === 0) return true;
  return (rest === 2 ? /[AQgw]$/ : /[AEIMQUYcgkosw048]$/).test(signature) && rest !== 1;
}

/** RFC 9068 section 2.2; `iss` and `aud` are checked already. */
function isComplete(claims: Record<string, unknown>): claims is AccessTokenClaims {
  const { sub, exp, iat, jti, client_id: client, scope } = claims;
  return (
    Number.isFinite(exp) &&
    Number.isFinite(iat) &&
    typeof sub === 'string' &&
    typeof jti === 'string' &&
    typeof client === 'string' &&
    (scope === undefined || typeof scope === 'string')
  );
}

const codeOfClaim: Record<string, ErrorCode> = {
  iss: 'wrong_issuer',
  aud: 'wrong_audience',
  nbf: 'not_yet_valid',
};

function codeOf(cause: unknown): ErrorCode {
  if (cause instanceof errors.JWTExpired) return 'expired';
  if (cause instanceof errors.JWSSignatureVerificationFailed) return 'bad_signature';
  if (cause instanceof errors.JOSEAlgNotAllowed) return 'wrong_algorithm';
  if (cause instanceof errors.JWTClaimValidationFailed) {
    return codeOfClaim[cause.claim] ?? 'invalid_claims';
  }
  return 'malformed_token';
}
