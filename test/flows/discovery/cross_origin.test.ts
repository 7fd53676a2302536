/** Cross-origin requests from browsers: open for what is public, elsewhere for registered origins only. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as openid from 'openid-client';
import { basic, sqliteServer } from '../../support/flows.ts';
import { createRelyingParty } from '../../support/relying_party.ts';
import {
  appOrigin,
  appUri,
  declaration,
  loopbackUri,
  namedOrigins,
  phoneUri,
  secret,
} from './configuration.ts';

const allowed = 'access-control-allow-origin';

sqliteServer({ declaration }, (server) => {
  const send = (path: string, origin: string, init: RequestInit = {}) =>
    fetch(`${server().issuer}${path}`, { ...init, headers: { origin, ...init.headers } });
  const signIn = async () => {
    const { issuer } = server();
    const app = await createRelyingParty({ issuer, clientId: 'spa', redirectUri: appUri });
    return app.signIn();
  };
  const refresh = (token: string, origin: string, clientId = 'spa') =>
    send('/token', origin, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'refresh_token',
        client_id: clientId,
        refresh_token: token,
      }),
    });

  test('Public metadata may be read from any origin', async () => {
    for (const path of [
      '/.well-known/openid-configuration',
      '/.well-known/oauth-authorization-server',
      '/.well-known/jwks.json',
    ]) {
      const response = await send(path, 'https://anywhere.example');
      assert.equal(response.headers.get(allowed), '*', path);
      assert.equal(response.headers.get('access-control-allow-credentials'), null);
    }
  });

  test('A browser app gets tokens and userinfo from its registered origin', async () => {
    const { tokens } = await signIn();
    for (const origin of [appOrigin, new URL(loopbackUri).origin]) {
      const headers = { authorization: `Bearer ${tokens.access_token}` };
      const userinfo = await send('/userinfo', origin, { headers });
      assert.deepEqual([userinfo.status, userinfo.headers.get(allowed)], [200, origin]);
      assert.match(userinfo.headers.get('vary') ?? '', /Origin/i);
      const response = await refresh(tokens.refresh_token ?? '', origin);
      assert.deepEqual([response.status, response.headers.get(allowed)], [200, origin]);
      assert.equal(response.headers.get('access-control-allow-credentials'), null);
    }
  });

  test('A page of the server itself may ask for any client, as the request tester does', async () => {
    for (const [origin, status] of [
      [new URL(server().issuer).origin, 200],
      ['https://evil.example', 400],
    ] as const) {
      const response = await send('/revoke', origin, {
        method: 'POST',
        headers: { authorization: basic('confidential', secret) },
        body: new URLSearchParams({ token: 'unknown' }),
      });
      assert.equal(response.status, status, origin);
    }
  });

  test('A request from any other origin reads nothing and changes nothing', async () => {
    const { tokens } = await signIn();
    for (const origin of [
      'https://evil.example',
      'https://spa.example.evil.example',
      'https://evilspa.example',
      'http://spa.example',
      'https://spa.example:8443',
      'https://SPA.example',
      'null',
      'file://',
    ]) {
      const headers = { authorization: `Bearer ${tokens.access_token}` };
      const userinfo = await send('/userinfo', origin, { headers });
      assert.equal(userinfo.headers.get(allowed), null, origin);
      assert.equal(userinfo.status, 400, origin);
      const response = await refresh(tokens.refresh_token ?? '', origin);
      assert.equal(response.headers.get(allowed), null, origin);
      assert.equal(response.status, 400, origin);
    }
    assert.equal((await refresh(tokens.refresh_token ?? '', appOrigin)).status, 200);
  });

  test("A native app's scheme does not count as an origin", async () => {
    for (const origin of ['null', 'com.example.app:', 'com.example.app://']) {
      const response = await send('/token', origin, {
        method: 'POST',
        body: new URLSearchParams({
          grant_type: 'authorization_code',
          client_id: 'native',
          code: 'x',
        }),
      });
      assert.equal(response.headers.get(allowed), null, origin);
    }
  });

  test('A confidential client is not allowed cross-origin requests', async () => {
    const { issuer } = server();
    const redirectUri = 'https://server.example/callback';
    const app = await createRelyingParty({
      issuer,
      clientId: 'confidential',
      redirectUri,
      authentication: openid.ClientSecretBasic(secret),
    });
    const { tokens } = await app.signIn();
    const headers = { authorization: basic('confidential', secret) };
    const body = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token ?? '' };
    const init = { method: 'POST', headers, body: new URLSearchParams(body) };
    const response = await send('/token', 'https://server.example', init);
    assert.equal(response.headers.get(allowed), null);
  });

  test('An app is answered at each origin that it names, custom schemes included, and at that of its redirect URI', async () => {
    const { issuer } = server();
    const app = await createRelyingParty({ issuer, clientId: 'phone', redirectUri: phoneUri });
    const { tokens } = await app.signIn();
    let token = tokens.refresh_token ?? '';
    for (const origin of [...namedOrigins, new URL(phoneUri).origin]) {
      const headers = { authorization: `Bearer ${tokens.access_token}` };
      const userinfo = await send('/userinfo', origin, { headers });
      assert.deepEqual([userinfo.status, userinfo.headers.get(allowed)], [200, origin]);
      const response = await refresh(token, origin, 'phone');
      assert.deepEqual([response.status, response.headers.get(allowed)], [200, origin]);
      token = ((await response.json()) as { refresh_token: string }).refresh_token;
    }
    for (const origin of [
      'capacitor://localhost.evil.example',
      'capacitor://LOCALHOST',
      'ionic://localhost',
      'https://pages.example',
      'https://evil.pages.example:8443',
    ]) {
      const response = await refresh(token, origin, 'phone');
      assert.deepEqual([response.status, response.headers.get(allowed)], [400, null], origin);
    }
  });

  test('A confidential client is answered at the origins that it names', async () => {
    const ask = (origin: string) =>
      send('/token', origin, {
        method: 'POST',
        headers: { authorization: basic('with-secret', secret) },
        body: new URLSearchParams({ grant_type: 'client_credentials' }),
      });
    const named = await ask('https://panel.example');
    assert.equal(named.headers.get(allowed), 'https://panel.example');
    assert.equal((await ask('https://evil.example')).headers.get(allowed), null);
  });

  test('An endpoint that no browser needs allows no other origin', async () => {
    for (const path of ['/introspect', '/revoke', '/par', '/device_authorization', '/register']) {
      const response = await send(path, 'https://evil.example', {
        method: 'POST',
        body: new URLSearchParams({ client_id: 'spa', token: 'x' }),
      });
      assert.equal(response.headers.get(allowed), null, path);
    }
    for (const path of ['/authorize', '/logout', '/device', '/interaction/x']) {
      for (const method of ['GET', 'OPTIONS']) {
        const response = await send(path, appOrigin, { method, redirect: 'manual' });
        assert.equal(response.headers.get(allowed), null, `${method} ${path}`);
      }
    }
  });

  test('An authentication failure reveals its cause to no other origin', async () => {
    const response = await send('/token', 'https://evil.example', { method: 'POST' });
    assert.equal(response.status, 400);
    assert.equal(response.headers.get('access-control-allow-credentials'), null);
  });

  test('A preflight allows what a client needs', async () => {
    for (const [path, methods] of [
      ['/token', 'POST'],
      ['/userinfo', 'GET,POST'],
      ['/revoke', 'POST'],
    ] as const) {
      const response = await send(path, appOrigin, {
        method: 'OPTIONS',
        headers: {
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization,dpop',
        },
      });
      assert.equal(response.status, 204, path);
      assert.equal(response.headers.get(allowed), appOrigin);
      assert.equal(response.headers.get('access-control-allow-methods'), methods);
      assert.equal(response.headers.get('access-control-allow-credentials'), null);
    }
  });
});
