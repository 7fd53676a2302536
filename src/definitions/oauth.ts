/**
 * What Cardea supports of the standards: grant types, authentication methods, algorithms and scopes.
 */
import { groupScopes } from './claims.ts';

/** RFC 8693 section 2.1. */
export const tokenExchange = 'urn:ietf:params:oauth:grant-type:token-exchange';
/** RFC 8628 section 3.4. */
export const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';

export const grantTypes = [
  'authorization_code',
  'refresh_token',
  'client_credentials',
  deviceGrant,
  tokenExchange,
] as const;

/** For a client that names none (RFC 7591 section 2). */
export const defaultGrantTypes: (typeof grantTypes)[number][] = ['authorization_code'];

export const authMethods = [
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
  'none',
] as const;

/** RFC 7591 section 2. */
export const defaultAuthMethod = 'client_secret_basic';

/** Whether a client with this token_endpoint_auth_method authenticates with a secret. Undefined means the default. */
export function needsSecret(method: unknown = defaultAuthMethod): boolean {
  return method === 'client_secret_basic' || method === 'client_secret_post';
}

export const subjectTypes = ['public', 'pairwise'] as const;

/** The rules that a client must follow; `fapi2` is the FAPI 2.0 Security Profile. */
export const profiles = ['oauth2.1', 'fapi2'] as const;

/** What a client's ID tokens say of the person. */
export const idTokenClaims = ['scopes', 'minimal'] as const;

/** Whether a client needs the person's consent. */
export const consents = ['ask', 'skip'] as const;

/** What Cardea signs with. */
export const signingAlgorithms = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const;
export type SigningAlgorithm = (typeof signingAlgorithms)[number];

/** RS256 is what every verifier understands. */
export const defaultAlgorithm: SigningAlgorithm = 'RS256';

/** What clients may sign with. RFC 9864 has a second name for EdDSA on Ed25519. */
export const clientAlgorithms = [...signingAlgorithms, 'Ed25519'] as const;

/** That DPoP proofs may be signed by. FAPI 2.0 Security Profile section 5.4.1 takes no RS256. */
export const proofAlgorithms = clientAlgorithms.filter((algorithm) => algorithm !== 'RS256');

/** OpenID Connect Core sections 5.4 and 11. */
export const openIdScopes = ['openid', 'profile', 'email', 'address', 'phone', 'offline_access'];

/** All scopes that are about a person: OpenID Connect's, those of groupScopes (claims.ts), and those of the file. */
export function personScopeNames(declared: readonly { name?: string | undefined }[]): string[] {
  const own = declared.flatMap(({ name }) => (name === undefined ? [] : [name]));
  return [...new Set([...openIdScopes, ...Object.keys(groupScopes), ...own])];
}
