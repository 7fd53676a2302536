/**
 * Two APIs, one with JWTs and one with opaque tokens; an app that people sign in to, and a service.
 */
import { people } from '../../../harness/sign_in.ts';

export const orders = 'https://orders.example';
export const stock = 'https://stock.example';
export const secrets = {
  'orders-api': 'the-secret-of-the-orders-api-itself-0123',
  'stock-api': 'the-secret-of-the-stock-api-itself-01234',
};
export const serviceSecret = 'the-secret-of-a-service-that-asks-for-it';
/** The numbered ones get disabled, each by one test. */
const apps = ['app', 'app-1', 'app-2', 'app-3', 'app-4'];
const services = ['service', 'service-1', 'service-2', 'service-3', 'service-4'];
export const carol = { username: 'carol', password: 'collector-of-clocks' };
export const dave = { username: 'dave', password: 'diver-in-deep-water' };
export const scope = 'openid profile offline_access orders:read stock:read';

export const declaration = {
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
      client_id: 'stock-api',
    },
  ],
  clients: [
    ...apps.map((client_id) => ({
      client_id,
      token_endpoint_auth_method: 'none',
      redirect_uris: ['https://app.example/callback'],
      grant_types: ['authorization_code', 'refresh_token'],
      scope,
      apis: [orders, stock],
      consent: 'skip',
    })),
    ...services.map((client_id) => ({
      client_id,
      client_secret: serviceSecret,
      grant_types: ['client_credentials'],
      scope: 'orders:read stock:read',
      apis: [orders, stock],
    })),
    { client_id: 'orders-api', client_secret: secrets['orders-api'], grant_types: [] },
    { client_id: 'stock-api', client_secret: secrets['stock-api'], grant_types: [] },
  ],
  users: [...people, carol, dave],
};
