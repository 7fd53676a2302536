/**
 * The clients of these tests. Nobody is asked for consent, so that codes come in numbers.
 */
import assert from 'node:assert/strict';
import { people } from '../../../harness/sign_in.ts';
import type { Node } from '../../support/app_session.ts';
import { basic, postForm } from '../../support/flows.ts';

export const api = 'https://orders.example';
const apiSecret = 'the-secret-of-the-orders-api-itself-0123';
export const appSecret = 'the-secret-of-a-confidential-app-0123456';
export const callback = 'https://app.example/callback';

const app = {
  redirect_uris: [callback],
  grant_types: ['authorization_code', 'refresh_token'],
  scope: 'openid profile offline_access orders:read',
  apis: [api],
  consent: 'skip',
};

export const declaration = {
  apis: [
    {
      identifier: api,
      name: 'Orders',
      scopes: { 'orders:read': 'See your orders' },
      client_id: 'orders-api',
    },
  ],
  clients: [
    { client_id: 'app', token_endpoint_auth_method: 'none', ...app },
    { client_id: 'strict-app', client_secret: appSecret, refresh_token_grace: 0, ...app },
    { client_id: 'orders-api', client_secret: apiSecret, grant_types: [] },
  ],
  users: people,
};

export const scope = app.scope;

/** Introspection by the API's client, which must be the same on all nodes. */
export async function isActive(nodes: readonly Node[], token: string): Promise<unknown> {
  const authorization = basic('orders-api', apiSecret);
  const answers = await Promise.all(
    nodes.map(({ url }) => postForm(`${url}/introspect`, { token }, { authorization })),
  );
  return same(answers.map(({ body }) => body.active));
}

/** Whether userinfo takes the token, which must be the same on all nodes. */
export async function opensUserinfo(nodes: readonly Node[], token: string): Promise<boolean> {
  const headers = { authorization: `Bearer ${token}` };
  const statuses = nodes.map(async ({ url }) => {
    const answer = await fetch(`${url}/userinfo`, { headers });
    await answer.body?.cancel();
    return answer.status;
  });
  const status = same(await Promise.all(statuses));
  assert.ok(status === 200 || status === 401, `status ${status}`);
  return status === 200;
}

function same<T>([first, ...others]: readonly T[]): T | undefined {
  for (const other of others) assert.equal(other, first);
  return first;
}
