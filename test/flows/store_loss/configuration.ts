/**
 * One client of each kind that asks while there is no store.
 */
import { people } from '../../../harness/sign_in.ts';

const api = 'https://orders.example';
export const serviceSecret = 'the-secret-of-a-service-that-asks-for-it';
export const scope = 'openid offline_access orders:read';

export const declaration = {
  apis: [{ identifier: api, name: 'Orders', scopes: { 'orders:read': 'See your orders' } }],
  clients: [
    {
      client_id: 'app',
      token_endpoint_auth_method: 'none',
      redirect_uris: ['https://app.example/callback'],
      grant_types: [
        'authorization_code',
        'refresh_token',
        'urn:ietf:params:oauth:grant-type:device_code',
      ],
      scope,
      apis: [api],
      consent: 'skip',
    },
    {
      client_id: 'asking-app',
      token_endpoint_auth_method: 'none',
      redirect_uris: ['https://app.example/callback'],
      scope: 'openid email',
    },
    {
      client_id: 'service',
      client_secret: serviceSecret,
      grant_types: ['client_credentials'],
      scope: 'orders:read',
      apis: [api],
    },
  ],
  users: people,
};
