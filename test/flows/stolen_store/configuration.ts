/**
 * A little of everything that hands out bearer values.
 */
import { people } from '../../../harness/sign_in.ts';

export const orders = 'https://orders.example';
export const stock = 'https://stock.example';
export const serviceSecret = 'the-secret-of-a-service-that-asks-for-it';
export const scope = 'openid offline_access orders:read stock:read';
export const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';

export const declaration = {
  apis: [
    { identifier: orders, name: 'Orders', scopes: { 'orders:read': 'See your orders' } },
    {
      identifier: stock,
      name: 'Stock',
      scopes: { 'stock:read': 'See what is in stock' },
      access_token_format: 'opaque',
    },
  ],
  clients: [
    {
      client_id: 'app',
      token_endpoint_auth_method: 'none',
      redirect_uris: ['https://app.example/callback'],
      grant_types: ['authorization_code', 'refresh_token', deviceGrant],
      scope,
      apis: [orders, stock],
    },
    {
      client_id: 'service',
      client_secret: serviceSecret,
      grant_types: ['client_credentials'],
      scope: 'orders:read stock:read',
      apis: [orders, stock],
    },
  ],
  users: people,
  dynamic_registration: { enabled: true },
};
