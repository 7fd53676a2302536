/**
 * Apps that differ in what a lost answer means for them, and an API that asks whether tokens are alive.
 */
import { people } from '../../../harness/sign_in.ts';

const api = 'https://orders.example';
export const apiSecret = 'the-secret-of-the-orders-api-itself-0123';
export const scope = 'openid offline_access orders:read';

const app = {
  token_endpoint_auth_method: 'none',
  redirect_uris: ['https://app.example/callback'],
  grant_types: ['authorization_code', 'refresh_token'],
  scope,
  apis: [api],
  consent: 'skip',
};

export const declaration = {
  apis: [
    {
      identifier: api,
      name: 'Orders',
      scopes: { 'orders:read': 'See your orders' },
      client_id: 'orders-api',
    },
  ],
  clients: [
    { client_id: 'strict-app', refresh_token_grace: 0, ...app },
    // Longer than any recovery in these tests takes.
    { client_id: 'patient-app', refresh_token_grace: '5m', ...app },
    { client_id: 'orders-api', client_secret: apiSecret, grant_types: [] },
  ],
  users: people,
};
