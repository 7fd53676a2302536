/**
 * An app that people sign in to, and services that authenticate by a secret and by keys at an address of theirs.
 */
import { people } from '../../../harness/sign_in.ts';
import { callbackUri } from '../../support/relying_party.ts';

export const orders = 'https://orders.example';
export const jobSecret = 'the-secret-of-the-job-0123456789abcdef0';

const service = { grant_types: ['client_credentials'], scope: 'orders:read', apis: [orders] };

/** `site`: where the keys of `key-job` are. */
export const declaration = (site: string) => ({
  users: people,
  apis: [{ identifier: orders, name: 'Orders', scopes: { 'orders:read': 'See your orders' } }],
  clients: [
    {
      client_id: 'app',
      client_name: 'The App',
      token_endpoint_auth_method: 'none',
      redirect_uris: [callbackUri],
      scope: 'openid profile email',
      consent: 'skip',
    },
    { ...service, client_id: 'job', client_secret: jobSecret },
    {
      ...service,
      client_id: 'key-job',
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'ES256',
      jwks_uri: `${site}/jwks.json?account=of-the-client`,
    },
  ],
  outbound: { allow: ['127.0.0.0/8'] },
});
