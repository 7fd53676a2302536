import { callbackUri } from '../../support/relying_party.ts';

export const declaration = {
  clients: [
    {
      ...{ client_id: 'app', token_endpoint_auth_method: 'none', redirect_uris: [callbackUri] },
      ...{ grant_types: ['authorization_code'], scope: 'openid email profile', consent: 'skip' },
    },
  ],
  apis: [
    {
      ...{ identifier: 'https://orders.example', name: 'Orders' },
      scopes: { 'orders:read': 'See them' },
    },
  ],
};
