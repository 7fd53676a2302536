/**
 * A client of Keycloak (ClientRepresentation) as one of ours.
 */
import { z } from 'zod';
import { deviceGrant } from '../../definitions/oauth.ts';
import { type ImportItem, present } from '../items.ts';
import type { ImportScene } from '../readers.ts';
import { names, readRecord, text } from '../records.ts';
import { scopesOf } from '../scopes.ts';
import { builtInClients } from './built_in.ts';

const flag = z
  .boolean()
  .nullish()
  .transform((value) => value ?? false);

const clientSchema = z.looseObject({
  clientId: z.string(),
  name: text,
  secret: text,
  enabled: z.boolean().nullish(),
  protocol: text,
  publicClient: flag,
  bearerOnly: flag,
  standardFlowEnabled: flag,
  implicitFlowEnabled: flag,
  directAccessGrantsEnabled: flag,
  serviceAccountsEnabled: flag,
  consentRequired: flag,
  clientAuthenticatorType: text,
  rootUrl: text,
  redirectUris: names,
  webOrigins: names,
  defaultClientScopes: names,
  optionalClientScopes: names,
  attributes: z.record(z.string(), text).nullish(),
});

type KeycloakClient = z.output<typeof clientSchema>;

/** Keycloak's own scopes: each stands for claims or checks that are no scopes here. */
const ownScopes = new Set([
  ...['web-origins', 'acr', 'basic', 'roles', 'microprofile-jwt', 'organization'],
  'service_account',
]);

export function keycloakClient(data: unknown, place: string, scene: ImportScene): ImportItem {
  const read = readRecord(clientSchema, data);
  if ('problem' in read) return { kind: 'problem', where: place, problem: read.problem };
  const client = read.record;
  const { clientId, protocol } = client;
  if (builtInClients.has(clientId)) {
    return { kind: 'skipped', where: place, notes: ["Keycloak's own clients were skipped"] };
  }
  const where = `${place} (${clientId})`;
  if (protocol && protocol !== 'openid-connect') {
    return { kind: 'skipped', where, notes: [`clients of ${protocol} were skipped`] };
  }
  if (client.bearerOnly && !client.secret) {
    const note = 'bearer-only clients without a secret were skipped: declare their APIs';
    return { kind: 'skipped', where, notes: [note] };
  }
  if (!client.publicClient && /^\*+$/.test(client.secret ?? '')) {
    const remedy = 'Export the realm on the server (kc.sh export), not in the console.';
    return { kind: 'problem', where, problem: `The export hides its secret. ${remedy}` };
  }
  const authentication = authenticationOf(client);
  if (!authentication) {
    const problem =
      'It authenticates in a way that is not known. Known are: client-secret, and client-jwt with jwks.url.';
    return { kind: 'problem', where, problem };
  }
  const grantTypes = grantTypesOf(client);
  const scopes = scopesOf(wantedScopes(client), scene, grantTypes);
  const metadata = present({
    client_name: client.name,
    ...authentication,
    grant_types: grantTypes,
    ...redirectsOf(client),
    ...scopes.members,
    consent: client.consentRequired ? 'ask' : 'skip',
    backchannel_logout_uri: client.attributes?.['backchannel.logout.url'],
  });
  return {
    kind: 'client',
    where,
    notes: [...scopes.notes, ...changeNotes(client)],
    client: {
      ...{ clientId, metadata, secret: client.secret ?? undefined },
      disabled: client.enabled === false,
    },
  };
}

function authenticationOf({ publicClient, clientAuthenticatorType, attributes }: KeycloakClient) {
  if (publicClient) return { token_endpoint_auth_method: 'none' };
  if ((clientAuthenticatorType ?? 'client-secret') === 'client-secret') {
    return { token_endpoint_auth_method: 'client_secret_basic' };
  }
  const jwksUri = attributes?.['jwks.url'];
  if (clientAuthenticatorType !== 'client-jwt' || !jwksUri) return undefined;
  return { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: jwksUri };
}

function grantTypesOf(client: KeycloakClient): string[] {
  if (client.bearerOnly) return [];
  const device = client.attributes?.['oauth2.device.authorization.grant.enabled'] === 'true';
  return [
    ...(client.standardFlowEnabled ? ['authorization_code'] : []),
    ...(device ? [deviceGrant] : []),
    ...(client.standardFlowEnabled || device ? ['refresh_token'] : []),
    ...(client.serviceAccountsEnabled ? ['client_credentials'] : []),
  ];
}

function redirectsOf({ standardFlowEnabled, rootUrl, attributes, ...client }: KeycloakClient) {
  const root = (rootUrl ?? '').replace(/\/$/, '');
  const redirectUris = client.redirectUris.map((uri) => (uri.startsWith('/') ? root + uri : uri));
  const afterLogout = (attributes?.['post.logout.redirect.uris'] ?? '')
    .split('##')
    // `+` stands for the redirect URIs, `-` for none.
    .flatMap((uri) => (uri === '+' ? redirectUris : [uri]))
    .filter((uri) => uri !== '' && uri !== '-');
  const uris = standardFlowEnabled ? redirectUris : [];
  const isNative = uris.some((uri) => !/^(https?:|\/|\*)/.test(uri));
  return {
    ...(uris.length > 0 && { redirect_uris: uris }),
    ...(afterLogout.length > 0 && { post_logout_redirect_uris: afterLogout }),
    ...(isNative && { application_type: 'native' }),
  };
}

function wantedScopes({ defaultClientScopes, optionalClientScopes }: KeycloakClient): string[] {
  const all = ['openid', ...defaultClientScopes, ...optionalClientScopes];
  return all.filter((name) => !ownScopes.has(name));
}

/** What is different for the client's app from now on. */
function changeNotes(client: KeycloakClient): string[] {
  return [
    ...(client.implicitFlowEnabled ? ['the implicit flow of clients was left out'] : []),
    ...(client.directAccessGrantsEnabled ? ['the password grant of clients was left out'] : []),
    ...(client.webOrigins.some((origin) => origin !== '+')
      ? ['web origins of clients were left out: the origins of redirect URIs are allowed']
      : []),
    ...(client.publicClient
      ? []
      : ['clients with a secret must send it by HTTP Basic from now on']),
    ...(client.standardFlowEnabled ? ['clients must use PKCE (S256) from now on'] : []),
  ];
}
