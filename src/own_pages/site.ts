/**
 * What tells the sites of Cardea's own pages apart, and each as a client: it signs people in by the authorization code
 * flow with PKCE, as any app does. Its secret is derived, so that every node knows it and nobody has to keep it.
 */
import type { BuiltInClient } from '../clients/room.ts';
import { clientSchema } from '../config/schema/client_metadata.ts';
import type { Secrets } from '../secrets/room.ts';

export type Site = {
  /** In the names of its cookies, records and keys. */
  name: 'console' | 'account';
  clientId: string;
  /** Below the issuer. */
  path: `/${string}`;
  /** What it asks for when somebody signs in. */
  scope: string;
};

type SiteAddresses = {
  /** Where authorization responses come. */
  redirectUri: string;
  /** Where a sign-out leads back to. */
  signedOutUri: string;
};

/** `issuer`: as tokens name it. */
export function siteAddresses(issuer: string, { path }: Site): SiteAddresses {
  const base = `${issuer.replace(/\/$/, '')}${path}`;
  return { redirectUri: `${base}/callback`, signedOutUri: `${base}/signed-out` };
}

/** One for each master secret, that of the first one first. */
export function siteSecrets(
  { name }: Site,
  secrets: Pick<Secrets, 'deriveAll'>,
): [string, ...string[]] {
  const [first, ...older] = secrets
    .deriveAll(`${name} client`)
    .map((key) => key.toString('base64url'));
  return [first ?? '', ...older];
}

/** `metadata`: its names, and the APIs that it may have tokens for. */
export function siteClient(
  site: Site,
  {
    issuer,
    secrets,
    metadata,
  }: { issuer: string; secrets: Pick<Secrets, 'deriveAll'>; metadata: object },
): BuiltInClient {
  const { redirectUri, signedOutUri } = siteAddresses(issuer, site);
  const { client_id: clientId, ...parsed } = clientSchema.parse({
    client_id: site.clientId,
    token_endpoint_auth_method: 'client_secret_basic',
    redirect_uris: [redirectUri],
    post_logout_redirect_uris: [signedOutUri],
    grant_types: ['authorization_code'],
    scope: site.scope,
    consent: 'skip',
    ...metadata,
  });
  return { clientId, metadata: parsed, secrets: siteSecrets(site, secrets) };
}
