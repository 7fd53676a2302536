/**
 * Apps, services and APIs of both token formats, so that each kill switch has something that must die and
 * something that must live.
 */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { people } from '../../../harness/sign_in.ts';
import { basic, postForm } from '../../support/flows.ts';

export const orders = 'https://orders.example';
export const stock = 'https://stock.example';
/** Its tokens end before the promise does. */
export const quick = 'https://quick.example';
export const promise = 3;

const apiSecret = 'the-secret-of-the-apis-own-clients-012345';
export const serviceSecret = 'the-secret-of-a-service-that-asks-for-it';
export const carol = { username: 'carol', password: 'collector-of-clocks' };
export const scope = 'openid profile offline_access orders:read stock:read';

const introspectors: Record<string, string> = {
  [orders]: 'orders-api',
  [stock]: 'stock-api',
  [quick]: 'quick-api',
};

const app = {
  token_endpoint_auth_method: 'none',
  redirect_uris: ['https://app.example/callback'],
  grant_types: ['authorization_code', 'refresh_token'],
  scope,
  apis: [orders, stock],
  consent: 'skip',
};
const service = {
  client_secret: serviceSecret,
  grant_types: ['client_credentials'],
  scope: 'orders:read stock:read quick:read',
  apis: [orders, stock, quick],
};

export const declaration = {
  apis: [
    {
      identifier: orders,
      name: 'Orders',
      scopes: { 'orders:read': 'See' },
      client_id: 'orders-api',
    },
    {
      ...{ identifier: stock, name: 'Stock', scopes: { 'stock:read': 'See' } },
      ...{ access_token_format: 'opaque', client_id: 'stock-api' },
    },
    {
      ...{ identifier: quick, name: 'Quick', scopes: { 'quick:read': 'See' } },
      ...{ access_token_lifetime: '1s', client_id: 'quick-api' },
    },
  ],
  clients: [
    { client_id: 'app', ...app },
    { client_id: 'other-app', ...app },
    { client_id: 'service', ...service },
    { client_id: 'other-service', ...service },
    ...Object.values(introspectors).map((client_id) => ({
      ...{ client_id, client_secret: apiSecret, grant_types: [] },
    })),
  ],
  users: [...people, carol],
  revocation: { effective_within: `${promise}s` },
};

type Node = { url: string };

/** What the API's own client is told of a token. */
export async function isActive(node: Node, api: string, token: string): Promise<boolean> {
  const authorization = basic(introspectors[api] ?? '', apiSecret);
  const { status, body } = await postForm(`${node.url}/introspect`, { token }, { authorization });
  if (status !== 200) throw new Error(`introspection: ${status}`);
  return body.active === true;
}

export async function opensUserinfo({ url }: Node, token: string): Promise<boolean> {
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(`${url}/userinfo`, { headers });
  await answer.body?.cancel();
  return answer.status === 200;
}

/** A service's own token. Throws when there is none. */
export async function serviceToken(node: Node, api: string, client = 'service'): Promise<string> {
  const authorization = basic(client, serviceSecret);
  const fields = { grant_type: 'client_credentials', resource: api };
  const { status, body } = await postForm(`${node.url}/token`, fields, { authorization });
  if (status !== 200) throw new Error(`no token: ${status} ${JSON.stringify(body)}`);
  return String(body.access_token);
}

/** A node that has just heard that its key is revoked asks to try again in a moment. */
export async function untilServed(nodes: readonly Node[]): Promise<void> {
  for (const node of nodes) {
    for (;;) {
      const failure = await serviceToken(node, orders).then(
        () => '',
        (error) => String(error),
      );
      if (!failure) break;
      assert.match(failure, /503/);
      await sleep(50);
    }
  }
}
