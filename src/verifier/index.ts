/**
 * `@cardea/verifier`: what a resource server imports to verify Cardea's access tokens offline, and its API keys
 * by asking, and still refuse revoked ones within seconds. This file names what is public; it needs nothing of the server.
 */
export type { AccessTokenClaims } from './access_token.ts';
export type { RateLimit } from './api_key_answer.ts';
export type { Binding } from './binding.ts';
export { createVerifier } from './create_verifier.ts';
export { type ErrorCode, VerifierError } from './errors.ts';
export { protectExpress } from './express.ts';
export { protectFastify } from './fastify.ts';
export { protectFetch } from './fetch_handler.ts';
export type { FetchFunction } from './http.ts';
export type { KeyBehind } from './keys_behind.ts';
export { protectKoa } from './koa.ts';
export { type ProtectOptions, tokenOf } from './middleware.ts';
export type {
  ApiKeyOptions,
  Certificate,
  DpopOptions,
  StatusListOptions,
  VerifierOptions,
} from './options.ts';
export type { HeaderBag, PlainRequest, RequestLike } from './presented.ts';
export type { VerifierEvent, VerifierMetrics } from './report.ts';
export type { ResourceMetadata, ResourceMetadataOptions } from './resource_metadata.ts';
export type {
  ApiKeyClaims,
  Verified,
  VerifiedApiKey,
  VerifiedToken,
  Verifier,
  VerifyOptions,
} from './verifier.ts';
