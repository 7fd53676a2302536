import { people } from '../../../harness/sign_in.ts';
import { callbackUri } from '../../support/relying_party.ts';

export const orders = 'https://orders.example';
export const secret = 'a-secret-of-at-least-32-characters';
export const otherUri = 'https://other.example/callback';
const afterLogoutUri = 'https://app.example/bye';

const app = {
  grant_types: ['authorization_code', 'refresh_token'],
  scope: 'openid profile email offline_access orders:read orders:write',
  apis: [orders],
};

export const declaration = {
  users: people,
  apis: [
    {
      identifier: orders,
      name: 'Orders',
      scopes: { 'orders:read': 'See your orders', 'orders:write': 'Change your orders' },
      client_id: 'orders-api',
    },
  ],
  clients: [
    {
      ...app,
      client_id: 'app',
      token_endpoint_auth_method: 'none',
      redirect_uris: [callbackUri],
      post_logout_redirect_uris: [afterLogoutUri],
    },
    {
      ...app,
      client_id: 'other-app',
      client_secret: secret,
      redirect_uris: [otherUri],
      refresh_token_grace: 0,
    },
    {
      ...app,
      client_id: 'short-app',
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code'],
      redirect_uris: [callbackUri],
    },
    { client_id: 'orders-api', client_secret: secret, grant_types: [] },
  ],
};
