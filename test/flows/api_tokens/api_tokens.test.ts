/** Tokens that a person's app gets for APIs: resource indicators (RFC 8707), RFC 9068, userinfo besides. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import * as openid from 'openid-client';
import { walkToClient } from '../../../harness/sign_in.ts';
import { createUserAgent } from '../../../harness/user_agent.ts';
import { eachServer, postForm, requestAuthorization } from '../../support/flows.ts';
import { callbackUri, createRelyingParty } from '../../support/relying_party.ts';
import { declaration, orders, stock, stockUri, twoApisUri } from './configuration.ts';

await eachServer({ declaration }, (server) => {
  const relyingParty = (clientId: string, redirectUri: string) =>
    createRelyingParty({ issuer: server().issuer, clientId, redirectUri });
  const ordersApp = () => relyingParty('orders-app', callbackUri);
  const twoApisApp = () => relyingParty('two-apis-app', twoApisUri);

  test('A client with a single API need not name it, and its JWT also opens userinfo with openid', async () => {
    const app = await ordersApp();
    const { issuer } = server();
    const { tokens } = await app.signIn({ parameters: { scope: 'openid email orders:read' } });
    const keys = createRemoteJWKSet(new URL(app.config.serverMetadata().jwks_uri ?? ''));
    const { payload } = await jwtVerify(tokens.access_token, keys, {
      issuer,
      audience: orders,
      typ: 'at+jwt',
    });
    assert.deepEqual(payload.aud, [orders, `${issuer}/userinfo`]);
    assert.equal(payload.sub, tokens.claims()?.sub);
    assert.equal(payload.client_id, 'orders-app');
    assert.equal(payload.scope, 'openid email orders:read');
    const told = await openid.fetchUserInfo(app.config, tokens.access_token, String(payload.sub));
    assert.equal(told.email, 'alice@example.com');
    assert.equal(told.name, undefined);
  });

  test('A JWT without openid is for the API alone and does not open userinfo', async () => {
    const app = await ordersApp();
    const { tokens } = await app.signIn({ parameters: { scope: 'orders:read' } });
    assert.equal(tokens.id_token, undefined);
    assert.equal(decodeJwt(tokens.access_token).aud, orders);
    const response = await fetch(`${server().issuer}/userinfo`, {
      headers: { authorization: `Bearer ${tokens.access_token}` },
    });
    assert.equal(response.status, 403);
    assert.match(response.headers.get('www-authenticate') ?? '', /error="insufficient_scope"/);
  });

  test('An opaque token for an API also opens userinfo', async () => {
    const app = await relyingParty('stock-app', stockUri);
    const { tokens } = await app.signIn({ parameters: { scope: 'openid email stock:read' } });
    assert.match(tokens.access_token, /^[\w-]{43,}$/);
    assert.equal(tokens.expires_in, 120);
    const subject = tokens.claims()?.sub ?? '';
    const told = await openid.fetchUserInfo(app.config, tokens.access_token, subject);
    assert.equal(told.email, 'alice@example.com');
  });

  test('A token without an API is opaque and for userinfo', async () => {
    const app = await twoApisApp();
    const { tokens } = await app.signIn({ parameters: { scope: 'openid email' } });
    assert.match(tokens.access_token, /^[\w-]{43,}$/);
    assert.ok(await openid.fetchUserInfo(app.config, tokens.access_token, openid.skipSubjectCheck));
  });

  test('A client of several APIs must name one when it requests a scope of an API', async () => {
    const request = {
      client_id: 'two-apis-app',
      response_type: 'code',
      redirect_uri: twoApisUri,
      scope: 'openid orders:read',
      code_challenge: 'x'.repeat(43),
      code_challenge_method: 'S256',
    };
    const { location } = await requestAuthorization(server().issuer, request);
    assert.equal(location?.searchParams.get('error'), 'invalid_target');
    for (const resource of ['https://unknown.example', `${orders}//`, 'no-uri', `${orders}#x`]) {
      const refused = await requestAuthorization(server().issuer, { ...request, resource });
      assert.equal(refused.location?.searchParams.get('error'), 'invalid_target', resource);
    }
    const foreign = { ...request, client_id: 'stock-app', redirect_uri: stockUri };
    const other = await requestAuthorization(server().issuer, { ...foreign, resource: orders });
    assert.equal(other.location?.searchParams.get('error'), 'invalid_target');
  });

  test('A request for nothing but what the client may not have is refused', async () => {
    const { location } = await requestAuthorization(server().issuer, {
      client_id: 'orders-app',
      response_type: 'code',
      redirect_uri: callbackUri,
      scope: 'orders:write',
      code_challenge: 'x'.repeat(43),
      code_challenge_method: 'S256',
    });
    assert.equal(location?.searchParams.get('error'), 'invalid_scope');
  });

  test('Two APIs are granted at once and get a token each, with their own scopes', async () => {
    const app = await twoApisApp();
    const agent = createUserAgent();
    const verifier = openid.randomPKCECodeVerifier();
    const request = new URLSearchParams({
      client_id: 'two-apis-app',
      response_type: 'code',
      redirect_uri: twoApisUri,
      scope: 'openid orders:read stock:read',
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    request.append('resource', orders);
    request.append('resource', stock);
    const url = `${server().issuer}/authorize?${request}`;
    const callback = await walkToClient(agent, url, twoApisUri);
    const unnamed = await postForm(`${server().issuer}/token`, {
      grant_type: 'authorization_code',
      client_id: 'two-apis-app',
      code: callback.searchParams.get('code') ?? '',
      redirect_uri: twoApisUri,
      code_verifier: verifier,
    });
    assert.deepEqual([unnamed.status, unnamed.body.error], [400, 'invalid_target']);
    const first = await openid.authorizationCodeGrant(
      app.config,
      callback,
      { pkceCodeVerifier: verifier },
      { resource: orders },
    );
    assert.deepEqual(decodeJwt(first.access_token).aud, [orders, `${server().issuer}/userinfo`]);
    assert.equal(first.scope, 'openid orders:read');
    const second = await openid.refreshTokenGrant(app.config, first.refresh_token ?? '', {
      resource: stock,
    });
    assert.match(second.access_token, /^[\w-]{43,}$/);
    assert.equal(second.scope, 'openid stock:read');
    const third = await postForm(`${server().issuer}/token`, {
      grant_type: 'refresh_token',
      client_id: 'two-apis-app',
      refresh_token: second.refresh_token ?? '',
      resource: 'https://unknown.example',
    });
    assert.deepEqual([third.status, third.body.error], [400, 'invalid_target']);
    // The mistakes above have spent nothing.
    const fourth = await openid.refreshTokenGrant(app.config, second.refresh_token ?? '', {
      resource: orders,
    });
    assert.equal(fourth.scope, 'openid orders:read');
  });

  test('An API that was not granted cannot be named later', async () => {
    const app = await twoApisApp();
    const { tokens } = await app.signIn({
      parameters: { scope: 'openid orders:read', resource: orders },
    });
    const { status, body } = await postForm(`${server().issuer}/token`, {
      grant_type: 'refresh_token',
      client_id: 'two-apis-app',
      refresh_token: tokens.refresh_token ?? '',
      resource: stock,
    });
    assert.deepEqual([status, body.error], [400, 'invalid_target']);
  });
});
