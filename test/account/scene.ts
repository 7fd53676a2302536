/**
 * People at their account pages: erin and frank, whom no file declares, and what they sign in to.
 */
import { type Person, walkToClient } from '../../harness/sign_in.ts';
import { testSecret } from '../../harness/test_secret.ts';
import type { Page, UserAgent } from '../../harness/user_agent.ts';
import { createServices } from '../../src/app/services.ts';
import { type Clock, systemClock } from '../../src/clock.ts';
import { declarationSchema } from '../../src/config/schema/declaration.ts';
import { sha256 } from '../../src/digests.ts';
import { openStore } from '../../src/storage/open.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { startTestServer, type TestServer, type TestServerOptions } from '../support/server.ts';
import { type SiteVisitor, visitorsOf } from '../support/site_visitors.ts';

export const erin: Person = { username: 'erin', password: 'lanterns-and-larks-9' };
export const frank: Person = { username: 'frank', password: 'gravel-and-ginger-3' };

export const ordersApi = 'https://orders.example';
export const callback = 'https://shop.example/callback';

export const declaration = {
  apis: [
    {
      identifier: ordersApi,
      name: { en: 'Orders', de: 'Bestellungen' },
      scopes: {
        'orders:read': { en: 'See your orders', de: 'Ihre Bestellungen sehen' },
        'orders:write': 'Change your orders',
        'orders:admin': 'Run the shop',
      },
      user_key_scopes: ['orders:read', 'orders:write'],
    },
  ],
  clients: [
    {
      client_id: 'shop',
      client_name: 'Northwind Shop',
      'client_name#de': 'Nordwind-Laden',
      client_uri: 'https://www.northwind.example/start',
      token_endpoint_auth_method: 'none',
      redirect_uris: [callback],
      grant_types: ['authorization_code', 'refresh_token'],
      scope: 'openid email offline_access orders:read orders:write',
      apis: [ordersApi],
    },
  ],
  account: { api_keys: 'all' },
};

export type Visitor = SiteVisitor;

/** A server on which both have accounts, and what the command line does beside it. */
export async function startAccountServer({
  store,
  clock = systemClock,
  declaration: declared = declaration,
  ...options
}: TestServerOptions) {
  const server = await startTestServer({ declaration: declared, store, clock, ...options });
  const beside = await besides(server, declared, clock);
  for (const { username, password } of [erin, frank]) {
    await beside.users.create({
      ...{ username, password, email: `${username}@example.com`, emailVerified: true },
      claims: { name: username === 'erin' ? 'Erin Ellis' : 'Frank Fox' },
    });
  }
  return {
    server,
    beside,
    close: async () => void (await Promise.all([beside.close(), server.close()])),
  };
}

async function besides(
  { store: url, issuer }: Pick<TestServer, 'store' | 'issuer'>,
  declared: object,
  clock: Clock,
) {
  const store = await openStore({ url });
  const log = createLog({ level: 'error', pretty: false });
  const config = {
    ...{ issuer, developmentMode: false },
    secrets: [Buffer.from(testSecret, 'base64url')],
    declaration: declarationSchema.parse(declared),
  };
  const services = createServices({ config, store, clock, log });
  const users = await services.users();
  return {
    ...{ services, store, users },
    async idOf({ username }: Person) {
      return (await users.findByUsername(username))?.id ?? '';
    },
    async close() {
      await services.close();
      await store.close();
    },
  };
}

export const { signIn, createVisitor } = visitorsOf('/account');

const verifier = 'verifier-of-the-shop-that-is-long-enough-for-pkce';

/** Signs in to the shop in this browser, and answers what its token request got. */
export async function signInToShop(
  issuer: string,
  agent: UserAgent,
  person: Person,
  scope = 'openid offline_access orders:read',
): Promise<Record<string, string>> {
  const request = new URL(`${issuer}/authorize`);
  request.search = String(
    new URLSearchParams({
      ...{ client_id: 'shop', response_type: 'code', redirect_uri: callback, prompt: 'consent' },
      ...{ scope, resource: ordersApi },
      ...{ code_challenge: sha256(verifier), code_challenge_method: 'S256' },
    }),
  );
  const back = await walkToClient(agent, request, callback, { person });
  const response = await fetch(`${issuer}/token`, {
    method: 'POST',
    body: new URLSearchParams({
      ...{ grant_type: 'authorization_code', client_id: 'shop', redirect_uri: callback },
      ...{ code: back.searchParams.get('code') ?? '', code_verifier: verifier },
    }),
  });
  return (await response.json()) as Record<string, string>;
}

export function refresh(issuer: string, token: string | undefined): Promise<Response> {
  return fetch(`${issuer}/token`, {
    method: 'POST',
    body: new URLSearchParams({
      ...{ grant_type: 'refresh_token', client_id: 'shop', refresh_token: token ?? '' },
    }),
  });
}

export function headingOf({ html }: Page): string {
  return textOf(/<h1[^>]*>(.*?)<\/h1>/s.exec(html)?.[1] ?? '');
}

/** What the last form did. */
export function flashOf({ html }: Page): string {
  return textOf(/class="notice flash[^>]*>(.*?)<\/div>/s.exec(html)?.[1] ?? '');
}

/** All that a page says. */
export function textOf(html: string): string {
  return html
    .replace(/<head>.*<\/head>/s, '')
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&amp;', '&')
    .replaceAll('&#39;', "'")
    .replaceAll('&quot;', '"')
    .replace(/\s+/g, ' ')
    .trim();
}
