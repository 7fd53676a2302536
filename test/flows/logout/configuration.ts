import { people } from '../../../harness/sign_in.ts';
import { callbackUri } from '../../support/relying_party.ts';

const orders = 'https://orders.example';
export const secret = 'a-secret-of-at-least-32-characters';
export const otherUri = 'https://other.example/callback';
export const pairwiseUri = 'https://pairwise.example/callback';
/** Of an app that is not told of sign-outs. */
export const untoldUri = 'https://untold.example/callback';
export const byeUri = 'https://app.example/bye';

const app = {
  token_endpoint_auth_method: 'none',
  grant_types: ['authorization_code', 'refresh_token'],
  scope: 'openid offline_access orders:read',
  apis: [orders],
  consent: 'skip',
};

export const declaration = (siteUrl: string, policies: object = {}) => ({
  ...policies,
  users: people,
  apis: [
    {
      identifier: orders,
      name: 'Orders',
      scopes: { 'orders:read': 'See your orders' },
      client_id: 'orders-api',
    },
  ],
  clients: [
    {
      ...app,
      client_id: 'app',
      client_name: 'The App',
      redirect_uris: [callbackUri],
      post_logout_redirect_uris: [byeUri, `${byeUri}?fixed=1`],
      backchannel_logout_uri: `${siteUrl}/app-logout`,
      backchannel_logout_session_required: true,
    },
    {
      ...app,
      client_id: 'other-app',
      redirect_uris: [otherUri],
      backchannel_logout_uri: `${siteUrl}/other-logout`,
    },
    { ...app, client_id: 'untold-app', redirect_uris: [untoldUri] },
    {
      ...app,
      client_id: 'pairwise-app',
      redirect_uris: [pairwiseUri],
      subject_type: 'pairwise',
    },
    { client_id: 'orders-api', client_secret: secret, grant_types: [] },
  ],
  outbound: { allow: ['127.0.0.1/32'] },
});
