/** Programs from npm that are an API: `GET /orders` answers whoever has a token for it. */
import { type NpmApp, npmApp } from './npm_app.ts';
import { orders } from './orders.ts';
import type { Program } from './program.ts';

const stock = {
  identifier: 'https://stock.example',
  name: 'Stock',
  scopes: { 'stock:read': 'See the stock' },
};

type NpmApi = Pick<NpmApp, 'name' | 'package' | 'manifest' | 'settings' | 'build'>;

export function npmApi(about: NpmApi): Program {
  return npmApp({
    ...about,
    flow: 'JWT access tokens at an API',
    callback: '/none',
    apis: [orders, stock],
    client: {
      redirect_uris: undefined,
      post_logout_redirect_uris: undefined,
      grant_types: ['client_credentials'],
      scope: 'orders:read orders:write stock:read',
      apis: [orders.identifier, stock.identifier],
    },
    async use({ issuer, origin }, _person, client) {
      const tokenFor = (scope: string, resource: string) =>
        clientToken(issuer, client, { scope, resource });
      const good = await tokenFor('orders:read', orders.identifier);
      const response = await ask(`${origin}/orders`, good);
      const body = await response.text();
      if (response.status !== 200 || !body.includes(client.client_id)) {
        throw new Error(`a good token was answered with ${response.status} ${body}`);
      }
      const [header, payload, signature = ''] = good.split('.');
      const turned = signature[9] === 'A' ? 'B' : 'A';
      const bad = {
        'no token': undefined,
        'a token for another API': await tokenFor('stock:read', stock.identifier),
        'a token with another scope': await tokenFor('orders:write', orders.identifier),
        'a forged token': `${header}.${payload}.${signature.slice(0, 9)}${turned}${signature.slice(10)}`,
      };
      for (const [what, token] of Object.entries(bad)) {
        const { status } = await ask(`${origin}/orders`, token);
        if (status !== 401 && status !== 403)
          throw new Error(`${what} was answered with ${status}`);
      }
      return 'a good token accepted; one of another API, one with another scope and a forged one refused';
    },
  });
}

function ask(url: string, token: string | undefined): Promise<Response> {
  return fetch(url, { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } });
}

async function clientToken(
  issuer: string,
  { client_id, client_secret }: { client_id: string; client_secret: string },
  fields: Record<string, string>,
): Promise<string> {
  const credentials = Buffer.from(`${client_id}:${client_secret}`).toString('base64');
  const response = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${credentials}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', ...fields }),
  });
  const { access_token } = (await response.json()) as { access_token?: string };
  if (!access_token) throw new Error(`no token: ${response.status}`);
  return access_token;
}
