import { people } from '../../../harness/sign_in.ts';
import { callbackUri } from '../../support/relying_party.ts';

export const otherCallbackUri = 'https://other.example/callback';
export const orders = 'https://orders.example';

const app = {
  token_endpoint_auth_method: 'none',
  grant_types: ['authorization_code', 'refresh_token'],
  scope: 'openid profile email offline_access orders:read',
  apis: [orders],
};

export const declaration = {
  users: people,
  apis: [{ identifier: orders, name: 'Orders', scopes: { 'orders:read': 'See your orders' } }],
  clients: [
    { ...app, client_id: 'app', client_name: 'The App', redirect_uris: [callbackUri] },
    { ...app, client_id: 'other-app', client_name: 'Other', redirect_uris: [otherCallbackUri] },
    {
      ...app,
      client_id: 'strict-app',
      redirect_uris: [callbackUri],
      default_max_age: 3600,
      require_auth_time: true,
      default_acr_values: ['urn:cardea:acr:password'],
    },
  ],
};
