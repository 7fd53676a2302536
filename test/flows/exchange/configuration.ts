/** Two APIs that know a scope of the same name, one with opaque tokens, and clients of every kind. */

import { people } from '../../../harness/sign_in.ts';
import { callbackUri } from '../../support/relying_party.ts';

export const orders = 'https://orders.example';
export const stock = 'https://stock.example';
export const notes = 'https://notes.example';
/** Of every confidential client here. */
export const secret = 'a secret of the clients here, which is long enough';
export const publicUri = 'https://public.example/callback';
export const pairwiseUri = 'https://pairwise.example/callback';

export const exchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange';
export const scope = 'openid offline_access orders:read orders:write items:read notes:read';

const app = {
  client_secret: secret,
  redirect_uris: [callbackUri],
  grant_types: ['authorization_code', 'refresh_token', 'client_credentials', exchangeGrant],
  scope,
  apis: [orders, stock, notes],
  consent: 'skip',
};
const service = {
  client_secret: secret,
  grant_types: ['client_credentials', exchangeGrant],
  scope: 'orders:read items:read notes:read',
  apis: [orders, stock, notes],
};

export const declaration = {
  users: people,
  apis: [
    {
      ...{ identifier: orders, name: 'Orders', client_id: 'orders-api' },
      scopes: { 'orders:read': 'See', 'orders:write': 'Change', 'items:read': 'See items' },
      user_key_scopes: ['orders:read'],
    },
    {
      ...{ identifier: stock, name: 'Stock', client_id: 'stock-api' },
      scopes: { 'items:read': 'See items', 'stock:read': 'See', 'notes:read': 'See notes' },
      access_token_lifetime: '2m',
    },
    {
      ...{ identifier: notes, name: 'Notes', client_id: 'notes-api' },
      ...{ scopes: { 'notes:read': 'See' }, access_token_format: 'opaque' },
    },
  ],
  clients: [
    { client_id: 'app', ...app },
    { client_id: 'wide-app', ...app },
    { client_id: 'narrow-app', ...app, apis: [orders, notes] },
    { client_id: 'asking-app', ...app, consent: 'ask' },
    { client_id: 'plain-app', ...app, grant_types: ['authorization_code', 'client_credentials'] },
    { client_id: 'pairwise-app', ...app, redirect_uris: [pairwiseUri], subject_type: 'pairwise' },
    {
      ...{ client_id: 'public-app', token_endpoint_auth_method: 'none' },
      ...{ redirect_uris: [publicUri], scope, apis: [orders], consent: 'skip' },
    },
    { client_id: 'orders-api', ...service },
    { client_id: 'stock-api', ...service, apis: [orders, stock] },
    { client_id: 'notes-api', ...service },
    { client_id: 'job', ...service },
    { client_id: 'orders-job', ...service, apis: [orders] },
    { client_id: 'scopeless', ...service, scope: undefined },
  ],
  dynamic_registration: {
    ...{ enabled: true, apis: [orders], scope: 'openid orders:read' },
    grant_types: ['authorization_code', 'client_credentials'],
  },
  api_keys: {
    prefix: 'acme',
    alerts: { new_network: false, spike_factor: null },
    tiers: { tiny: { requests_per_minute: 3 }, monthly: { requests_per_month: 2 } },
  },
};
