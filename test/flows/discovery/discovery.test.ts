/** Discovery (OpenID Connect Discovery 4, RFC 8414), the JWKS, and issuers with a path. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { createUserAgent } from '../../../harness/user_agent.ts';
import { sqliteServer } from '../../support/flows.ts';
import { createRelyingParty } from '../../support/relying_party.ts';
import { appUri, declaration } from './configuration.ts';

const openidName = '/.well-known/openid-configuration';
const oauthName = '/.well-known/oauth-authorization-server';
const jwksName = '/.well-known/jwks.json';
const insecure = { [oauth.allowInsecureRequests]: true };

async function document(url: string, init: RequestInit = {}) {
  const response = await fetch(url, init);
  const text = await response.text();
  return { status: response.status, headers: response.headers, text };
}

sqliteServer({ declaration }, (server) => {
  test('Both well-known addresses serve the same metadata, and clients accept it', async () => {
    const { issuer } = server();
    const first = await document(`${issuer}${openidName}`, { method: 'HEAD' });
    assert.equal(first.status, 200);
    const one = await document(`${issuer}${openidName}`);
    const other = await document(`${issuer}${oauthName}`);
    assert.equal(one.text, other.text);
    for (const algorithm of ['oidc', 'oauth2'] as const) {
      const url = new URL(issuer);
      const response = await oauth.discoveryRequest(url, { algorithm, ...insecure });
      const metadata = await oauth.processDiscoveryResponse(url, response);
      assert.equal(metadata.issuer, issuer);
    }
  });

  test('The log records which well-known address was requested, each time', async () => {
    const { issuer, logged } = server();
    const asked = { [openidName]: 'discovery', [oauthName]: 'discovery', [jwksName]: 'jwks' };
    for (const [path, route] of Object.entries(asked)) {
      const { headers } = await document(`${issuer}${path}`);
      const id = headers.get('x-request-id') ?? assert.fail();
      const lineOf = () =>
        logged()
          .split('\n')
          .find((line) => line.includes(id));
      // It is written when the answer has been sent.
      while (!lineOf()) await sleep(10);
      assert.equal(JSON.parse(lineOf() ?? '').route, route, path);
    }
  });

  test('Discovery lists exactly the features that are available', async () => {
    const { issuer } = server();
    const metadata = JSON.parse((await document(`${issuer}${openidName}`)).text);
    const paths = {
      authorization_endpoint: '/authorize',
      device_authorization_endpoint: '/device_authorization',
      end_session_endpoint: '/logout',
      introspection_endpoint: '/introspect',
      jwks_uri: '/.well-known/jwks.json',
      pushed_authorization_request_endpoint: '/par',
      revocation_endpoint: '/revoke',
      token_endpoint: '/token',
      userinfo_endpoint: '/userinfo',
    };
    for (const [name, path] of Object.entries(paths)) {
      assert.equal(metadata[name], `${issuer}${path}`, name);
    }
    assert.deepEqual(metadata.response_types_supported, ['code']);
    assert.deepEqual(metadata.code_challenge_methods_supported, ['S256']);
    assert.deepEqual([...metadata.grant_types_supported].sort(), [
      'authorization_code',
      'client_credentials',
      'refresh_token',
      'urn:ietf:params:oauth:grant-type:device_code',
      'urn:ietf:params:oauth:grant-type:token-exchange',
    ]);
    assert.deepEqual([...metadata.token_endpoint_auth_methods_supported].sort(), [
      'client_secret_basic',
      'client_secret_post',
      'none',
      'private_key_jwt',
    ]);
    assert.ok(metadata.id_token_signing_alg_values_supported.includes('RS256'));
    assert.equal(metadata.authorization_response_iss_parameter_supported, true);
    assert.equal(metadata.backchannel_logout_supported, true);
    assert.equal(metadata.claims_parameter_supported, true);
    assert.deepEqual(metadata.subject_types_supported, ['public', 'pairwise']);
    assert.deepEqual(metadata.ui_locales_supported, ['en', 'de']);
    const prompts = ['none', 'login', 'consent', 'select_account'];
    assert.deepEqual(metadata.prompt_values_supported, prompts);
    const { prompt_values_supported, ...others } = metadata;
    assert.doesNotMatch(JSON.stringify(others), /"none"(?!.*token_endpoint)|HS256/);
  });

  for (const path of [openidName, oauthName, '/.well-known/jwks.json']) {
    test(`The response of ${path} may be cached and revalidated`, async () => {
      const url = `${server().issuer}${path}`;
      const { headers, text } = await document(url);
      assert.match(headers.get('cache-control') ?? '', /^public, max-age=\d+$/);
      const etag = headers.get('etag') ?? '';
      assert.match(etag, /^"[^"]+"$/);
      // Without the second header, `fetch` would ask for a full answer.
      const asked = (tag: string) => ({ 'if-none-match': tag, 'cache-control': 'max-age=0' });
      const same = await document(url, { headers: asked(etag) });
      assert.deepEqual([same.status, same.text], [304, '']);
      assert.equal(same.headers.get('etag'), etag);
      const other = await document(url, { headers: asked('"other"') });
      assert.deepEqual([other.status, other.text], [200, text]);
      const head = await document(url, { method: 'HEAD' });
      assert.deepEqual([head.status, head.text], [200, '']);
      const wrong = await document(url, { method: 'POST' });
      assert.equal(wrong.status, 405);
      assert.match(wrong.headers.get('allow') ?? '', /GET/);
    });
  }

  test('The JWKS holds public keys only', async () => {
    const { text, headers } = await document(`${server().issuer}/.well-known/jwks.json`);
    assert.match(headers.get('content-type') ?? '', /^application\/jwk-set\+json/);
    const { keys } = JSON.parse(text) as { keys: Record<string, unknown>[] };
    assert.ok(keys.length > 0);
    for (const key of keys) {
      for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']) assert.ok(!(member in key));
      assert.equal(key.use, 'sig');
      assert.ok(key.kid && key.alg);
    }
  });
});

sqliteServer({ declaration, path: '/auth/eu' }, (server) => {
  test('An issuer with a path is discovered by both rules and at no other address', async () => {
    const { issuer, url } = server();
    assert.equal(issuer, `${url}/auth/eu`);
    const metadata = await document(`${issuer}${openidName}`);
    assert.equal(JSON.parse(metadata.text).issuer, issuer);
    const before = await document(`${url}${oauthName}/auth/eu`);
    assert.equal(before.text, metadata.text);
    for (const outside of [openidName, oauthName, '/token', '/auth', '/', '/auth/eux/token']) {
      assert.equal((await document(`${url}${outside}`)).status, 404, outside);
    }
    const config = new URL(issuer);
    const response = await oauth.discoveryRequest(config, { algorithm: 'oauth2', ...insecure });
    assert.equal((await oauth.processDiscoveryResponse(config, response)).issuer, issuer);
  });

  test("Sign-in, tokens, userinfo and sign-out work beneath the issuer's path", async () => {
    const { issuer } = server();
    const app = await createRelyingParty({ issuer, clientId: 'spa', redirectUri: appUri });
    const agent = createUserAgent();
    const { tokens, callback } = await app.signIn({ agent });
    assert.equal(callback.searchParams.get('iss'), issuer);
    const keys = createRemoteJWKSet(new URL(app.config.serverMetadata().jwks_uri ?? ''));
    await jwtVerify(tokens.id_token ?? '', keys, { issuer, audience: 'spa' });
    const subject = tokens.claims()?.sub ?? '';
    await openid.fetchUserInfo(app.config, tokens.access_token, subject);
    await openid.refreshTokenGrant(app.config, tokens.refresh_token ?? '');
    for (const { path, name } of agent.cookies()) assert.ok(path.startsWith('/auth/eu'), name);
    const page = await agent.open(`${issuer}/logout`);
    const done = await agent.submit(page, { action: /\/confirm$/, fields: { logout: 'yes' } });
    assert.equal(done.url, `${issuer}/logout/success`);
    const again = app.signIn({ agent, parameters: { prompt: 'none' } });
    await assert.rejects(again, { error: 'login_required' });
  });

  test("A posted authorization request stays beneath the issuer's path", async () => {
    for (const path of ['/authorize', '/logout']) {
      const response = await fetch(`${server().issuer}${path}`, {
        method: 'POST',
        body: new URLSearchParams({ state: 'x' }),
        redirect: 'manual',
      });
      assert.equal(response.status, 303);
      const location = new URL(response.headers.get('location') ?? '', server().issuer);
      assert.equal(location.pathname, `/auth/eu${path}`);
    }
  });
});
