/**
 * A client of Auth0's management API (GET /api/v2/clients) as one of ours.
 */
import { z } from 'zod';
import { grantTypes as knownGrantTypes } from '../../definitions/oauth.ts';
import { type ImportItem, present } from '../items.ts';
import type { ImportScene } from '../readers.ts';
import { flag, names, readRecord, text } from '../records.ts';
import { scopesOf } from '../scopes.ts';

const clientSchema = z.looseObject({
  client_id: z.string(),
  client_secret: text,
  /** Ours: in place of client_secret, where only the hash is known. */
  client_secret_sha256: text,
  name: text,
  app_type: text,
  global: flag,
  is_first_party: flag,
  token_endpoint_auth_method: text,
  grant_types: names,
  callbacks: names,
  allowed_logout_urls: names,
  initiate_login_uri: text,
  scope: text,
});

type Auth0Client = z.output<typeof clientSchema>;

export function auth0Client(data: unknown, place: string, scene: ImportScene): ImportItem {
  const read = readRecord(clientSchema, data);
  if ('problem' in read) return { kind: 'problem', where: place, problem: read.problem };
  const client = read.record;
  const where = `${place} (${client.client_id})`;
  if (client.global) return { kind: 'skipped', where, notes: ["Auth0's own clients were skipped"] };
  const secret = secretOf(client);
  if (secret === 'malformed') {
    const problem = 'client_secret_sha256 must be a SHA-256 in hexadecimal or base64url.';
    return { kind: 'problem', where, problem };
  }
  const grantTypes = client.grant_types.filter((type) =>
    knownGrantTypes.some((known) => known === type),
  );
  const asksPeople = grantTypes.includes('authorization_code');
  const scopes = scopesOf(wantedScopes(client), scene, grantTypes);
  const metadata = present({
    client_name: client.name,
    token_endpoint_auth_method: client.token_endpoint_auth_method,
    grant_types: grantTypes,
    ...(asksPeople && client.callbacks.length > 0 && { redirect_uris: client.callbacks }),
    ...(client.allowed_logout_urls.length > 0 && {
      post_logout_redirect_uris: client.allowed_logout_urls,
    }),
    ...(client.app_type === 'native' && { application_type: 'native' }),
    ...scopes.members,
    consent: client.is_first_party === false ? 'ask' : 'skip',
    initiate_login_uri: client.initiate_login_uri,
  });
  const left = client.grant_types.filter((type) => !grantTypes.includes(type));
  const notes = [
    ...scopes.notes,
    ...left.map((type) => `the grant type ${type} of clients was left out`),
    ...(asksPeople ? ['clients must use PKCE (S256) from now on'] : []),
  ];
  const { client_id: clientId } = client;
  return { kind: 'client', where, notes, client: { clientId, metadata, secret, disabled: false } };
}

function secretOf({ client_secret: secret, client_secret_sha256: hash }: Auth0Client) {
  if (!hash) return secret ?? undefined;
  if (/^[0-9a-f]{64}$/i.test(hash)) {
    return { sha256: Buffer.from(hash, 'hex').toString('base64url') };
  }
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(hash)) return 'malformed';
  return { sha256: Buffer.from(hash, 'base64').toString('base64url') };
}

/** Auth0 does not keep which standard scopes a client asks for. */
function wantedScopes({ grant_types, scope }: Auth0Client): string[] {
  const offline = grant_types.includes('refresh_token') ? ['offline_access'] : [];
  const usual = ['openid', 'profile', 'email', 'address', 'phone', ...offline];
  return [...usual, ...(scope ?? '').split(' ').filter(Boolean)];
}
