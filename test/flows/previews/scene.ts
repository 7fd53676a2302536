/** People, APIs, apps and services with all that changes what tokens say. */
import { alice, bob } from '../../../harness/sign_in.ts';
import { callbackUri } from '../../support/relying_party.ts';

export const orders = 'https://orders.example';
export const notes = 'https://notes.example';
export const secret = 'a-secret-of-at-least-32-characters';
export const people = [alice, bob];

const app = {
  client_secret: secret,
  token_endpoint_auth_method: 'client_secret_basic',
  grant_types: ['authorization_code', 'refresh_token'],
  redirect_uris: [callbackUri],
  consent: 'skip',
  scope: 'openid profile email groups roles department offline_access',
};
const both = {
  ...app,
  scope: `${app.scope} orders:read orders:write notes:read`,
  apis: [orders, notes],
};
const service = { client_secret: secret, grant_types: ['client_credentials'] };

export const apps = [
  { ...app, client_id: 'plain' },
  { ...both, client_id: 'both' },
  { ...both, client_id: 'orders-alone', apis: [orders], scope: 'openid email orders:read' },
  { ...both, client_id: 'pairwise', subject_type: 'pairwise' },
  { ...both, client_id: 'minimal', id_token_claims: 'minimal' },
  { ...both, client_id: 'default', default_scope: 'openid roles', apis: [orders] },
  { ...both, client_id: 'asking', consent: 'ask' },
  { ...app, client_id: 'asking-pairwise', consent: 'ask', subject_type: 'pairwise' },
  { ...both, client_id: 'bound', dpop_bound_access_tokens: true },
  { ...both, client_id: 'told', backchannel_logout_uri: 'https://app.example/logout' },
  { ...both, client_id: 'signed', userinfo_signed_response_alg: 'RS256' },
  { ...app, client_id: 'short', grant_types: ['authorization_code'], scope: 'openid' },
  {
    ...both,
    client_id: 'mapped',
    claim_mapping: {
      groups: { prefix: 'oidc:' },
      roles: { name: 'https://example.com/roles', format: 'text' },
      department: { format: 'list' },
    },
  },
];

export const services = [
  { ...service, client_id: 'job', scope: 'orders:read notes:read', apis: [orders, notes] },
  { ...service, client_id: 'single', scope: 'orders:read orders:write', apis: [orders] },
  {
    ...{ ...service, client_id: 'bound-job', scope: 'orders:read', apis: [orders] },
    dpop_bound_access_tokens: true,
  },
];

export const scopes = [
  ...['openid', 'profile', 'email', 'groups', 'roles', 'department', 'offline_access'],
  ...['orders:read', 'orders:write', 'notes:read', 'nowhere'],
];

export const declaration = {
  scopes: [
    { name: 'department', description: 'See your department', claims: ['department', 'floor'] },
  ],
  users: [
    {
      ...{ ...alice, subject: 'subject-of-alice' },
      ...{ email: 'alice@example.com', email_verified: true },
      claims: {
        ...{ name: 'Alice Adams', 'name#ja': 'アリス', nickname: 'al' },
        ...{ department: 'Sales', floor: 4, badge: 'A7' },
      },
      ...{ groups: ['dev', 'ops'], roles: ['admin', 'editor'] },
    },
    { ...bob, subject: 'subject-of-bob', claims: { name: 'Bob Brown' } },
  ],
  apis: [
    {
      ...{ identifier: orders, name: 'Orders', client_id: 'orders-api' },
      scopes: { 'orders:read': 'See your orders', 'orders:write': 'Change your orders' },
      claims: ['groups', 'badge', 'name'],
    },
    {
      ...{ identifier: notes, name: 'Notes', client_id: 'notes-api', claims: ['roles'] },
      ...{ scopes: { 'notes:read': 'See your notes' }, access_token_format: 'opaque' },
    },
  ],
  clients: [
    ...apps,
    ...services,
    { client_id: 'orders-api', client_secret: secret, grant_types: [] },
    { client_id: 'notes-api', client_secret: secret, grant_types: [] },
  ],
};
