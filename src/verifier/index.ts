/**
 * `@cardea/verifier`: resource servers use it to verify Cardea's access tokens offline and its API keys by
 * asking Cardea, and still refuse revoked ones within seconds. This file lists the public exports. The package
 * imports nothing from the server, so it repeats what both need, such as the format of API keys.
 */
export type { AccessTokenClaims } from './access_tokens/access_token.ts';
export type { Binding } from './access_tokens/binding.ts';
export type { RateLimit } from './api_keys/key_results.ts';
export type { KeyBehind } from './api_keys/source_keys.ts';
export { createVerifier } from './create_verifier.ts';
export { type ErrorCode, VerifierError } from './errors.ts';
export { protectExpress } from './express.ts';
export { protectFastify } from './fastify.ts';
export { protectFetch } from './fetch_handler.ts';
export { protectKoa } from './koa.ts';
export type {
  ApiKeyOptions,
  Certificate,
  DpopOptions,
  StatusListOptions,
  VerifierOptions,
} from './options.ts';
export type { VerifierEvent, VerifierMetrics } from './reporter.ts';
export type { FetchFunction } from './requests/issuer_requests.ts';
export { type ProtectOptions, tokenOf } from './requests/middleware.ts';
export type { HeaderBag, PlainRequest, RequestLike } from './requests/presented.ts';
export type { ResourceMetadata, ResourceMetadataOptions } from './requests/resource_metadata.ts';
export type {
  ApiKeyClaims,
  Verified,
  VerifiedApiKey,
  VerifiedToken,
  Verifier,
  VerifyOptions,
} from './verifier.ts';
