/**
 * The first requests with a new key: to its API, and from the API to this server.
 */

import type { SecretView } from '../parts/secret_view.ts';
import { shellWord } from '../parts/shell_word.ts';

export function firstRequests({
  issuer,
  api,
  key,
}: {
  issuer: string;
  api: string;
  key: string;
}): SecretView['steps'] {
  const verify = `${issuer.replace(/\/$/, '')}/api-keys/verify`;
  // The identifier of an API is an address in most cases, and a name in the others.
  const url = /^https?:/.test(api) ? shellWord(api) : '"$API_URL"';
  return [
    {
      title: 'Call the API',
      text: 'The key goes into the Authorization header, never into an address.',
      code: [
        {
          caption: 'Whoever has the key',
          text: `curl ${url} \\\n  -H ${shellWord(`Authorization: Bearer ${key}`)}`,
        },
      ],
    },
    {
      title: 'Verify it in the API',
      text: 'The API asks as its own client, with the secret of that client.',
      code: [
        {
          caption: 'The API',
          text: [
            `curl -s ${shellWord(verify)}`,
            '-u "$API_CLIENT_ID:$API_CLIENT_SECRET"',
            "-H 'Content-Type: application/json'",
            `-d ${shellWord(JSON.stringify({ key }))}`,
          ].join(' \\\n  '),
        },
      ],
    },
  ];
}
