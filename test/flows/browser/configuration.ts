import { people } from '../../../harness/sign_in.ts';
import { ways } from './visitor.ts';

const orders = 'https://orders.example';
export const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';

/** One for each way of visiting. */
export const televisionOwners = ways.map((_way, index) => ({
  username: `owner-${index}`,
  password: `a-television-of-${index}`,
}));

/** `origin`: where the apps are. */
export const declaration = (origin: string) => {
  const app = {
    token_endpoint_auth_method: 'none',
    redirect_uris: [`${origin}/callback`],
    post_logout_redirect_uris: [`${origin}/bye`],
    grant_types: ['authorization_code'],
    scope: 'openid profile email orders:read orders:write',
    apis: [orders],
  };
  return {
    users: [...people, ...televisionOwners],
    apis: [
      {
        identifier: orders,
        name: 'Orders',
        scopes: { 'orders:read': 'See your orders', 'orders:write': 'Change your orders' },
      },
    ],
    clients: [
      { ...app, client_id: 'app', client_name: 'The App' },
      { ...app, client_id: 'other-app', client_name: 'The Other App' },
      { ...app, client_id: 'own-app', client_name: 'Our App', consent: 'skip' },
      {
        client_id: 'tv',
        client_name: 'The Television',
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        grant_types: [deviceGrant],
        scope: 'openid orders:read',
        apis: [orders],
      },
    ],
  };
};
