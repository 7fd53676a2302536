/**
 * An API with JWTs and one with opaque tokens; an app that people sign in to, and services of their own.
 */
import { people } from '../../../harness/sign_in.ts';

export const orders = 'https://orders.example';
export const stock = 'https://stock.example';
export const returns = 'https://returns.example';
export const apiSecret = 'the-secret-of-the-orders-api-itself-0123';
export const serviceSecret = 'the-secret-of-a-service-that-asks-for-it';
export const scope = 'openid offline_access orders:read stock:read returns:read';
/** Without offline access: its tokens end with the session. */
export const sessionScope = 'openid orders:read';
export const byeUri = 'https://app.example/bye';
export const carol = { username: 'carol', password: 'collector-of-clocks' };

const apis = [orders, stock, returns];

export const declaration = {
  // Nodes look twice as often as by default.
  revocation: { effective_within: '1s' },
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
      scopes: { 'stock:read': 'See what is in stock' },
      access_token_format: 'opaque',
    },
    { identifier: returns, name: 'Returns', scopes: { 'returns:read': 'See your returns' } },
  ],
  clients: [
    ...['app', 'other-app'].map((client_id) => ({
      client_id,
      token_endpoint_auth_method: 'none',
      redirect_uris: ['https://app.example/callback'],
      post_logout_redirect_uris: [byeUri],
      grant_types: ['authorization_code', 'refresh_token'],
      scope,
      apis,
      consent: 'skip',
      refresh_token_grace: '0s',
    })),
    ...['service', 'other-service'].map((client_id) => ({
      client_id,
      client_secret: serviceSecret,
      grant_types: ['client_credentials'],
      scope: 'orders:read stock:read returns:read',
      apis,
    })),
    { client_id: 'orders-api', client_secret: apiSecret, grant_types: [] },
  ],
  users: [...people, carol],
};
