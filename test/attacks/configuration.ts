/**
 * What the attacks are tried on: apps of every kind, two APIs, two people, and registration of clients by
 * whoever has an initial access token.
 */
import { generateKeyPairSync } from 'node:crypto';
import { people } from '../../harness/sign_in.ts';

export const callback = 'https://app.example/callback';
export const shopCallback = 'https://shop.example/callback';
export const signedOut = 'https://app.example/signed-out';
export const orders = 'https://orders.example';
export const notes = 'https://notes.example';

export const shopSecret = 'the-secret-of-the-shop-0123456789abcdef';
export const jobSecret = 'the-secret-of-the-job-0123456789abcdef0';
export const ordersSecret = 'the-secret-of-the-orders-api-0123456789';
export const notesSecret = 'the-secret-of-the-notes-api-01234567890';

export const signerKeys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const signerJwk = {
  ...signerKeys.publicKey.export({ format: 'jwk' }),
  kid: 'signer-key',
  alg: 'ES256',
  use: 'sig',
};

const scope = 'openid profile email offline_access orders:read notes:read';
const everyApi = [orders, notes];
const deviceCode = 'urn:ietf:params:oauth:grant-type:device_code';

export const declaration = {
  users: people,
  apis: [
    {
      identifier: orders,
      name: 'Orders',
      scopes: { 'orders:read': 'See your orders', 'orders:write': 'Change your orders' },
      client_id: 'orders-api',
    },
    {
      identifier: notes,
      name: 'Notes',
      scopes: { 'notes:read': 'See your notes' },
      access_token_format: 'opaque',
      client_id: 'notes-api',
    },
  ],
  clients: [
    {
      client_id: 'app',
      client_name: 'The App',
      token_endpoint_auth_method: 'none',
      redirect_uris: [callback],
      post_logout_redirect_uris: [signedOut],
      grant_types: ['authorization_code', 'refresh_token', deviceCode],
      scope,
      apis: everyApi,
      consent: 'skip',
    },
    {
      client_id: 'asking-app',
      client_name: 'The Asking App',
      token_endpoint_auth_method: 'none',
      redirect_uris: [callback],
      grant_types: ['authorization_code', 'refresh_token'],
      scope: 'openid profile email',
    },
    {
      client_id: 'shop',
      client_name: 'The Shop',
      client_secret: shopSecret,
      redirect_uris: [shopCallback, 'https://shop.example/other'],
      grant_types: ['authorization_code', 'refresh_token'],
      scope,
      apis: everyApi,
      consent: 'skip',
      require_pkce: false,
    },
    {
      client_id: 'native-app',
      client_name: 'The Native App',
      token_endpoint_auth_method: 'none',
      application_type: 'native',
      redirect_uris: ['http://127.0.0.1/callback', 'com.example.app:/callback'],
      scope: 'openid',
    },
    {
      client_id: 'job',
      client_secret: jobSecret,
      grant_types: ['client_credentials'],
      scope: 'orders:read notes:read',
      apis: everyApi,
    },
    {
      client_id: 'signer',
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [signerJwk] },
      redirect_uris: ['https://signer.example/callback'],
      grant_types: ['authorization_code', 'client_credentials'],
      scope: 'openid orders:read',
      apis: [orders],
    },
    { client_id: 'orders-api', client_secret: ordersSecret, grant_types: [] },
    { client_id: 'notes-api', client_secret: notesSecret, grant_types: [] },
  ],
  dynamic_registration: {
    enabled: true,
    apis: [orders],
    scope: 'openid profile orders:read',
    // Attacks register more clients than an operator would want; the limit has a test of its own.
    registrations_per_token: '1000/1h',
  },
};
