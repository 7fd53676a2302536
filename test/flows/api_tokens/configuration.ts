import { people } from '../../../harness/sign_in.ts';
import { callbackUri } from '../../support/relying_party.ts';

export const orders = 'https://orders.example';
export const stock = 'https://stock.example';
export const twoApisUri = 'https://two.example/callback';
export const stockUri = 'https://stock-app.example/callback';

const app = {
  token_endpoint_auth_method: 'none',
  grant_types: ['authorization_code', 'refresh_token'],
  consent: 'skip',
};

export const declaration = {
  users: people,
  apis: [
    {
      identifier: orders,
      name: 'Orders',
      scopes: { 'orders:read': 'See your orders', 'orders:write': 'Change your orders' },
    },
    {
      identifier: stock,
      name: 'Stock',
      scopes: { 'stock:read': 'See the stock' },
      access_token_format: 'opaque',
      access_token_lifetime: '2m',
    },
  ],
  clients: [
    {
      ...app,
      client_id: 'orders-app',
      redirect_uris: [callbackUri],
      scope: 'openid profile email orders:read',
      apis: [orders],
    },
    {
      ...app,
      client_id: 'stock-app',
      redirect_uris: [stockUri],
      scope: 'openid email stock:read',
      apis: [stock],
    },
    {
      ...app,
      client_id: 'two-apis-app',
      redirect_uris: [twoApisUri],
      scope: 'openid email orders:read orders:write stock:read',
      apis: [orders, stock],
    },
  ],
};
