/**
 * Two APIs, one for each token format, with one scope in common. Whatever is changed is made by the operator: a start
 * restores what is declared.
 */
import { alice, people } from '../../../harness/sign_in.ts';

export const orders = 'https://orders.example';
export const notes = 'https://notes.example';
export const apiSecret = 'the-secret-of-the-apis-own-clients-012345';
export const callback = 'https://app.example/callback';
export const exchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange';
/** Signs in every person: they have its password. */
export const person = alice;

export const introspectors: Record<string, string> = {
  [orders]: 'orders-api',
  [notes]: 'notes-api',
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
      ...{ identifier: notes, name: 'Notes', client_id: 'notes-api' },
      scopes: { 'notes:read': 'See', 'items:read': 'See items' },
      access_token_format: 'opaque',
    },
  ],
  clients: Object.values(introspectors).map((client_id) => ({
    ...{ client_id, client_secret: apiSecret, grant_types: [] },
  })),
  api_keys: { prefix: 'acme', alerts: { new_network: false, spike_factor: null } },
};

/** What a client may do in full; less of it is taken and given back. */
export const clientScope = 'openid offline_access orders:read orders:write notes:read items:read';
export const clientMetadata = {
  token_endpoint_auth_method: 'client_secret_basic',
  redirect_uris: [callback],
  response_types: ['code'],
  grant_types: ['authorization_code', 'refresh_token', 'client_credentials', exchangeGrant],
  scope: clientScope,
  apis: [orders, notes],
  consent: 'skip',
};
