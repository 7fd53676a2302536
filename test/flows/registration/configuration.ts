import { people } from '../../../harness/sign_in.ts';

export const orders = 'https://orders.example';
export const stock = 'https://stock.example';
export const secret = 'a-secret-of-at-least-32-characters';

export const callback = 'https://registered.example/callback';
export const metadata = { client_name: 'Registered', redirect_uris: [callback] };

export const declaration = {
  users: people,
  apis: [
    {
      identifier: orders,
      name: 'Orders',
      scopes: { 'orders:read': 'See your orders', 'orders:write': 'Change your orders' },
      client_id: 'declared',
    },
    { identifier: stock, name: 'Stock', scopes: { 'stock:read': 'See the stock' } },
  ],
  clients: [
    { client_id: 'declared', client_secret: secret, redirect_uris: ['https://declared.example/'] },
  ],
  dynamic_registration: {
    enabled: true,
    apis: [orders],
    scope: 'openid email offline_access orders:read',
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
  },
};
