import { people } from '../../../harness/sign_in.ts';
import { callbackUri } from '../../support/relying_party.ts';

export const orders = 'https://orders.example';
export const ownCallbackUri = 'https://own.example/callback';
/** Of native apps (RFC 8252 section 7). */
export const claimedUri = 'https://native.example/callback';
export const loopbackUri = 'http://127.0.0.1/callback';
export const schemeUri = 'com.example.app:/callback';
export const narrowCallbackUri = 'https://narrow.example/callback';

const app = {
  token_endpoint_auth_method: 'none',
  grant_types: ['authorization_code', 'refresh_token'],
  scope: 'openid profile email offline_access orders:read orders:write',
  apis: [orders],
};

export const declaration = {
  users: people,
  apis: [
    {
      identifier: orders,
      name: 'Orders',
      scopes: { 'orders:read': 'See your orders', 'orders:write': 'Change your orders' },
    },
  ],
  clients: [
    {
      ...app,
      client_id: 'app',
      client_name: 'The App',
      'client_name#de': 'Die Anwendung',
      redirect_uris: [callbackUri],
    },
    { ...app, client_id: 'own-app', consent: 'skip', redirect_uris: [ownCallbackUri] },
    {
      ...{ ...app, client_id: 'native-app', application_type: 'native' },
      redirect_uris: [claimedUri, loopbackUri, schemeUri],
    },
    {
      ...{ ...app, client_id: 'own-native-app', application_type: 'native', consent: 'skip' },
      redirect_uris: [claimedUri, loopbackUri, schemeUri],
    },
    { ...app, client_id: 'narrow-app', scope: 'openid', redirect_uris: [narrowCallbackUri] },
  ],
};
