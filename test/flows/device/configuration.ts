import { people } from '../../../harness/sign_in.ts';

export const orders = 'https://orders.example';
export const secret = 'a-secret-of-at-least-32-characters';
export const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';

const device = {
  grant_types: [deviceGrant, 'refresh_token'],
  scope: 'openid profile offline_access orders:read',
  apis: [orders],
};

export const declaration = {
  users: people,
  apis: [{ identifier: orders, name: 'Orders', scopes: { 'orders:read': 'See your orders' } }],
  clients: [
    {
      ...device,
      client_id: 'tv',
      client_name: 'The Television',
      token_endpoint_auth_method: 'none',
    },
    { ...device, client_id: 'printer', client_secret: secret },
    {
      client_id: 'app',
      token_endpoint_auth_method: 'none',
      redirect_uris: ['https://app.example/callback'],
      scope: 'openid',
    },
  ],
};
