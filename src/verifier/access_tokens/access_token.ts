/**
 * JWT access tokens (RFC 9068): signature and claims. Whether one is revoked, or presented by whom it is
 * bound to, is decided elsewhere.
 */
import {
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyResult,
  jwtVerify,
} from 'jose';
import { type ErrorCode, Refusal } from '../errors.ts';
import type { Keys } from '../issuer_keys/issuer_keys.ts';
import type { PublishedKey } from '../issuer_keys/key_set.ts';
import type { Settings } from '../options.ts';

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
  /** Of what an API key was exchanged for, at any remove. */
  environment?: unknown;
  status?: unknown;
  [claim: string]: unknown;
};

const maxLength = 16_384;

export type AccessTokens = {
  /** Rejects with Refusal, or with an error of jose's that `codeOf` knows. */
  read(token: string): Promise<JWTVerifyResult>;
};

export function createAccessTokens({
  settings,
  keys,
}: {
  settings: Settings;
  keys: Pick<Keys, 'find' | 'lookup'>;
}): AccessTokens {
  const { clock, clockTolerance, issuer } = settings;
  const [first, ...others] = settings.audience;
  const audience = others.length > 0 ? settings.audience : first;

  /** The algorithm is the key's, and the key is one of the issuer's: never the token's word. */
  const keyOf: JWTVerifyGetKey = ({ typ, kid, alg }, { signature }) => {
    if (typ !== 'at+jwt' && typ !== 'application/at+jwt') throw new Refusal('wrong_type');
    if (!settings.algorithms.includes(alg)) throw new Refusal('wrong_algorithm');
    const known = keys.find(kid, alg);
    return known
      ? keyFor(signature, known)
      : keys.lookup(kid, alg, 'token').then((found) => keyFor(signature, found));
  };

  return {
    read(token) {
      if (token.length > maxLength) throw new Refusal('malformed_token');
      const currentDate = new Date(clock.now());
      return jwtVerify(token, keyOf, { issuer, audience, clockTolerance, currentDate });
    },
  };
}

/**
 * One token has one spelling: no white space, padding or stray bits at the end of the signature (RFC 4648
 * section 3.5). The other parts are signed as they are written, and the signature's length is the key's, so
 * that a character which decoding passes over would be missing at its end.
 */
function keyFor(signature: unknown, { key, signatureLength }: PublishedKey): PublishedKey['key'] {
  if (typeof signature !== 'string' || signature.length !== signatureLength) {
    throw new Refusal('malformed_token');
  }
  const rest = signatureLength % 4;
  const last = signature.charAt(signatureLength - 1);
  if (rest !== 0 && !(rest === 2 ? 'AQgw' : 'AEIMQUYcgkosw048').includes(last)) {
    throw new Refusal('malformed_token');
  }
  return key;
}

/** The claims that RFC 9068 section 2.2 wants, over those that were verified. `now` in seconds. */
export function completeClaims(
  claims: JWTPayload,
  now: number,
  { clockTolerance }: Settings,
): AccessTokenClaims {
  if (!isComplete(claims)) throw new Refusal('invalid_claims');
  if (claims.iat > now + clockTolerance) throw new Refusal('not_yet_valid');
  return claims;
}

/** The key's that the token comes of, at any remove; there are none but live tokens without a key. */
export function environmentOf(
  { environment = 'live' }: AccessTokenClaims,
  { environment: wanted }: Settings,
): 'live' | 'test' {
  if (environment !== 'live' && environment !== 'test') throw new Refusal('wrong_environment');
  if (environment !== wanted && wanted !== 'any') throw new Refusal('wrong_environment');
  return environment;
}

/** `iss` and `aud` are checked already. */
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

/** What jose refused a token for. */
export function codeOf(cause: unknown): ErrorCode {
  if (cause instanceof errors.JWTExpired) return 'expired';
  if (cause instanceof errors.JWSSignatureVerificationFailed) return 'bad_signature';
  if (cause instanceof errors.JOSEAlgNotAllowed) return 'wrong_algorithm';
  if (cause instanceof errors.JWTClaimValidationFailed) {
    return codeOfClaim[cause.claim] ?? 'invalid_claims';
  }
  return 'malformed_token';
}
