/** Pushed authorization requests (RFC 9126). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as openid from 'openid-client';
import { walkToClient } from '../../../harness/sign_in.ts';
import { createUserAgent } from '../../../harness/user_agent.ts';
import { basic, eachServer, postForm, requestAuthorization } from '../../support/flows.ts';
import { callbackUri, createRelyingParty } from '../../support/relying_party.ts';
import type { TestServer } from '../../support/server.ts';
import { declaration, otherUri, secret } from './configuration.ts';

const verifier = openid.randomPKCECodeVerifier();
const request = {
  response_type: 'code',
  scope: 'openid',
  redirect_uri: callbackUri,
  state: 'pushed',
  code_challenge: await openid.calculatePKCECodeChallenge(verifier),
  code_challenge_method: 'S256',
};

const push = (
  { issuer }: TestServer,
  fields: Record<string, string> = {},
  headers: Record<string, string> = { authorization: basic('par-app', secret) },
) => postForm(`${issuer}/par`, { ...request, client_id: 'par-app', ...fields }, headers);

const refer = ({ issuer }: TestServer, requestUri: unknown, clientId = 'par-app', more = {}) =>
  `${issuer}/authorize?${new URLSearchParams({ client_id: clientId, request_uri: String(requestUri), ...more })}`;

await eachServer({ declaration }, (server) => {
  test('openid-client pushes its request and signs a user in', async () => {
    const app = await createRelyingParty({
      issuer: server().issuer,
      clientId: 'par-app',
      authentication: openid.ClientSecretBasic(secret),
    });
    const parameters = { redirect_uri: callbackUri, scope: 'openid email', state: 'pushed' };
    const code_challenge = request.code_challenge;
    const url = await openid.buildAuthorizationUrlWithPAR(app.config, {
      ...parameters,
      code_challenge,
      code_challenge_method: 'S256',
    });
    assert.deepEqual([...url.searchParams.keys()].sort(), ['client_id', 'request_uri']);
    const callback = await walkToClient(createUserAgent(), url, callbackUri);
    const tokens = await openid.authorizationCodeGrant(app.config, callback, {
      expectedState: 'pushed',
      pkceCodeVerifier: verifier,
    });
    assert.ok(tokens.id_token);
  });

  test('A request_uri is short-lived and unguessable', async () => {
    const { status, body, headers } = await push(server());
    assert.equal(status, 201);
    assert.equal(headers.get('cache-control'), 'no-store');
    assert.ok(Number(body.expires_in) <= 60);
    assert.match(String(body.request_uri), /^urn:ietf:params:oauth:request_uri:[\w-]{43,}$/);
  });

  test('A request_uri leads to one code', async () => {
    const { body } = await push(server());
    const agent = createUserAgent();
    const url = refer(server(), body.request_uri);
    const callback = await walkToClient(agent, url, callbackUri);
    assert.ok(callback.searchParams.get('code'));
    const again = await agent.open(url, { stopAt: callbackUri });
    assert.equal(again.status, 400);
    const both = await push(server());
    const second = refer(server(), both.body.request_uri);
    const answers = await Promise.all(
      [1, 2, 3, 4, 5].map(() => agent.open(second, { stopAt: callbackUri })),
    );
    const codes = answers.filter(({ url }) => new URL(url).searchParams.get('code'));
    assert.equal(codes.length, 1);
  });

  test('The pushed parameters apply, whatever the URL says', async () => {
    const { body } = await push(server());
    const more = {
      redirect_uri: 'https://evil.example/',
      scope: 'openid email',
      state: 'of the URL',
      response_mode: 'fragment',
    };
    const url = refer(server(), body.request_uri, 'par-app', more);
    const callback = await walkToClient(createUserAgent(), url, callbackUri);
    assert.equal(callback.searchParams.get('state'), 'pushed');
    assert.ok(callback.searchParams.get('code'));
  });

  test('A request_uri works for its own client only', async () => {
    const { body } = await push(server());
    const stolen = await requestAuthorization(server().issuer, {
      client_id: 'app',
      request_uri: String(body.request_uri),
    });
    assert.equal(stolen.location?.searchParams.get('code') ?? null, null);
    assert.ok(stolen.status === 400 || stolen.location?.searchParams.get('error'));
    const callback = await walkToClient(
      createUserAgent(),
      refer(server(), body.request_uri),
      callbackUri,
    );
    assert.ok(callback.searchParams.get('code'));
  });

  test('A client that must push cannot send a plain request', async () => {
    const { location } = await requestAuthorization(server().issuer, {
      ...request,
      client_id: 'par-app',
    });
    assert.equal(location?.searchParams.get('error'), 'invalid_request');
    assert.equal(location?.searchParams.get('iss'), server().issuer);
  });

  test('An unknown request_uri is refused', async () => {
    for (const value of [
      'urn:ietf:params:oauth:request_uri:x',
      `urn:ietf:params:oauth:request_uri:${'a'.repeat(43)}`,
      'urn:ietf:params:oauth:request_uri:#',
      'urn:ietf:params:oauth:request_uri:#'.concat('a'.repeat(43)),
      'https://app.example/request.jwt',
      'http://127.0.0.1:9/',
      'x',
    ]) {
      const { status, location } = await requestAuthorization(server().issuer, {
        client_id: 'par-app',
        request_uri: value,
      });
      assert.deepEqual([status, location], [400, undefined], value);
    }
  });

  test('Pushing requires client authentication, and mistakes are reported at once', async () => {
    const attempts: [number, string, Record<string, string>, Record<string, string>?][] = [
      [401, 'invalid_client', {}, { authorization: basic('par-app', 'wrong') }],
      [401, 'invalid_client', {}, {}],
      [400, 'invalid_request', { client_id: '' }, {}],
      [400, 'invalid_request', { client_id: '' }],
      [400, 'invalid_request', { redirect_uri: 'https://evil.example/' }],
      [400, 'invalid_request', { redirect_uri: '' }],
      [400, 'invalid_request', { code_challenge_method: 'plain' }],
      [400, 'invalid_request', { code_challenge: '' }],
      [400, 'unsupported_response_type', { response_type: 'token' }],
      [400, 'invalid_scope', { scope: 'profile' }],
      [400, 'invalid_target', { resource: 'https://unknown.example' }],
      [400, 'invalid_request', { prompt: 'none login' }],
      [400, 'invalid_request', { client_id: 'app' }],
      [400, 'request_uri_not_supported', { request_uri: 'urn:ietf:params:oauth:request_uri:x' }],
      [400, 'invalid_request_object', { request: 'a.b.c' }],
    ];
    for (const [status, error, fields, headers] of attempts) {
      const answer = await push(server(), fields, headers);
      const label = JSON.stringify(fields);
      assert.deepEqual([answer.status, answer.body.error], [status, error], label);
      assert.equal(answer.body.request_uri, undefined);
    }
  });

  test('A public client may push requests', async () => {
    const fields = { client_id: 'public-app', redirect_uri: otherUri };
    const { status, body } = await push(server(), fields, {});
    assert.equal(status, 201);
    const url = refer(server(), body.request_uri, 'public-app');
    const callback = await walkToClient(createUserAgent(), url, otherUri);
    assert.ok(callback.searchParams.get('code'));
  });
});
