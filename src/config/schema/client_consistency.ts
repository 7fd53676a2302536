/**
 * What the members of one client must hold between each other: how it authenticates, where it redirects, what
 * it may ask for.
 */
import {
  defaultAlgorithm,
  needsSecret,
  openIdScopes,
  personScopeNames,
  tokenExchange,
} from '../../definitions/oauth.ts';
import type { Client, Outline } from './outline.ts';
import { redirectUriMistake } from './redirect_uris.ts';

/** `path` begins at the client. */
export type Report = (path: PropertyKey[], problem: string, remedy: string) => void;

/** Reports each contradiction in a client of this file. */
export function checkClient(client: Client, outline: Outline, report: Report): void {
  checkAuthentication(client, report);
  checkRedirects(client, report);
  checkFrontChannel(client, report);
  checkScope(client, outline, report);
  checkAlgorithms(client, outline, report);
}

function checkAuthentication(client: Client, report: Report): void {
  const method = client.token_endpoint_auth_method;
  const isPublic = method === 'none';
  if (isPublic && client.client_secret !== undefined) {
    const remedy = 'Remove it, or choose client_secret_basic as token_endpoint_auth_method.';
    report(['client_secret'], 'contradicts token_endpoint_auth_method: none', remedy);
  }
  if (needsSecret(method) && client.client_secret === undefined) {
    const remedy = 'Add it (cardea secret generate), or choose another token_endpoint_auth_method.';
    report(['client_secret'], `is missing, but ${method} needs one`, remedy);
  }
  if (client.jwks !== undefined && client.jwks_uri !== undefined) {
    report(['jwks'], 'stands beside jwks_uri', 'Keep one of the two.');
  }
  const hasKeys = client.jwks !== undefined || client.jwks_uri !== undefined;
  const remedy = 'Add jwks (public keys) or jwks_uri.';
  if (method === 'private_key_jwt' && !hasKeys) {
    report(['jwks'], 'is missing, but private_key_jwt needs public keys', remedy);
  }
  if (client.require_signed_request_object === true && !hasKeys) {
    report(['require_signed_request_object'], 'cannot be met without public keys', remedy);
  }
  if (isPublic && client.require_pkce === false) {
    report(['require_pkce'], 'can be false only for a confidential client', 'Remove it.');
  }
  if (isPublic && client.grant_types.includes(tokenExchange)) {
    const remedy = 'Remove it, or give the client a secret or keys.';
    report(['grant_types'], 'has token exchange, which a public client cannot have', remedy);
  }
  if (isPublic && client.grant_types.includes('client_credentials')) {
    const remedy = 'Give the client a secret or a key, or remove client_credentials.';
    report(['grant_types'], 'has client_credentials, which a public client cannot have', remedy);
  }
  if (client.profile === 'fapi2' && method !== 'private_key_jwt') {
    const remedy = 'Choose private_key_jwt as token_endpoint_auth_method.';
    report(['profile'], 'holds only for clients that authenticate with private_key_jwt', remedy);
  }
}

function checkRedirects(client: Client, report: Report): void {
  if (client.grant_types.includes('authorization_code') && !client.redirect_uris?.length) {
    const remedy = 'Add the URIs that it is redirected to, or set grant_types without it.';
    report(['redirect_uris'], 'is missing, but authorization_code needs it', remedy);
  }
  for (const member of ['redirect_uris', 'post_logout_redirect_uris'] as const) {
    for (const [index, uri] of (client[member] ?? []).entries()) {
      const mistake = redirectUriMistake(uri, client.application_type === 'native');
      if (mistake) report([member, index], ...mistake);
    }
  }
}

/** OpenID Connect Front-Channel Logout 1.0 section 2: scheme, host and port are those of a redirect URI. */
function checkFrontChannel(
  { frontchannel_logout_uri: uri, redirect_uris: redirects = [] }: Client,
  report: Report,
): void {
  const url = uri === undefined ? undefined : URL.parse(uri);
  if (!url) return;
  const isWeb = /^https?:$/.test(url.protocol);
  if (isWeb && redirects.some((redirect) => URL.parse(redirect)?.origin === url.origin)) return;
  const remedy = 'Take a page of a host, scheme and port that one of its redirect_uris has.';
  report(['frontchannel_logout_uri'], 'is of no origin of its redirect_uris', remedy);
}

function checkScope(client: Client, { apis, scopes }: Outline, report: Report): void {
  const defined = apis
    .filter(({ identifier }) => identifier !== undefined && client.apis?.includes(identifier))
    .flatMap(({ scopes }) => Object.keys(scopes));
  const known = new Set([...personScopeNames(scopes), ...defined]);
  checkDefaultScope(client, report);
  const unknown = (client.scope ?? '').split(' ').filter((name) => name && !known.has(name));
  if (unknown.length === 0) return;
  const remedy = `Scopes it could have: ${[...known].join(' ')}. Further ones belong to APIs: list those under apis.`;
  report(['scope'], 'has scopes that none of its APIs defines', remedy);
}

/** Asking for nothing must not give what asking cannot. */
function checkDefaultScope({ default_scope: byDefault, scope }: Client, report: Report): void {
  const registered = scope?.split(' ') ?? openIdScopes;
  const excess = byDefault?.split(' ').filter((name) => name && !registered.includes(name)) ?? [];
  if (excess.length === 0) return;
  const remedy = `Add ${excess.join(' ')} to its scope, or remove it here.`;
  report(['default_scope'], 'has scopes that the client is not registered for', remedy);
}

/** There are keys of the configured algorithm, and of ES256 for FAPI 2.0. */
function checkAlgorithms(
  client: Client,
  { signing_keys: { algorithm = defaultAlgorithm } }: Outline,
  report: Report,
): void {
  for (const member of [
    'id_token_signed_response_alg',
    'userinfo_signed_response_alg',
    'authorization_signed_response_alg',
  ] as const) {
    const wanted = client[member];
    if (wanted === undefined || wanted === algorithm || wanted === 'ES256') continue;
    const remedy = `Choose ${algorithm === 'ES256' ? '' : `${algorithm} or `}ES256, or change signing_keys.algorithm.`;
    report([member], 'is an algorithm that there are no signing keys for', remedy);
  }
}
