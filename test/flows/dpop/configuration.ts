import { people } from '../../../harness/sign_in.ts';
import { callbackUri } from '../../support/relying_party.ts';

export const secret = 'a-secret-of-at-least-32-characters';
const orders = 'https://orders.example';
export const boundUri = 'https://bound.example/callback';

const app = {
  token_endpoint_auth_method: 'none',
  grant_types: ['authorization_code', 'refresh_token'],
  scope: 'openid email orders:read',
  apis: [orders],
  consent: 'skip',
};

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
    { ...app, client_id: 'app', redirect_uris: [callbackUri] },
    {
      ...app,
      client_id: 'bound-app',
      redirect_uris: [boundUri],
      dpop_bound_access_tokens: true,
    },
    {
      client_id: 'job',
      client_secret: secret,
      grant_types: ['client_credentials'],
      scope: 'orders:read',
      apis: [orders],
    },
    { client_id: 'orders-api', client_secret: secret, grant_types: [] },
  ],
};
