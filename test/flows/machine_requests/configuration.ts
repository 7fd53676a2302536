/** Clients of every kind of authentication, APIs of both token formats, and no limits that a test could meet. */
import { generateKeyPairSync } from 'node:crypto';

export const orders = 'https://orders.example';
export const notes = 'https://notes.example';
/** Of every client here that has one. */
export const secret = 'a-secret-of-the-clients-here-0123456789';
export const oddSecret = 'a secret: with + and % and ~ and "quotes" to be encoded';
export const oddClient = 'odd:job/~';
export const browserOrigin = 'https://app.example';
export const exchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange';

export const signerKeys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const signerJwk = { ...signerKeys.publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'ES256' };

const service = {
  client_secret: secret,
  grant_types: ['client_credentials', exchangeGrant],
  scope: 'orders:read notes:read',
  apis: [orders, notes],
};

export const declaration = {
  apis: [
    {
      ...{ identifier: orders, name: 'Orders', client_id: 'orders-api' },
      scopes: { 'orders:read': 'See your orders', 'orders:write': 'Change your orders' },
    },
    {
      ...{ identifier: notes, name: 'Notes', client_id: 'notes-api' },
      ...{ scopes: { 'notes:read': 'See your notes' }, access_token_format: 'opaque' },
    },
  ],
  clients: [
    { client_id: 'job', ...service },
    { client_id: 'post-job', ...service, token_endpoint_auth_method: 'client_secret_post' },
    { client_id: oddClient, ...service, client_secret: oddSecret },
    {
      ...{ client_id: 'signer', ...service, client_secret: undefined },
      ...{ token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [signerJwk] } },
    },
    { client_id: 'orders-api', client_secret: secret, grant_types: [] },
    { client_id: 'notes-api', client_secret: secret, grant_types: [] },
    {
      ...{ client_id: 'app', token_endpoint_auth_method: 'none', scope: 'openid' },
      redirect_uris: [`${browserOrigin}/callback`],
    },
  ],
  api_keys: { prefix: 'acme', alerts: { new_network: false, spike_factor: null } },
};
