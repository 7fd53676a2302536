import { people } from '../../../harness/sign_in.ts';
import { siteCertificate } from '../../support/local_site.ts';
import { callbackUri } from '../../support/relying_party.ts';

const orders = 'https://orders.example';
export const secret = 'a-secret-of-at-least-32-characters';
export const pairUri = 'https://one.pair.example/callback';
export const otherPairUri = 'https://two.pair.example/callback';
export const sectorUris = ['https://three.example/callback', 'https://four.example/callback'];

const app = {
  token_endpoint_auth_method: 'none',
  grant_types: ['authorization_code', 'refresh_token'],
  consent: 'skip',
  scope: 'openid profile email orders:read',
  apis: [orders],
};
const pairwise = { ...app, subject_type: 'pairwise' };

export const declaration = (siteUrl: string) => ({
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
    { ...app, client_id: 'app', redirect_uris: [callbackUri], apis: [], scope: 'openid profile' },
    {
      ...app,
      client_id: 'signed-app',
      redirect_uris: [callbackUri],
      userinfo_signed_response_alg: 'RS256',
    },
    { ...pairwise, client_id: 'pair-one', redirect_uris: [pairUri] },
    { ...pairwise, client_id: 'pair-two', redirect_uris: [otherPairUri] },
    { ...pairwise, client_id: 'pair-three', redirect_uris: [pairUri] },
    {
      ...pairwise,
      client_id: 'sector-app',
      redirect_uris: sectorUris,
      sector_identifier_uri: `${siteUrl}/sector.json`,
    },
    { client_id: 'orders-api', client_secret: secret, grant_types: [] },
  ],
  outbound: { allow: ['127.0.0.1/32', '::1/128'], ca: siteCertificate },
});
