/**
 * The console as a client: it signs people in by the authorization code flow with PKCE, as any app does. Its secret is
 * derived, so that every node knows it and nobody has to keep it.
 */
import type { BuiltInClient } from '../clients/room.ts';
import { clientSchema } from '../config/schema/client_metadata.ts';
import { adminApi, adminScopeNames } from '../definitions/admin_scopes.ts';
import { consoleClientId } from '../definitions/built_in.ts';
import type { Secrets } from '../secrets/room.ts';

/** Below the issuer. */
export const consolePath = '/console';

export type ConsoleAddresses = {
  /** Where authorization responses come. */
  redirectUri: string;
  /** Where a sign-out leads back to. */
  signedOutUri: string;
};

/** `issuer`: as tokens name it. */
export function consoleAddresses(issuer: string): ConsoleAddresses {
  const base = `${issuer.replace(/\/$/, '')}${consolePath}`;
  return { redirectUri: `${base}/callback`, signedOutUri: `${base}/signed-out` };
}

/** What the console may ask for; what comes of it is bounded by the person's role, anew with each request. */
export const consoleScope = ['openid', 'profile', ...adminScopeNames].join(' ');

/** One for each master secret, that of the first one first. */
export function consoleSecrets(secrets: Pick<Secrets, 'deriveAll'>): [string, ...string[]] {
  const [first, ...older] = secrets
    .deriveAll('console client')
    .map((key) => key.toString('base64url'));
  return [first ?? '', ...older];
}

export function consoleClient({
  issuer,
  secrets,
}: {
  issuer: string;
  secrets: Pick<Secrets, 'deriveAll'>;
}): BuiltInClient {
  const { redirectUri, signedOutUri } = consoleAddresses(issuer);
  const { client_id: clientId, ...metadata } = clientSchema.parse({
    client_id: consoleClientId,
    client_name: 'Console',
    'client_name#de': 'Konsole',
    token_endpoint_auth_method: 'client_secret_basic',
    redirect_uris: [redirectUri],
    post_logout_redirect_uris: [signedOutUri],
    grant_types: ['authorization_code'],
    scope: consoleScope,
    apis: [adminApi],
    consent: 'skip',
  });
  return { clientId, metadata, secrets: consoleSecrets(secrets) };
}
