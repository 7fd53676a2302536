/**
 * The code by which an API verifies what callers bring, with its own values: the shortest that works, after the guides of
 * docs/integrations.
 */
import { baseOf, curl, jsText } from '../parts/code_texts.ts';
import type { Step } from '../parts/secret_view.ts';
import { shellWord } from '../parts/shell_word.ts';

export type VerifiedApi = {
  identifier: string;
  scopes: readonly string[];
  format: 'jwt' | 'opaque';
};

export function toVerify({
  identifier,
  scopes,
  access_token_format: format = 'jwt',
}: {
  identifier: string;
  scopes?: object | undefined;
  access_token_format?: VerifiedApi['format'] | undefined;
}): VerifiedApi {
  return { identifier, scopes: Object.keys(scopes ?? {}), format };
}

type Verifying = {
  issuer: string;
  /** The client that is the API, and its secret, or what stands for it. Undefined: it has none. */
  client: { id: string; secret: string } | undefined;
  /** Where it gets one. */
  newClient?: Step['more'];
};

/** Opaque tokens say nothing by themselves, so there the API asks. */
export function verifyingSteps(api: VerifiedApi, verifying: Verifying): readonly Step[] {
  const [byItself, asking] = [verifier(api, verifying), introspection(api, verifying)];
  const gateway = forwardAuth(api, verifying);
  return api.format === 'opaque' ? [asking, gateway] : [byItself, gateway, asking];
}

function verifier({ identifier, scopes }: VerifiedApi, { issuer, client }: Verifying): Step {
  const [scope] = scopes;
  const options = [
    `  issuer: ${jsText(issuer)},`,
    `  audience: ${jsText(identifier)},`,
    ...(client
      ? [
          `  api_keys: { client_id: ${jsText(client.id)}, client_secret: process.env.CLIENT_SECRET },`,
        ]
      : []),
  ];
  const needed = scope === undefined ? '' : `, { scopes: ${jsText(scope)} }`;
  const text = `import { createVerifier, protectExpress, tokenOf } from '@cardea/verifier';
import express from 'express';

const verifier = createVerifier({
${options.join('\n')}
});

const app = express();
app.get('/', protectExpress(verifier${needed}), (request, response) => {
  response.json({ caller: tokenOf(request).claims.sub });
});
app.listen(process.env.PORT ?? 8081);`;
  return {
    title: 'Verify tokens where they arrive',
    text: `Offline, by signature and status list: a revoked token is refused within seconds. ${
      client
        ? 'API keys are taken as well, and verified here as the client of the API.'
        : 'Once the API has a client of its own, the verifier takes API keys as well.'
    } docs/integrations has the same for Python, Go, Java and other languages.`,
    code: [
      { caption: 'main.js', text },
      {
        caption: 'In a checkout of Cardea, the package for npm install',
        text: 'npm pack -w src/verifier',
      },
    ],
  };
}

function forwardAuth({ identifier, scopes, format }: VerifiedApi, { issuer }: Verifying): Step {
  const [scope] = scopes;
  const asked = [
    ['api', identifier],
    ...(scope === undefined ? [] : [['scope', scope]]),
    ...(format === 'jwt' ? [['token', 'jwt']] : []),
  ]
    .map(([name, value = '']) => `${name}=${strictly(value)}`)
    .join('&');
  return {
    title: 'Or at the gateway',
    text: 'nginx, Caddy, Traefik or Envoy ask about each request, and the API needs no code for it. Start from the whole configuration in docs/integrations/gateways: it takes away what callers could make up. This is the line in it that names your API.',
    code: [
      {
        caption: 'nginx.conf',
        text: `proxy_pass http://cardea/forward-auth?${asked}&refuse_with=403;`,
      },
      {
        caption: 'The same question, by hand',
        text: `curl -i ${shellWord(`${baseOf(issuer)}/forward-auth?${asked}`)} \\\n  -H "Authorization: Bearer $TOKEN"`,
      },
    ],
  };
}

function introspection({ format }: VerifiedApi, { issuer, client, newClient }: Verifying): Step {
  const { id, secret } = client ?? { id: 'the-client-of-the-api', secret: 'its-secret' };
  const text = `${curl(`${baseOf(issuer)}/introspect`, `${id}:${secret}`, [])} \\\n  -d token="$TOKEN"`;
  const why =
    format === 'opaque'
      ? 'The API asks with each token, as its own client.'
      : 'Where the newest answer matters more than its speed. The API asks as its own client.';
  return {
    title: format === 'opaque' ? 'Ask about tokens' : 'Or ask about each',
    text: client ? why : `${why} It has none yet.`,
    code: [{ caption: 'Shell', text }],
    more: client ? undefined : newClient,
  };
}

/** Percent-encoded, also where a configuration would read a quote. */
function strictly(text: string): string {
  return encodeURIComponent(text).replaceAll("'", '%27');
}
