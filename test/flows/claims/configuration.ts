import { alice, bob } from '../../../harness/sign_in.ts';
import { callbackUri } from '../../support/relying_party.ts';

export const orders = 'https://orders.example';
export const notes = 'https://notes.example';
export const secret = 'a-secret-of-at-least-32-characters';

const app = {
  token_endpoint_auth_method: 'none',
  grant_types: ['authorization_code', 'refresh_token'],
  redirect_uris: [callbackUri],
  consent: 'skip',
  scope: 'openid profile email groups roles department',
};

export const declaration = {
  scopes: [
    {
      name: 'department',
      description: { en: 'See your department', de: 'Ihre Abteilung sehen' },
      claims: ['department', 'cost_centre'],
    },
  ],
  users: [
    {
      ...alice,
      email: 'alice@example.com',
      email_verified: true,
      claims: { name: 'Alice Adams', department: 'Sales', cost_centre: 4711, badge: 'A7' },
      groups: ['dev', 'ops'],
      roles: ['admin'],
    },
    { ...bob, claims: { name: 'Bob Brown' } },
  ],
  apis: [
    {
      identifier: orders,
      name: 'Orders',
      scopes: { 'orders:read': 'See your orders' },
      client_id: 'orders-api',
      claims: ['groups', 'roles', 'badge'],
    },
    {
      identifier: notes,
      name: 'Notes',
      scopes: { 'notes:read': 'See your notes' },
      access_token_format: 'opaque',
      client_id: 'notes-api',
    },
  ],
  clients: [
    { ...app, client_id: 'app' },
    { ...app, client_id: 'app-with-api', scope: `${app.scope} orders:read`, apis: [orders] },
    { ...app, client_id: 'minimal', id_token_claims: 'minimal' },
    {
      ...app,
      client_id: 'kubernetes',
      claim_mapping: {
        groups: { prefix: 'oidc:' },
        email: { prefix: 'oidc:' },
        roles: { name: 'https://example.com/roles', format: 'text' },
        department: { format: 'list' },
      },
    },
    { ...app, client_id: 'asking', consent: 'ask' },
    {
      ...{ ...app, client_id: 'asking-with-api', consent: 'ask' },
      ...{ scope: 'openid orders:read', apis: [orders] },
    },
    {
      ...app,
      client_id: 'told',
      backchannel_logout_uri: 'https://app.example/logout',
    },
    {
      client_id: 'job',
      client_secret: secret,
      grant_types: ['client_credentials'],
      scope: 'orders:read notes:read',
      apis: [orders, notes],
    },
    { client_id: 'orders-api', client_secret: secret, grant_types: [] },
    { client_id: 'notes-api', client_secret: secret, grant_types: [] },
  ],
};
