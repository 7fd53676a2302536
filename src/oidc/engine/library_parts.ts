/**
 * Parts of the library that Cardea runs by themselves, for requests that take no way through its routes: how a client
 * authenticates, DPoP proofs, the grants that a person is part of, and the end of a session. So there is one
 * implementation of each for all endpoints. They are not part of what the library promises: the version is pinned, and
 * overrides.test.ts fails when one of them changes.
 */
import type { Client, KoaContextWithOIDC, Provider } from 'oidc-provider';
import { confirm } from 'oidc-provider/lib/actions/end_session.js';
import storage from 'oidc-provider/lib/helpers/als.js';
import { isValidClientIdUrl } from 'oidc-provider/lib/helpers/client_id_metadata_document.js';
import validateDpop, { checkDpopReplay } from 'oidc-provider/lib/helpers/validate_dpop.js';
import internals from 'oidc-provider/lib/helpers/weak_cache.js';
import clientAuthentication, { getClientAuthParams } from 'oidc-provider/lib/shared/client_auth.js';
import rejectDupes from 'oidc-provider/lib/shared/reject_dupes.js';
import { encodeBasic } from '../clients/unencoded_basic.ts';
import { errors } from './library.ts';
import type { ProgramContext } from './program_context.ts';

/** A verified DPoP proof (RFC 9449 section 4.3). `thumbprint`: of its key (RFC 7638). */
export type DpopProof = { thumbprint: string; jti: string; iat: number };

/** What the token endpoint answers (RFC 6749 section 5.1, OpenID Connect Core 3.1.3.3). */
export type TokenAnswer = {
  access_token?: string;
  id_token?: string;
  refresh_token?: string;
  [member: string]: unknown;
};

const done = () => {};
const none: ReadonlySet<string> = new Set();

/** The library's steps, each around the next. */
const authenticate = clientAuthentication.reduceRight<(ctx: ProgramContext) => Promise<void>>(
  (next, step) => (ctx) => step(ctx, () => next(ctx)),
  async () => {},
);

/** Runs `work` as the library runs a route: currentContext() is the request's. */
export function inContext<T>(ctx: ProgramContext, work: () => Promise<T>): Promise<T> {
  return storage.run(ctx, work);
}

/** The library's own copy of what it was configured with. */
export function featuresOf(provider: Provider): { registration: object } {
  return internals(provider).features;
}

/** OAuth Client ID Metadata Document section 3: whether a client id may be the address of a document. */
export function isDocumentUrl(clientId: string): boolean {
  return isValidClientIdUrl(clientId);
}

/** The names of the parameters that a client may authenticate with. */
export function authenticationParameters(ctx: ProgramContext): ReadonlySet<string> {
  return getClientAuthParams(ctx);
}

/** RFC 6749 section 2.3, RFC 7523 section 2.2. Throws the library's InvalidRequest and InvalidClientAuth. */
export async function authenticateClient(ctx: ProgramContext): Promise<Client> {
  await encodeBasic(ctx.oidc.provider, ctx.headers);
  await authenticate(ctx);
  const { client } = ctx.oidc;
  if (!client) throw new errors.InvalidClientAuth('no client');
  return client;
}

/** RFC 6749 section 3.2: no parameter twice. Throws the library's InvalidRequest. */
export function rejectRepeated(ctx: ProgramContext, except = none): void {
  rejectDupes({ except }, ctx, done);
}

/**
 * Undefined: the request carries none. `accessToken`: that it comes with, where there is one. Throws InvalidDpopProof,
 * UseDpopNonce (RFC 9449 sections 5, 7 and 8).
 */
export function dpopProof(
  ctx: ProgramContext,
  accessToken?: string,
): Promise<DpopProof | undefined> {
  return validateDpop(ctx.oidc.provider, ctx, accessToken);
}

/** Throws InvalidDpopProof for one that was used before. */
export function spendProof(ctx: ProgramContext, proof: DpopProof, clientId: string): Promise<void> {
  return checkDpopReplay(ctx.oidc.provider, ctx, proof, clientId, errors.InvalidDpopProof);
}

/**
 * The thumbprint of the key that a token is to be bound to; undefined: none. Spends the proof. Throws InvalidGrant for
 * one that was used before, and where the client must send one.
 */
export async function boundKey(
  ctx: ProgramContext,
  proof: DpopProof | undefined,
): Promise<string | undefined> {
  const { client, provider } = ctx.oidc;
  await checkDpopReplay(provider, ctx, proof, client?.clientId ?? '');
  if (!proof && client?.dpopBoundAccessTokens) {
    throw new errors.InvalidGrant('DPoP proof JWT not provided');
  }
  return proof?.thumbprint;
}

/**
 * Decides a token request whose client is known, by the library's handler for its grant type, and answers what is
 * issued. Throws the library's errors.
 */
export async function issueTokens(ctx: ProgramContext): Promise<TokenAnswer> {
  const { params, provider } = ctx.oidc;
  const handle = internals(provider).grantTypeHandlers.get(String(params.grant_type));
  if (!handle) throw new errors.UnsupportedGrantType();
  await handle(ctx);
  return ctx.body as TokenAnswer;
}

/**
 * Signs the person out as if they had confirmed it, and redirects where the request asks for. Only for a sign-out
 * request that the library has checked.
 */
export async function endSession(ctx: KoaContextWithOIDC): Promise<void> {
  Object.assign(ctx.oidc.params ?? {}, { logout: 'yes' });
  await confirm.at(-1)?.(ctx, async () => {});
}
