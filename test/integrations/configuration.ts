/** An API with JWTs that a recipe protects, another one, and whoever gets tokens for them. */

import { people } from '../../harness/sign_in.ts';
import { callbackUri } from '../support/relying_party.ts';

export const orders = 'https://orders.example';
export const stock = 'https://stock.example';
/** Its tokens expire after a second. */
export const brief = 'https://brief.example';
export const secret = 'a-secret-of-at-least-32-characters';

export const declaration = {
  users: people,
  apis: [
    {
      identifier: orders,
      name: 'Orders',
      scopes: { 'orders:read': 'See your orders', 'orders:write': 'Change your orders' },
    },
    { identifier: stock, name: 'Stock', scopes: { 'stock:read': 'See the stock' } },
    {
      identifier: brief,
      name: 'Brief orders',
      scopes: { 'orders:read': 'See your orders' },
      access_token_lifetime: '1s',
    },
  ],
  clients: [
    {
      client_id: 'job',
      client_secret: secret,
      grant_types: ['client_credentials'],
      scope: 'orders:read orders:write stock:read',
      apis: [orders, stock, brief],
    },
    {
      client_id: 'app',
      client_secret: secret,
      redirect_uris: [callbackUri],
      grant_types: ['authorization_code', 'refresh_token'],
      scope: 'openid orders:read',
      apis: [orders],
      consent: 'skip',
    },
  ],
};
