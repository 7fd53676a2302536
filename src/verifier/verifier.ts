/** What a verifier is to those who use it. */
import type { CompactJWSHeaderParameters } from 'jose';
import type { AccessTokenClaims } from './access_token.ts';
import type { Binding } from './binding.ts';
import type { PlainRequest, RequestLike } from './presented.ts';
import type { VerifierMetrics } from './report.ts';
import type { ResourceMetadata } from './resource_metadata.ts';

/** `unknown`: accepted while blind; `none`: the token cannot be revoked. */
export type Revocation = 'checked' | 'unknown' | 'none';

export type VerifiedToken = {
  token: string;
  claims: AccessTokenClaims;
  header: CompactJWSHeaderParameters;
  scopes: readonly string[];
  binding: Binding;
  revocation: Revocation;
};

export type VerifyOptions = {
  /** All of them are needed; in place of the verifier's own `scopes`. */
  scopes?: string | readonly string[];
};

export type Verifier = {
  /** Rejects with VerifierError, and with TypeError when `options` are wrong. */
  verify(
    request: string | RequestLike | PlainRequest,
    options?: VerifyOptions,
  ): Promise<VerifiedToken>;
  /** Resolves once the issuer's keys were fetched, or that failed; `verify` need not wait for it. */
  ready(): Promise<void>;
  metrics(): VerifierMetrics;
  /** To be served at its `path`; middleware does. Undefined without the option. */
  readonly resourceMetadata: ResourceMetadata | undefined;
  /** Stops all that goes on in the background. */
  close(): void;
};
