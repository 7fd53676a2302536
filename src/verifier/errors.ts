/**
 * What can be wrong with a request, as stable codes. `code` is precise, for logs, metrics and tests; `error` is
 * the code of RFC 6750, RFC 9449 or RFC 9470 for the client. Descriptions are constants: nothing that a caller sent is
 * reflected.
 */
import type { RateLimit } from './api_keys/key_results.ts';

export type Failure = {
  status: 400 | 401 | 403 | 429 | 503;
  /** RFC 6750 section 3.1, RFC 9449 section 7.1, RFC 9470 section 3. Absent where no error code should be sent. */
  error?:
    | 'invalid_request'
    | 'invalid_token'
    | 'insufficient_scope'
    | 'insufficient_user_authentication'
    | 'invalid_dpop_proof';
  description: string;
};

const invalidToken = (description: string): Failure => ({
  status: 401,
  error: 'invalid_token',
  description,
});
const invalidProof = (description: string): Failure => ({
  status: 401,
  error: 'invalid_dpop_proof',
  description,
});
const insufficientSignIn = (description: string): Failure => ({
  status: 401,
  error: 'insufficient_user_authentication',
  description,
});
/**
 * One description for all of them, so that the holder of a stolen key learns nothing about it. `code` is for
 * the API only.
 */
const invalidKey = invalidToken('The API key is not valid here');
const tooMany = (description: string): Failure => ({ status: 429, description });
const unavailable = (description: string): Failure => ({ status: 503, description });

export const failures = {
  missing_token: { status: 401, description: 'An access token is required' },
  invalid_request: {
    status: 400,
    error: 'invalid_request',
    description: 'The credentials are not presented in a supported way',
  },
  token_in_query: {
    status: 400,
    error: 'invalid_request',
    description: 'An access token in the query is refused; use the Authorization header',
  },
  malformed_token: invalidToken('The access token is malformed'),
  wrong_type: invalidToken('The token is not a JWT access token'),
  wrong_algorithm: invalidToken('The token is signed with an algorithm that is not allowed'),
  unknown_key: invalidToken('The token is signed with a key that the issuer does not publish'),
  bad_signature: invalidToken('The signature of the token is wrong'),
  wrong_issuer: invalidToken('The token is of another issuer'),
  wrong_audience: invalidToken('The token is for another audience'),
  expired: invalidToken('The token has expired'),
  not_yet_valid: invalidToken('The token is not valid yet'),
  invalid_claims: invalidToken('The token lacks a claim, or one is malformed'),
  wrong_environment: invalidToken('The token is of another environment'),
  address_not_allowed: invalidToken('The token may not be used from this address'),
  revoked: invalidToken('The token has been revoked'),
  status_missing: invalidToken('The token cannot be checked for revocation'),
  status_invalid: invalidToken('The status claim of the token is not usable'),
  status_list_gone: invalidToken('The status list of the token does not exist any more'),
  unsupported_binding: invalidToken('The token is bound in a way that is not supported here'),
  binding_required: invalidToken('Only tokens that are bound to a key are accepted'),
  proof_missing: invalidToken('The token is bound to a key; use the DPoP scheme with a proof'),
  token_not_bound: invalidToken('The token is not bound to a key; use the Bearer scheme'),
  certificate_missing: invalidToken('The token is bound to a client certificate'),
  certificate_mismatch: invalidToken('The token is bound to another client certificate'),
  proof_invalid: invalidProof('The DPoP proof is malformed or its signature is wrong'),
  proof_key_mismatch: invalidProof('The DPoP proof is made with another key than the token names'),
  proof_mismatch: invalidProof('The DPoP proof was made for another request or token'),
  proof_expired: invalidProof('The DPoP proof is too old, or from the future'),
  proof_replayed: invalidProof('The DPoP proof was used before'),
  insufficient_scope: {
    status: 403,
    error: 'insufficient_scope',
    description: 'The token does not grant what this request needs',
  },
  weak_sign_in: insufficientSignIn('A stronger sign-in is required'),
  old_sign_in: insufficientSignIn('A more recent sign-in is required'),
  keys_unavailable: unavailable("The issuer's keys are not known at the moment"),
  status_unavailable: unavailable('Whether the token was revoked is not known at the moment'),
  replay_unavailable: unavailable('No more DPoP proofs can be remembered at the moment'),
  key_in_query: {
    status: 400,
    error: 'invalid_request',
    description: 'An API key in the URL is refused: logs keep it; replace the key',
  },
  api_key_required: invalidToken('Only API keys are accepted'),
  api_key_malformed: invalidKey,
  api_key_unknown: invalidKey,
  api_key_revoked: invalidKey,
  api_key_expired: invalidKey,
  api_key_disabled: invalidKey,
  api_key_ip_not_allowed: invalidKey,
  api_key_wrong_environment: invalidKey,
  api_key_wrong_audience: invalidKey,
  rate_limited: tooMany('Too many requests'),
  quota_exceeded: tooMany('The quota is used up'),
  api_keys_unavailable: unavailable('Whether the API key is valid is not known at the moment'),
  closed: unavailable('The verifier was closed'),
} as const satisfies Record<string, Failure>;

export type ErrorCode = keyof typeof failures;

/** Every refusal of `verify` is one of these. */
export class VerifierError extends Error {
  override readonly name = 'VerifierError';
  /** The precise reason; stable. */
  readonly code: ErrorCode;
  /** For the HTTP response. */
  readonly status: Failure['status'];
  /** The error code of RFC 6750, RFC 9449 or RFC 9470; undefined when there was no token, on 429 and 503. */
  readonly error: Failure['error'] | undefined;
  /** The `WWW-Authenticate` header; undefined on 429 and 503. */
  readonly wwwAuthenticate: string | undefined;
  /** Seconds, for the `Retry-After` header; set only on 429 and 503. */
  readonly retryAfter: number | undefined;
  /** The API key's limit, on 429. */
  readonly rateLimit: RateLimit | undefined;

  constructor(
    code: ErrorCode,
    wwwAuthenticate: string | undefined,
    { cause, rateLimit }: { cause?: unknown; rateLimit?: RateLimit | undefined } = {},
  ) {
    const failure: Failure = failures[code];
    super(failure.description, cause === undefined ? undefined : { cause });
    this.code = code;
    this.status = failure.status;
    this.error = failure.error;
    this.wwwAuthenticate = wwwAuthenticate;
    this.rateLimit = rateLimit;
    this.retryAfter = retryAfterFor(failure.status, rateLimit);
  }
}

function retryAfterFor(status: Failure['status'], rateLimit: RateLimit | undefined) {
  if (status === 503) return 2;
  return status === 429 ? Math.max(1, rateLimit?.reset ?? 60) : undefined;
}

/** A refusal on its way to `verify`, which adds the challenge. */
export class Refusal extends Error {
  readonly code: ErrorCode;
  readonly rateLimit: RateLimit | undefined;

  constructor(code: ErrorCode, cause?: unknown, rateLimit?: RateLimit) {
    super(code, cause === undefined ? undefined : { cause });
    this.code = code;
    this.rateLimit = rateLimit;
  }
}
