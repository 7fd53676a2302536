import { people } from '../../../harness/sign_in.ts';
import { siteCertificate } from '../../support/local_site.ts';

export const tools = 'https://tools.example/mcp';

/** What agents may ask for. */
export const scope = 'openid offline_access tools:read tools:write';

export const declaration = {
  users: people,
  apis: [
    {
      identifier: tools,
      name: 'Tools',
      scopes: {
        'tools:read': 'Use tools that read',
        'tools:write': 'Use tools that change things',
      },
      client_id: 'tools-api',
    },
  ],
  clients: [
    {
      client_id: 'tools-api',
      client_secret: 'a-secret-of-at-least-32-characters',
      grant_types: [],
    },
  ],
  client_id_metadata: { enabled: true, apis: [tools], scope },
  // The documents of tests are on this machine.
  outbound: { allow_registered: ['127.0.0.0/8', '::1/128'], ca: siteCertificate },
};
