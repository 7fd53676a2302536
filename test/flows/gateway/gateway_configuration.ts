/** As in configuration.ts, with an API beside the others whose access tokens are opaque. */
import { declaration as withoutNotes } from '../api_keys/configuration.ts';
import { apiSecret } from '../api_keys/keys.ts';

export { jobSecret, orders, stock } from '../api_keys/configuration.ts';

export const notes = 'https://notes.example';

const { apis, clients } = withoutNotes;

export const declaration = {
  ...withoutNotes,
  api_keys: { ...withoutNotes.api_keys, schemes: ['basic', 'apikey'] },
  apis: [
    ...apis,
    {
      identifier: notes,
      name: 'Notes',
      scopes: { 'notes:read': 'See' },
      client_id: 'notes-api',
      access_token_format: 'opaque',
    },
  ],
  clients: [
    ...clients.map((client) =>
      client.client_id === 'job'
        ? { ...client, scope: 'orders:read notes:read', apis: ['https://orders.example', notes] }
        : client,
    ),
    {
      client_id: 'notes-api',
      client_secret: apiSecret,
      ...{ grant_types: [], redirect_uris: [], response_types: [] },
    },
  ],
};
