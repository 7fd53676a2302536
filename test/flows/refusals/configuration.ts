/**
 * One client of each kind that can be refused.
 */
import { generateKeyPairSync } from 'node:crypto';
import { people } from '../../../harness/sign_in.ts';

export const orders = 'https://orders.example';
export const callback = 'https://app.example/callback';
export const jobSecret = 'the-secret-of-the-job-0123456789abcdef0';
export const ordersSecret = 'the-secret-of-the-orders-api-0123456789';
export const signerKeys = generateKeyPairSync('ec', { namedCurve: 'P-256' });

export const declaration = {
  users: people,
  apis: [
    {
      identifier: orders,
      name: 'Orders',
      scopes: { 'orders:read': 'See your orders' },
      client_id: 'orders-api',
    },
  ],
  clients: [
    {
      client_id: 'app',
      token_endpoint_auth_method: 'none',
      redirect_uris: [callback, 'https://app.example/other'],
      grant_types: [
        'authorization_code',
        'refresh_token',
        'urn:ietf:params:oauth:grant-type:device_code',
      ],
      scope: 'openid offline_access orders:read',
      apis: [orders],
      consent: 'skip',
    },
    {
      client_id: 'job',
      client_secret: jobSecret,
      grant_types: ['client_credentials'],
      scope: 'orders:read',
      apis: [orders],
    },
    {
      client_id: 'signer',
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: {
        keys: [{ ...signerKeys.publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'ES256' }],
      },
      grant_types: ['client_credentials'],
      scope: 'orders:read',
      apis: [orders],
    },
    { client_id: 'orders-api', client_secret: ordersSecret, grant_types: [] },
  ],
  dynamic_registration: { enabled: true, apis: [orders], scope: 'openid' },
};
