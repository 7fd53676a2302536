/** Authorization requests: how they may be sent, and what is refused where. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as openid from 'openid-client';
import { walkToClient } from '../../../harness/sign_in.ts';
import { createUserAgent } from '../../../harness/user_agent.ts';
import { eachServer, requestAuthorization } from '../../support/flows.ts';
import { callbackUri } from '../../support/relying_party.ts';
import { declaration } from './configuration.ts';

const request = {
  client_id: 'app',
  response_type: 'code',
  scope: 'openid',
  redirect_uri: callbackUri,
  state: 'xyz',
  code_challenge: await openid.calculatePKCECodeChallenge(openid.randomPKCECodeVerifier()),
  code_challenge_method: 'S256',
};
type Changes = Record<string, string | undefined>;

function changed(changes: Changes): Record<string, string> {
  const entries = Object.entries({ ...request, ...changes });
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

await eachServer({ declaration }, (server) => {
  const send = (changes: Changes) => requestAuthorization(server().issuer, changed(changes));

  test('An authorization request by POST behaves as by GET in the same browser', async () => {
    const { issuer } = server();
    const agent = createUserAgent();
    await walkToClient(agent, `${issuer}/authorize?${new URLSearchParams(request)}`, callbackUri);
    const posted = await fetch(`${issuer}/authorize`, {
      method: 'POST',
      body: new URLSearchParams(changed({ state: 'of the post', prompt: 'none' })),
      redirect: 'manual',
    });
    assert.equal(posted.status, 303);
    const location = new URL(posted.headers.get('location') ?? '', issuer);
    assert.equal(location.origin, issuer);
    const callback = await walkToClient(agent, location, callbackUri);
    assert.equal(callback.searchParams.get('state'), 'of the post');
    assert.ok(callback.searchParams.get('code'));
  });

  test('A POST with a wrong content type or longer than a URL is refused without a redirect', async () => {
    const url = `${server().issuer}/authorize`;
    const json = await fetch(url, {
      method: 'POST',
      body: JSON.stringify(request),
      headers: { 'content-type': 'application/json', accept: 'text/html' },
      redirect: 'manual',
    });
    assert.equal(json.status, 415);
    const long = await fetch(url, {
      method: 'POST',
      body: new URLSearchParams(changed({ state: 'x'.repeat(8000) })),
      redirect: 'manual',
    });
    assert.equal(long.status, 400);
    assert.equal(long.headers.get('location'), null);
  });

  describe('Authorization errors on a page', () => {
    const uris = [
      undefined,
      '',
      `${callbackUri}/`,
      `${callbackUri}?x=1`,
      `${callbackUri}#`,
      `${callbackUri}/../callback`,
      'https://app.example/Callback',
      'https://app.example:443/callback',
      'https://app.example',
      'https://app.example.evil.example/callback',
      'https://app.example@evil.example/callback',
      'https://evil.example/callback',
      'https://app.example/other',
      'https://app.example/other?fixed=1&more=2',
      'https://app.example/call%62ack',
      'http://app.example/callback',
      '//app.example/callback',
      'javascript:alert(1)',
      `${callbackUri} `,
      `${callbackUri}\n`,
    ];
    test('A redirect URI is compared exactly', async () => {
      for (const uri of uris) {
        const { status, location, html } = await send({ redirect_uri: uri });
        assert.equal(status, 400, uri);
        assert.equal(location, undefined, uri);
        assert.match(html, /<html/);
      }
    });

    test('An unknown client is reported to the user on a page', async () => {
      for (const id of [
        undefined,
        '',
        'unknown',
        'a'.repeat(5000),
        '__proto__',
        '\u0000',
        'app ',
      ]) {
        const { status, location } = await send({ client_id: id });
        assert.deepEqual([status, location], [400, undefined], id);
      }
    });

    test('A duplicate parameter is refused on a page', async () => {
      for (const name of ['client_id', 'redirect_uri']) {
        const pairs = [...Object.entries(request), [name, 'other']] as [string, string][];
        const { status, location } = await requestAuthorization(server().issuer, pairs);
        assert.deepEqual([status, location], [400, undefined], name);
      }
    });
  });

  test('Every registered redirect URI gets responses with its own query kept', async () => {
    const uri = 'https://app.example/other?fixed=1';
    const { location } = await send({ redirect_uri: uri, prompt: 'none' });
    assert.equal(location?.searchParams.get('fixed'), '1');
    assert.equal(location?.searchParams.get('error'), 'login_required');
  });

  test('A native app may use any loopback port and may change nothing else in the URI', async () => {
    const native = (uri: string) =>
      send({ client_id: 'native-app', redirect_uri: uri, prompt: 'none' });
    const accepted = [
      'http://127.0.0.1/callback',
      'http://127.0.0.1:1/callback',
      'http://127.0.0.1:51004/callback',
      'http://[::1]:51004/callback',
      'com.example.app:/callback',
    ];
    for (const uri of accepted) {
      const { location } = await native(uri);
      assert.ok(location?.href.startsWith(uri), `${uri} ${location}`);
      assert.equal(location?.searchParams.get('error'), 'login_required');
    }
    const refused = [
      'http://127.0.0.1:51004/other',
      'http://127.0.0.1:51004/callback?x=1',
      'http://127.0.0.2:51004/callback',
      'http://localhost:51004/callback',
      'http://127.0.0.1:51004@evil.example/callback',
      'http://user@127.0.0.1:51004/callback',
      'http://127.0.0.1:99999/callback',
      'http://127.0.0.1.evil.example:51004/callback',
      'https://127.0.0.1:51004/callback',
      'com.example.app:/callback2',
      'com.example.app://callback',
    ];
    for (const uri of refused) {
      const { status, location } = await native(uri);
      assert.deepEqual([status, location], [400, undefined], uri);
    }
    const web = {
      client_id: 'web-app-on-loopback',
      redirect_uri: 'http://127.0.0.1:8081/callback',
    };
    assert.equal((await send(web)).status, 400);
  });

  test('An invalid request is reported to the client with state and iss', async () => {
    const mistakes: [string, Changes][] = [
      ['unsupported_response_type', { response_type: 'token' }],
      ['unsupported_response_type', { response_type: 'id_token', nonce: 'n' }],
      ['unsupported_response_type', { response_type: 'code id_token', nonce: 'n' }],
      ['unsupported_response_type', { response_type: 'none' }],
      ['unsupported_response_type', { response_type: 'cöde' }],
      ['invalid_request', { response_type: undefined }],
      ['unsupported_response_mode', { response_mode: 'carrier-pigeon' }],
      ['invalid_request', { prompt: 'none login' }],
      ['invalid_request', { prompt: 'cheerfully' }],
      ['invalid_request', { max_age: '-1' }],
      ['invalid_request', { max_age: 'yesterday' }],
      ['invalid_request', { max_age: '1e400' }],
      ['invalid_request', { claims: '{' }],
      ['invalid_request', { claims: '[]' }],
      ['invalid_request', { claims: '{"id_token": 5}' }],
      ['invalid_request', { id_token_hint: 'no.jwt.atall' }],
      ['invalid_scope', { client_id: 'old-app', scope: 'profile' }],
      ['invalid_scope', { scope: 'openid\u0001' }],
      ['invalid_request', { acr_values: 'a', scope: 'profile' }],
      ['invalid_target', { resource: 'https://unknown.example' }],
      ['invalid_target', { resource: 'no-uri' }],
      ['invalid_request_object', { request: 'a.b.c' }],
      ['request_uri_not_supported', { request_uri: 'https://app.example/request' }],
      ['registration_not_supported', { registration: '{}' }],
    ];
    for (const [error, changes] of mistakes) {
      const { status, location } = await send(changes);
      // Answers to response types with tokens go to the fragment.
      const told = Object.fromEntries(
        new URLSearchParams(location?.search || location?.hash.slice(1)),
      );
      const label = `${JSON.stringify(changes)} ${status} ${location}`;
      assert.ok(location?.href.startsWith(`${callbackUri}`), label);
      assert.equal(status, 303, label);
      assert.equal(told.error, error, label);
      assert.equal(told.state, 'xyz', label);
      assert.equal(told.iss, server().issuer, label);
      assert.equal(told.code, undefined);
    }
  });

  test('An undefined scope is not granted', async () => {
    const callback = await walkToClient(
      createUserAgent(),
      `${server().issuer}/authorize?${new URLSearchParams(changed({ scope: 'openid unheard:of' }))}`,
      callbackUri,
    );
    assert.ok(callback.searchParams.get('code'));
  });

  test('A refused request sets no session cookie', async () => {
    const agent = createUserAgent();
    const refused = changed({ client_id: 'unknown' });
    await agent.open(`${server().issuer}/authorize?${new URLSearchParams(refused)}`);
    assert.deepEqual(agent.cookies(), []);
  });
});
