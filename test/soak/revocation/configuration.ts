/**
 * What the nodes are configured with: apps, services and people that are hit or spared by each kill switch, and
 * services that only make load.
 */

import { people } from '../../../harness/sign_in.ts';
import { callbackUri } from '../../support/relying_party.ts';

export const orders = 'https://orders.example';
export const stock = 'https://stock.example';
const feed = 'https://feed.example';
export const audiences = [orders, stock, feed];

export const secret = 'a-secret-that-all-clients-of-this-soak-share';
export const appScope = 'openid offline_access orders:read';
export const loadClients = ['load-1', 'load-2', 'load-3', 'load-4'];

/** Tokens outlive the whole series of rounds, so that none is refused for its age. */
const lifetime = { access_token_lifetime: '6h' };
const app = {
  client_secret: secret,
  redirect_uris: [callbackUri],
  grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
  scope: appScope,
  apis: [orders],
  consent: 'skip',
};
const service = { client_secret: secret, grant_types: ['client_credentials'] };

export const declaration = {
  sign_in: { attempts_per_account: '10000/1m', attempts_per_address: '10000/1m' },
  apis: [
    { identifier: orders, name: 'Orders', scopes: { 'orders:read': 'See orders' }, ...lifetime },
    { identifier: stock, name: 'Stock', scopes: { 'stock:read': 'See the stock' }, ...lifetime },
    { identifier: feed, name: 'Feed', scopes: { 'feed:read': 'Read the feed' }, ...lifetime },
  ],
  clients: [
    { client_id: 'shop', ...app },
    { client_id: 'kiosk', ...app },
    { client_id: 'job', ...service, scope: 'orders:read stock:read', apis: [orders, stock] },
    ...loadClients.map((client_id) => ({
      ...{ client_id, ...service },
      ...{ scope: 'feed:read', apis: [feed] },
    })),
  ],
  users: people,
};
