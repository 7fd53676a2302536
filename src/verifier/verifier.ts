/** What a verifier is to those who use it. */
import type { CompactJWSHeaderParameters } from 'jose';
import type { AccessTokenClaims } from './access_tokens/access_token.ts';
import type { Binding } from './access_tokens/binding.ts';
import type { RateLimit } from './api_keys/response.ts';
import type { KeyBehind } from './api_keys/source_keys.ts';
import type { VerifierMetrics } from './report.ts';
import type { PlainRequest, RequestLike } from './requests/presented.ts';
import type { ResourceMetadata } from './requests/resource_metadata.ts';

/** `unknown`: accepted while blind; `none`: the token cannot be revoked. */
export type Revocation = 'checked' | 'unknown' | 'none';

export type VerifiedToken = {
  kind: 'access_token';
  token: string;
  claims: AccessTokenClaims;
  header: CompactJWSHeaderParameters;
  scopes: readonly string[];
  environment: 'live' | 'test';
  binding: Binding;
  revocation: Revocation;
  /** The API keys that it comes of, as they were when it was issued. */
  api_keys: readonly KeyBehind[];
  /** Of the key, where Cardea was asked; null: no limit. */
  rate_limit?: RateLimit | null;
  quota?: RateLimit | null;
};

/**
 * What a token that was exchanged for the key says: `sub` is the user or else the project, `client_id` is the
 * key's id. So is `jti`; `exp` only where the key expires.
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
  /** So that what reads other claims of tokens finds none. */
  [claim: string]: unknown;
};

export type VerifiedApiKey = {
  kind: 'api_key';
  /** Not the key: nobody needs it any more, and what holds it may be logged. */
  token?: undefined;
  header?: undefined;
  claims: ApiKeyClaims;
  scopes: readonly string[];
  binding: 'none';
  revocation: 'checked' | 'unknown';
  key_id: string;
  /** Whose key it is (an id): one of the two. */
  project: string | undefined;
  user: string | undefined;
  environment: 'live' | 'test';
  tier: string | null;
  /** ISO 8601; null: never. */
  expires_at: string | null;
  /** Null: no limit. */
  rate_limit: RateLimit | null;
  /** Of the month; null: none. */
  quota: RateLimit | null;
  metadata: Readonly<Record<string, string>>;
};

export type Verified = VerifiedToken | VerifiedApiKey;

export type VerifyOptions = {
  /** All of them are needed; in place of the verifier's own `scopes`. */
  scopes?: string | readonly string[];
};

/** `Credential`: tokens only where no API keys are accepted. */
export type Verifier<Credential extends Verified = Verified> = {
  /** Rejects with VerifierError, and with TypeError when `options` are wrong. */
  verify(
    request: string | RequestLike | PlainRequest,
    options?: VerifyOptions,
  ): Promise<Credential>;
  /** Resolves once the issuer's keys were fetched, or that failed; `verify` need not wait for it. */
  ready(): Promise<void>;
  metrics(): VerifierMetrics;
  /** To be served at its `path`; middleware does. Undefined without the option. */
  readonly resourceMetadata: ResourceMetadata | undefined;
  /** Stops all that goes on in the background. Resolves when the last uses of API keys are counted. */
  close(): Promise<void>;
};
