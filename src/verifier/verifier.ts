/**
 * The public types of a verifier.
 */
import type { CompactJWSHeaderParameters } from 'jose';
import type { AccessTokenClaims } from './access_tokens/access_token.ts';
import type { Binding } from './access_tokens/binding.ts';
import type { RateLimit } from './api_keys/key_results.ts';
import type { KeyBehind } from './api_keys/source_keys.ts';
import type { VerifierMetrics } from './reporter.ts';
import type { PlainRequest, RequestLike } from './requests/presented.ts';
import type { ResourceMetadata } from './requests/resource_metadata.ts';
import type { SignInOptions } from './sign_ins.ts';

/** `unknown`: accepted while blind; `none`: the token cannot be revoked. */
export type RevocationCheck = 'checked' | 'unknown' | 'none';

export type VerifiedToken = {
  kind: 'access_token';
  token: string;
  claims: AccessTokenClaims;
  header: CompactJWSHeaderParameters;
  scopes: readonly string[];
  environment: 'live' | 'test';
  binding: Binding;
  revocation: RevocationCheck;
  /** The API keys behind the token, as they were when it was issued. */
  api_keys: readonly KeyBehind[];
  /** The key's limit, if Cardea was asked; null: no limit. */
  rate_limit?: RateLimit | null;
  quota?: RateLimit | null;
};

/**
 * The same claims as in a token exchanged for the key. `sub` is the user or else the project; `client_id` and
 * `jti` are the key's id; `exp` is set only if the key expires.
 */
export type ApiKeyClaims = {
  iss: string;
  sub: string;
  aud: string;
  client_id: string;
  jti: string;
  scope: string;
  api_key_id: string;
  environment: 'live' | 'test';
  project?: string;
  act: { sub: string };
  exp?: number;
  /** Code that reads other claims of tokens finds none. */
  [claim: string]: unknown;
};

export type VerifiedApiKey = {
  kind: 'api_key';
  /** Never the key: nobody needs it after this, and the object may be logged. */
  token?: undefined;
  header?: undefined;
  claims: ApiKeyClaims;
  scopes: readonly string[];
  binding: 'none';
  revocation: 'checked' | 'unknown';
  key_id: string;
  /** The owner's id: exactly one of the two. */
  project: string | undefined;
  user: string | undefined;
  environment: 'live' | 'test';
  tier: string | null;
  /** ISO 8601; null: never. */
  expires_at: string | null;
  /** Null: no limit. */
  rate_limit: RateLimit | null;
  /** Per month; null: no quota. */
  quota: RateLimit | null;
  metadata: Readonly<Record<string, string>>;
};

export type Verified = VerifiedToken | VerifiedApiKey;

/** `acr` and `max_age` replace the verifier's own. */
export type VerifyOptions = {
  /** All of these are required; they replace the verifier's own `scopes`. */
  scopes?: string | readonly string[];
} & SignInOptions;

/** `Credential`: tokens only, if no API keys are accepted. */
export type Verifier<Credential extends Verified = Verified> = {
  /** Rejects with VerifierError, or with TypeError if `options` are wrong. */
  verify(
    request: string | RequestLike | PlainRequest,
    options?: VerifyOptions,
  ): Promise<Credential>;
  /** Resolves once the issuer's keys were fetched, or fetching failed. `verify` need not wait for it. */
  ready(): Promise<void>;
  metrics(): VerifierMetrics;
  /** To be served at its `path`, which middleware does. Undefined without the option. */
  readonly resourceMetadata: ResourceMetadata | undefined;
  /** Stops all background work. Resolves when the last uses of API keys have been reported. */
  close(): Promise<void>;
};
