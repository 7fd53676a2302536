import { people } from '../../../harness/sign_in.ts';
import { callbackUri } from '../../support/relying_party.ts';

export const orders = 'https://orders.example';
export const stock = 'https://stock.example';
export const secret = 'a-secret-of-at-least-32-characters';
export const publicUri = 'https://public.example/callback';

const app = {
  grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
  scope: 'openid email orders:read stock:read',
  apis: [orders, stock],
  consent: 'skip',
};
const api = { client_secret: secret, grant_types: [] };

export const declaration = {
  users: people,
  apis: [
    {
      identifier: orders,
      name: 'Orders',
      scopes: { 'orders:read': 'See your orders' },
      client_id: 'orders-api',
    },
    {
      identifier: stock,
      name: 'Stock',
      scopes: { 'stock:read': 'See the stock' },
      access_token_format: 'opaque',
      client_id: 'stock-api',
    },
  ],
  clients: [
    { ...app, client_id: 'app', client_secret: secret, redirect_uris: [callbackUri] },
    {
      ...app,
      client_id: 'public-app',
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: [publicUri],
    },
    { ...api, client_id: 'orders-api' },
    { ...api, client_id: 'stock-api' },
    { ...api, client_id: 'stranger' },
  ],
  revocation: { effective_within: '3s' },
};
