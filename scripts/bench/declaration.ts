/** What the servers are configured with. */
import { tokenExchange } from '../../src/definitions/oauth.ts';

export const secret = 'bench-secret-bench-secret-bench-secret';
export const redirectUri = 'https://shop.example/callback';
export const user = { username: 'alice', password: 'benchmark-password' };
/** Limits that are counted and never reached. */
export const tier = 'bench';
const unreached = 1_000_000_000;

export const api = {
  identifier: 'https://orders.example',
  name: 'Orders',
  scopes: { 'orders:read': 'See your orders' },
  client_id: 'orders-api',
};
/** Its tokens are opaque. */
export const opaqueApi = {
  identifier: 'https://notes.example',
  name: 'Notes',
  scopes: { 'notes:read': 'See your notes' },
  client_id: 'notes-api',
  access_token_format: 'opaque',
};

const noRedirects = { redirect_uris: [], response_types: [] };

export type BenchClient = {
  client_id: string;
  client_secret: string;
  grant_types: string[];
  redirect_uris: string[];
  response_types?: 'none'[];
  scope?: string;
  apis?: string[];
  consent?: string;
};

export const clients: BenchClient[] = [
  {
    ...{ client_id: 'job', client_secret: secret, ...noRedirects },
    grant_types: ['client_credentials', tokenExchange],
    ...{ scope: 'orders:read', apis: [api.identifier] },
  },
  {
    ...{ client_id: 'notes-job', client_secret: secret, ...noRedirects },
    grant_types: ['client_credentials'],
    ...{ scope: 'notes:read', apis: [opaqueApi.identifier] },
  },
  {
    ...{ client_id: 'shop', client_secret: secret, redirect_uris: [redirectUri] },
    grant_types: ['authorization_code', 'refresh_token'],
    ...{ scope: 'openid offline_access orders:read', apis: [api.identifier], consent: 'skip' },
  },
  { client_id: api.client_id, client_secret: secret, grant_types: [], ...noRedirects },
  { client_id: opaqueApi.client_id, client_secret: secret, grant_types: [], ...noRedirects },
];

/** Cardea's declarative file. */
export const declaration = {
  apis: [api, opaqueApi],
  clients,
  users: [user],
  api_keys: {
    tiers: { [tier]: { requests_per_minute: unreached, requests_per_month: unreached } },
  },
};
