/** Whoever registers without an initial access token gets a public client, and nothing to prove or manage it with. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sqliteServer } from '../support/flows.ts';
import { opened } from './unvouched_clients.ts';

const metadata = { redirect_uris: ['https://agent.example/callback'] };
const generous = {
  ...opened,
  dynamic_registration: {
    ...opened.dynamic_registration,
    ...{ implicit: true, registrations_per_address: '1000/1h' },
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
  },
};

sqliteServer({ declaration: generous }, (server) => {
  const send = async (
    body: object,
    {
      headers = {},
      path = '',
      method = 'POST',
    }: { headers?: Record<string, string>; path?: string; method?: string } = {},
  ) => {
    const response = await fetch(`${server().issuer}/register${path}`, {
      ...{ method, headers: { 'content-type': 'application/json', ...headers } },
      ...(method !== 'GET' && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const answer = (text ? JSON.parse(text) : {}) as Record<string, unknown>;
    return { status: response.status, body: answer };
  };

  test('Credentials of any other form are refused, not passed over', async () => {
    for (const authorization of [
      ...['', ' ', 'Bearer', 'Bearer ', 'Bearer a b', 'bearer abc', 'Basic Zm9vOmJhcg=='],
      ...['DPoP abc', 'Negotiate', ', Bearer abc'],
    ]) {
      const { status } = await send(metadata, { headers: { authorization } });
      assert.ok(status === 400 || status === 401, `${authorization}: ${status}`);
    }
  });

  test('No metadata makes the answer carry a secret, a registration access token, or more power', async () => {
    for (const extra of [
      ...['client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'private_key_jwt'].map(
        (method) => ({ token_endpoint_auth_method: method, jwks_uri: 'https://agent.example/k' }),
      ),
      ...['id_token', 'userinfo', 'introspection', 'authorization'].map((of) => ({
        [`${of}_signed_response_alg`]: 'HS256',
      })),
      { id_token_encrypted_response_alg: 'dir' },
      { request_object_signing_alg: 'HS256' },
      { token_endpoint_auth_methods_supported: ['client_secret_basic'] },
      { token_endpoint_auth_methods_supported: ['private_key_jwt'] },
      { token_endpoint_auth_method: ['private_key_jwt'] },
      { token_endpoint_auth_method: 'none', client_secret: 'x'.repeat(40) },
      { client_id: 'mine', registration_access_token: 'x', registration_client_uri: 'x' },
      { grant_types: ['client_credentials'], response_types: [] },
      { source: 'file', bounds: { grant_types: ['client_credentials'] }, consent: 'skip' },
    ] as object[]) {
      const { status, body } = await send({ ...metadata, ...extra });
      const name = JSON.stringify(extra);
      assert.ok(status === 201 || status === 400, name);
      assert.equal(body.client_secret ?? body.registration_access_token, undefined, name);
      if (status !== 201) continue;
      assert.equal(body.token_endpoint_auth_method, 'none', name);
      assert.ok(!String(body.grant_types).includes('client_credentials'), name);
      assert.notEqual(body.client_id, 'mine');
    }
  });

  test('Nobody manages such a client, with no token or with its id for one', async () => {
    const { body } = await send(metadata);
    const path = `/${body.client_id}`;
    for (const method of ['GET', 'PUT', 'DELETE'])
      for (const authorization of [undefined, `Bearer ${body.client_id}`]) {
        const headers: Record<string, string> = authorization ? { authorization } : {};
        assert.equal((await send({}, { method, path, headers })).status, 401);
      }
  });

  test('A page of another origin registers without the cookies of the person who visits it', async () => {
    const response = await fetch(`${server().issuer}/register`, {
      method: 'OPTIONS',
      headers: {
        ...{ origin: 'https://evil.example', 'access-control-request-method': 'POST' },
        'access-control-request-headers': 'authorization, content-type',
      },
    });
    assert.equal(response.headers.get('access-control-allow-origin'), '*');
    assert.equal(response.headers.get('access-control-allow-credentials'), null);
  });

  test('No client is answered to have what it cannot use', async () => {
    const { status, body } = await send({ ...metadata, response_types: ['id_token token'] });
    assert.ok(status === 400 || !String(body.grant_types).includes('implicit'), String(status));
  });
});
