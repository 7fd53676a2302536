/**
 * JWT access tokens (RFC 9068): signature and claims. Revocation, and proof of possession for bound tokens, are
 * checked elsewhere.
 */
import {
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyResult,
  jwtVerify,
} from 'jose';
import { type ErrorCode, Refusal } from '../errors.ts';
import type { IssuerKeys } from '../issuer_keys/issuer_keys.ts';
import type { PublishedKey } from '../issuer_keys/key_set.ts';
import type { VerifierSettings } from '../options.ts';

export type AccessTokenClaims = {
  iss: string;
  sub: string;
  aud: string | string[];
  /** Seconds since the epoch, like `iat`. */
  exp: number;
  iat: number;
  jti: string;
  client_id: string;
  /** Scope names separated by spaces. */
  scope?: string;
  cnf?: unknown;
  /** Set if an API key is behind the token, directly or through further exchanges. */
  environment?: unknown;
  status?: unknown;
  [claim: string]: unknown;
};

const maxTokenLength = 16_384;

export type AccessTokens = {
  /** Rejects with Refusal, or with an error of jose that `codeOf` maps. */
  read(token: string): Promise<JWTVerifyResult>;
};

export function createAccessTokens({
  settings,
  keys,
}: {
  settings: VerifierSettings;
  keys: Pick<IssuerKeys, 'find' | 'lookup'>;
}): AccessTokens {
  const { clock, clockTolerance, issuer } = settings;
  const [first, ...others] = settings.audience;
  const audience = others.length > 0 ? settings.audience : first;

  /** The key determines the algorithm, and only the issuer's keys count: the token's header decides neither. */
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
      if (token.length > maxTokenLength) throw new Refusal('malformed_token');
      const currentDate = new Date(clock.now());
      return jwtVerify(token, keyOf, { issuer, audience, clockTolerance, currentDate });
    },
  };
}

/**
 * A token has exactly one valid spelling: the signature must have no white space, padding or stray trailing
 * bits (RFC 4648 section 3.5). The other parts are covered by the signature as written. The key determines the
 * signature's length, so a character that decoding would skip shows as a missing one.
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

/** Checks that the verified claims include those that RFC 9068 section 2.2 requires. `now` in seconds. */
export function completeClaims(
  claims: JWTPayload,
  now: number,
  { clockTolerance }: VerifierSettings,
): AccessTokenClaims {
  if (!isComplete(claims)) throw new Refusal('invalid_claims');
  if (claims.iat > now + clockTolerance) throw new Refusal('not_yet_valid');
  return claims;
}

/** The environment of the API key behind the token. Tokens without a key are live. */
export function tokenEnvironment(
  { environment = 'live' }: AccessTokenClaims,
  { environment: wanted }: VerifierSettings,
): 'live' | 'test' {
  if (environment !== 'live' && environment !== 'test') throw new Refusal('wrong_environment');
  if (environment !== wanted && wanted !== 'any') throw new Refusal('wrong_environment');
  return environment;
}

/** `iss` and `aud` have been checked already. */
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

/** Maps an error of jose to the reason for the refusal. */
export function codeOf(cause: unknown): ErrorCode {
  if (cause instanceof errors.JWTExpired) return 'expired';
  if (cause instanceof errors.JWSSignatureVerificationFailed) return 'bad_signature';
  if (cause instanceof errors.JOSEAlgNotAllowed) return 'wrong_algorithm';
  if (cause instanceof errors.JWTClaimValidationFailed) {
    return codeOfClaim[cause.claim] ?? 'invalid_claims';
  }
  return 'malformed_token';
}
