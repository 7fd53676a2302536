/** What an API does with the tokens that it is sent, with oauth4webapi: offline, or by asking. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as oauth from 'oauth4webapi';
import { basic, eachServer, postForm } from '../../support/flows.ts';

const orders = 'https://orders.example';
const stock = 'https://stock.example';
const secret = 'a-secret-of-at-least-32-characters';
const insecure = { [oauth.allowInsecureRequests]: true };

const declaration = {
  apis: [
    {
      identifier: orders,
      name: 'Orders',
      scopes: { 'orders:read': 'See orders' },
      client_id: 'orders-api',
    },
    { identifier: stock, name: 'Stock', scopes: { 'stock:read': 'See the stock' } },
  ],
  clients: [
    {
      client_id: 'job',
      client_secret: secret,
      grant_types: ['client_credentials'],
      scope: 'orders:read stock:read',
      apis: [orders, stock],
    },
    { client_id: 'orders-api', client_secret: secret, grant_types: [] },
  ],
};

await eachServer({ declaration }, (server) => {
  const discover = async () => {
    const url = new URL(server().issuer);
    return oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, insecure));
  };
  const client: oauth.Client = { client_id: 'job' };
  const obtain = async (as: oauth.AuthorizationServer, resource: string, options = {}) => {
    const authentication = oauth.ClientSecretBasic(secret);
    const parameters = new URLSearchParams({ resource });
    const response = await oauth.clientCredentialsGrantRequest(
      as,
      client,
      authentication,
      parameters,
      { ...insecure, ...options },
    );
    return oauth.processClientCredentialsResponse(as, client, response);
  };
  const requestWith = (headers: Record<string, string>) =>
    new Request('https://orders.example/orders', { headers });

  test('An API verifies a JWT from the published keys alone', async () => {
    const as = await discover();
    const { access_token } = await obtain(as, orders);
    const request = requestWith({ authorization: `Bearer ${access_token}` });
    const claims = await oauth.validateJwtAccessToken(as, request, orders, insecure);
    assert.equal(claims.client_id, 'job');
    assert.equal(claims.scope, 'orders:read');
  });

  test('A token for another API is refused', async () => {
    const as = await discover();
    const { access_token } = await obtain(as, stock);
    const request = requestWith({ authorization: `Bearer ${access_token}` });
    await assert.rejects(oauth.validateJwtAccessToken(as, request, orders, insecure));
  });

  test('A DPoP-bound token is accepted only with its proof', async () => {
    const as = await discover();
    const DPoP = oauth.DPoP(client, await oauth.generateKeyPair('ES256'));
    const { access_token } = await obtain(as, orders, { DPoP });
    let sent: Headers | undefined;
    await oauth.protectedResourceRequest(
      access_token,
      'GET',
      new URL('https://orders.example/orders'),
      undefined,
      undefined,
      {
        DPoP,
        [oauth.customFetch]: async (_url, init) => {
          sent = new Headers(init.headers as Record<string, string>);
          return new Response();
        },
      },
    );
    const headers = Object.fromEntries(sent ?? []);
    const claims = await oauth.validateJwtAccessToken(as, requestWith(headers), orders, {
      ...insecure,
      requireDPoP: true,
    });
    assert.ok(claims.cnf);
    const { dpop: _proof, ...without } = headers;
    await assert.rejects(oauth.validateJwtAccessToken(as, requestWith(without), orders, insecure));
  });

  test('An introspection response to an API has the form of RFC 7662', async () => {
    const as = await discover();
    const api: oauth.Client = { client_id: 'orders-api' };
    const { access_token } = await obtain(as, orders);
    const ask = async () => {
      const authentication = oauth.ClientSecretBasic(secret);
      const response = await oauth.introspectionRequest(
        as,
        api,
        authentication,
        access_token,
        insecure,
      );
      return oauth.processIntrospectionResponse(as, api, response);
    };
    assert.equal((await ask()).active, true);
    await postForm(
      as.revocation_endpoint ?? '',
      { token: access_token },
      { authorization: basic('job', secret) },
    );
    assert.deepEqual(await ask(), { active: false });
  });
});
