/**
 * Keys that are replaced every two seconds, and a service that asks for tokens all the time.
 */
export const api = 'https://orders.example';
export const serviceSecret = 'the-secret-of-a-service-that-never-rests';
export const apiSecret = 'the-secret-of-the-orders-api-itself-0123';

export const declaration = {
  signing_keys: { rotate_every: '2s', publish_ahead: '1s' },
  apis: [
    {
      identifier: api,
      name: 'Orders',
      scopes: { 'orders:read': 'See your orders' },
      client_id: 'orders-api',
    },
  ],
  clients: [
    {
      client_id: 'service',
      client_secret: serviceSecret,
      grant_types: ['client_credentials'],
      scope: 'orders:read',
      apis: [api],
    },
    { client_id: 'orders-api', client_secret: apiSecret, grant_types: [] },
  ],
};
