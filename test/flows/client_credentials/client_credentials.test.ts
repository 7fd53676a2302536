/** Client credentials (RFC 6749 section 4.4) and the tokens that services get (RFC 9068). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import * as openid from 'openid-client';
import { basic, eachServer, postForm } from '../../support/flows.ts';
import { declaration, oddSecret, orders, secret, stock } from './configuration.ts';

const request = { grant_type: 'client_credentials' };

await eachServer({ declaration: declaration('http://127.0.0.1:9') }, (server) => {
  const tokenFor = (
    clientId: string,
    fields: Record<string, string> | [string, string][] = {},
    clientSecret = secret,
  ) =>
    postForm(`${server().issuer}/token`, [...Object.entries(request), ...pairs(fields)], {
      authorization: basic(clientId, clientSecret),
    });
  const discover = (clientId: string, authentication: openid.ClientAuth) =>
    openid.discovery(new URL(server().issuer), clientId, {}, authentication, {
      execute: [openid.allowInsecureRequests],
    });

  test('A JWT access token has the claims that RFC 9068 requires', async () => {
    const config = await discover('basic-job', openid.ClientSecretBasic(secret));
    const tokens = await openid.clientCredentialsGrant(config, { scope: 'orders:read' });
    assert.equal(tokens.token_type, 'bearer');
    assert.equal(tokens.expires_in, 300);
    assert.equal(tokens.scope, 'orders:read');
    assert.equal(tokens.refresh_token, undefined);
    assert.equal(tokens.id_token, undefined);
    const keys = createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri ?? ''));
    const { payload, protectedHeader } = await jwtVerify(tokens.access_token, keys, {
      issuer: server().issuer,
      audience: orders,
      typ: 'at+jwt',
      algorithms: ['RS256'],
      requiredClaims: ['iss', 'sub', 'aud', 'exp', 'iat', 'jti', 'client_id', 'scope'],
    });
    assert.deepEqual(Object.keys(protectedHeader).sort(), ['alg', 'kid', 'typ']);
    assert.equal(payload.aud, orders);
    assert.equal(payload.sub, 'basic-job');
    assert.equal(payload.client_id, 'basic-job');
    assert.equal(payload.scope, 'orders:read');
    assert.equal(Number(payload.exp) - Number(payload.iat), 300);
    assert.equal(payload.auth_time, undefined);
  });

  test('A request without scope gets all scopes that the service is registered for', async () => {
    assert.equal((await tokenFor('basic-job')).body.scope, 'orders:read');
    const both = await tokenFor('two-apis-job', { resource: orders });
    assert.equal(both.body.scope, 'orders:read orders:write');
  });

  test("A service of several APIs must name one, and gets tokens in that API's format", async () => {
    const unnamed = await tokenFor('two-apis-job', { scope: 'orders:read' });
    assert.deepEqual([unnamed.status, unnamed.body.error], [400, 'invalid_target']);
    const jwt = await tokenFor('two-apis-job', { resource: orders, scope: 'orders:write' });
    assert.equal(decodeProtectedHeader(String(jwt.body.access_token)).typ, 'at+jwt');
    assert.equal(jwt.body.scope, 'orders:write');
    const opaque = await tokenFor('two-apis-job', { resource: stock });
    assert.match(String(opaque.body.access_token), /^[\w-]{43,}$/);
    assert.equal(opaque.body.scope, 'stock:read');
    assert.equal(opaque.body.expires_in, 600);
    const several = await tokenFor('two-apis-job', [
      ['resource', orders],
      ['resource', stock],
    ]);
    assert.deepEqual([several.status, several.body.error], [400, 'invalid_target']);
  });

  test('A scope is granted only by the API that defines it, to a client that is allowed it', async () => {
    const refused: [string, Record<string, string>][] = [
      ['basic-job', { scope: 'orders:write' }],
      ['basic-job', { scope: 'orders:read orders:write' }],
      ['basic-job', { scope: 'unheard:of' }],
      ['basic-job', { scope: 'openid' }],
      ['basic-job', { scope: 'offline_access' }],
      ['basic-job', { scope: 'constructor' }],
      ['basic-job', { scope: '__proto__ toString' }],
      ['basic-job', { scope: 'örders:read' }],
      ['basic-job', { scope: 'orders:read"' }],
      ['two-apis-job', { resource: orders, scope: 'stock:read' }],
      ['two-apis-job', { resource: stock, scope: 'shared' }],
    ];
    for (const [clientId, fields] of refused) {
      const { status, body } = await tokenFor(clientId, fields);
      assert.deepEqual([status, body.error], [400, 'invalid_scope'], JSON.stringify(fields));
    }
  });

  test('An API that is unknown, or not assigned to the client, is refused as a target', async () => {
    for (const resource of [
      stock,
      'https://unknown.example',
      `${orders}//`,
      `${orders}#x`,
      'ORDERS',
      'x:',
      '__proto__',
    ]) {
      const { status, body } = await tokenFor('basic-job', { resource });
      assert.deepEqual([status, body.error], [400, 'invalid_target'], resource);
    }
    const without = await tokenFor('no-api-job');
    assert.deepEqual([without.status, without.body.error], [400, 'invalid_target']);
    const asking = await tokenFor('no-api-job', { scope: 'openid' });
    assert.equal(asking.status, 400);
  });

  test('A client secret may hold any character (RFC 6749 section 2.3.1)', async () => {
    const id = 'odd:job/~';
    const authentication = openid.ClientSecretBasic(oddSecret);
    const tokens = await openid.clientCredentialsGrant(await discover(id, authentication));
    assert.ok(tokens.access_token);
  });

  test('The client_secret_post method takes a secret in the body, from a client that has one', async () => {
    const config = await discover('post-job', openid.ClientSecretPost(secret));
    assert.ok((await openid.clientCredentialsGrant(config)).access_token);
  });

  test('An unauthenticated client gets no token', async () => {
    const url = `${server().issuer}/token`;
    const attempts: [Record<string, string>, Record<string, string>][] = [
      [{}, { authorization: basic('basic-job', `${secret}x`) }],
      [{}, { authorization: basic('basic-job', 'hashed:[]') }],
      [{}, { authorization: basic('unknown', secret) }],
      [{ client_id: 'unknown', client_secret: secret }, {}],
      [{ client_id: 'basic-job' }, {}],
      [{ client_id: 'key-job', client_secret: secret }, {}],
    ];
    for (const [fields, headers] of attempts) {
      const { status, body } = await postForm(url, { ...request, ...fields }, headers);
      assert.deepEqual([status, body.error], [401, 'invalid_client'], JSON.stringify(fields));
      assert.equal(body.access_token, undefined);
    }
    const wrongWay = await postForm(url, request, { authorization: basic('basic-job', 'x') });
    assert.match(wrongWay.headers.get('www-authenticate') ?? '', /^Basic realm="[^"]+"/);
  });

  test('Malformed or doubled client authentication is refused as an invalid request', async () => {
    const url = `${server().issuer}/token`;
    const authorization = basic('basic-job', secret);
    const attempts: [Record<string, string>, Record<string, string>][] = [
      [{}, {}],
      [{ client_id: 'basic-job', client_secret: secret }, { authorization }],
      [{ client_id: 'post-job' }, { authorization }],
      [{}, { authorization: 'Basic !!!' }],
      [{}, { authorization: 'Basic' }],
      [{}, { authorization: `Basic ${Buffer.from('no colon').toString('base64')}` }],
      [{}, { authorization: `Basic ${Buffer.from('a:%zz').toString('base64')}` }],
      [{}, { authorization: 'Bearer token' }],
      [{ client_assertion: 'x' }, {}],
      [{ client_assertion: 'a.b.c', client_assertion_type: 'x' }, {}],
    ];
    for (const [fields, headers] of attempts) {
      const { status, body } = await postForm(url, { ...request, ...fields }, headers);
      const label = JSON.stringify([fields, headers]);
      assert.deepEqual([status, body.error], [400, 'invalid_request'], label);
    }
  });

  test('A grant type that the client or the server lacks is refused', async () => {
    const url = `${server().issuer}/token`;
    const expect = async (
      error: string,
      fields: Record<string, string>,
      clientId = 'basic-job',
    ) => {
      const headers = { authorization: basic(clientId, secret) };
      const { status, body } = await postForm(url, fields, headers);
      assert.deepEqual([status, body.error], [400, error], JSON.stringify(fields));
    };
    await expect('invalid_request', {});
    await expect('unsupported_grant_type', {
      grant_type: 'password',
      username: 'a',
      password: 'b',
    });
    await expect('unsupported_grant_type', { grant_type: 'implicit' });
    await expect('unsupported_grant_type', { grant_type: '__proto__' });
    await expect('unauthorized_client', { grant_type: 'refresh_token', refresh_token: 'x' });
    await expect('unauthorized_client', request, 'orders-api');
    const open = await postForm(url, { ...request, client_id: 'app' });
    assert.deepEqual([open.status, open.body.error], [400, 'unauthorized_client']);
  });

  test('An error is JSON, whatever the Accept header says', async () => {
    for (const path of [
      'token',
      'introspect',
      'revoke',
      'par',
      'device_authorization',
      'userinfo',
    ]) {
      for (const accept of ['text/html, image/gif, */*; q=.2', 'text/html', 'image/png']) {
        const { status, headers, body } = await postForm(
          `${server().issuer}/${path}`,
          { client_id: 'unknown', token: 'x', access_token: 'x' },
          { accept },
        );
        assert.ok(status === 400 || status === 401, `${path} ${status}`);
        assert.match(headers.get('content-type') ?? '', /^application\/json/, `${path} ${accept}`);
        assert.ok(body.error);
      }
    }
  });

  test('The token endpoint accepts only a form sent by POST', async () => {
    const url = `${server().issuer}/token`;
    const authorization = basic('basic-job', secret);
    const send = async (init: RequestInit) => {
      const response = await fetch(url, { ...init, headers: { authorization, ...init.headers } });
      const body = (await response.json()) as { error: string };
      return [response.status, body.error];
    };
    assert.deepEqual(await send({ method: 'GET' }), [405, 'invalid_request']);
    const json = { 'content-type': 'application/json' };
    const body = JSON.stringify(request);
    assert.deepEqual(await send({ method: 'POST', headers: json, body }), [400, 'invalid_request']);
    const plain = { 'content-type': 'text/plain' };
    assert.deepEqual(await send({ method: 'POST', headers: plain, body: 'x' }), [
      400,
      'invalid_request',
    ]);
  });
});

function pairs(fields: Record<string, string> | [string, string][]): [string, string][] {
  return Array.isArray(fields) ? fields : Object.entries(fields);
}
