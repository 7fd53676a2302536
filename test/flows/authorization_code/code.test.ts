/** The authorization code grant (RFC 6749 section 4.1) with PKCE (RFC 7636), from the client's side. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as openid from 'openid-client';
import { walkToClient } from '../../../harness/sign_in.ts';
import { createUserAgent } from '../../../harness/user_agent.ts';
import { basic, eachServer, postForm, requestAuthorization } from '../../support/flows.ts';
import { callbackUri, createRelyingParty } from '../../support/relying_party.ts';
import type { TestServer } from '../../support/server.ts';
import { declaration, secret } from './configuration.ts';

const verifier = openid.randomPKCECodeVerifier();
const challenge = await openid.calculatePKCECodeChallenge(verifier);
const redemption = {
  grant_type: 'authorization_code',
  client_id: 'app',
  redirect_uri: callbackUri,
  code_verifier: verifier,
};

async function obtainCode(
  { issuer }: TestServer,
  parameters: Record<string, string> = {},
): Promise<string> {
  const request = new URLSearchParams({
    client_id: 'app',
    response_type: 'code',
    scope: 'openid',
    redirect_uri: callbackUri,
    code_challenge: challenge,
    code_challenge_method: 'S256',
    ...parameters,
  });
  const callback = await walkToClient(
    createUserAgent(),
    `${issuer}/authorize?${request}`,
    callbackUri,
  );
  return callback.searchParams.get('code') ?? '';
}

const redeem = ({ issuer }: TestServer, fields: Record<string, string>, headers = {}) =>
  postForm(`${issuer}/token`, { ...redemption, ...fields }, headers);

await eachServer({ declaration }, (server) => {
  test('A public client with PKCE gets an ID token that says who signed in, and how', async () => {
    const { issuer } = server();
    const app = await createRelyingParty({ issuer, clientId: 'app' });
    const { tokens, callback } = await app.signIn({ maxAge: 300 });
    assert.equal(callback.searchParams.get('iss'), issuer);
    const claims = tokens.claims();
    assert.equal(claims?.iss, issuer);
    assert.equal(claims?.aud, 'app');
    assert.equal(claims?.acr, 'urn:cardea:acr:password');
    assert.deepEqual(claims?.amr, ['pwd']);
    assert.equal(tokens.scope, 'openid');
    assert.ok(tokens.refresh_token);
  });

  test('The token response must not be stored by caches', async () => {
    const code = await obtainCode(server());
    const { status, headers } = await redeem(server(), { code });
    assert.equal(status, 200);
    assert.equal(headers.get('cache-control'), 'no-store');
  });

  test('A wrong or missing code verifier redeems nothing, and the right one still works afterwards', async () => {
    const code = await obtainCode(server());
    const wrong = await redeem(server(), { code, code_verifier: openid.randomPKCECodeVerifier() });
    assert.deepEqual([wrong.status, wrong.body.error], [400, 'invalid_grant']);
    const malformed = await redeem(server(), { code, code_verifier: 'short' });
    assert.deepEqual([malformed.status, malformed.body.error], [400, 'invalid_request']);
    const { code_verifier: _, ...withoutVerifier } = redemption;
    const missing = await postForm(`${server().issuer}/token`, { ...withoutVerifier, code });
    assert.deepEqual([missing.status, missing.body.error], [400, 'invalid_grant']);
    assert.equal((await redeem(server(), { code })).status, 200);
  });

  test('An authorization code works only for its client and redirect URI', async () => {
    const code = await obtainCode(server());
    const { client_id: _, ...rest } = redemption;
    const stolen = await postForm(
      `${server().issuer}/token`,
      { ...rest, code },
      { authorization: basic('old-app', secret) },
    );
    assert.deepEqual([stolen.status, stolen.body.error], [400, 'invalid_grant']);
    const elsewhere = await redeem(server(), { code, redirect_uri: `${callbackUri}/x` });
    assert.deepEqual([elsewhere.status, elsewhere.body.error], [400, 'invalid_grant']);
    const { redirect_uri: _uri, ...withoutUri } = redemption;
    const missing = await postForm(`${server().issuer}/token`, { ...withoutUri, code });
    assert.deepEqual([missing.status, missing.body.error], [400, 'invalid_request']);
    assert.equal((await redeem(server(), { code })).status, 200);
  });

  test('A code that is redeemed twice revokes the tokens it gave', async () => {
    const code = await obtainCode(server());
    const first = await redeem(server(), { code });
    const second = await redeem(server(), { code });
    assert.deepEqual([second.status, second.body.error], [400, 'invalid_grant']);
    const userinfo = await fetch(`${server().issuer}/userinfo`, {
      headers: { authorization: `Bearer ${first.body.access_token}` },
    });
    assert.equal(userinfo.status, 401);
    const refresh = await postForm(`${server().issuer}/token`, {
      grant_type: 'refresh_token',
      client_id: 'app',
      refresh_token: String(first.body.refresh_token),
    });
    assert.deepEqual([refresh.status, refresh.body.error], [400, 'invalid_grant']);
  });

  test('An invalid code, or two codes, cannot be redeemed', async () => {
    const code = await obtainCode(server());
    for (const value of ['x', 'a'.repeat(43), '#', '../../etc', 'ü', `${code}=`, `#${code}`]) {
      const { status, body } = await redeem(server(), { code: value });
      assert.deepEqual([status, body.error], [400, 'invalid_grant'], value);
    }
    const twice = [...Object.entries({ ...redemption, code }), ['code', code]] as [
      string,
      string,
    ][];
    const duplicated = await postForm(`${server().issuer}/token`, twice);
    assert.deepEqual([duplicated.status, duplicated.body.error], [400, 'invalid_request']);
    assert.equal((await redeem(server(), { code })).status, 200);
  });

  test('An exempt confidential client does without PKCE and authenticates itself', async () => {
    const { issuer } = server();
    const authentication = openid.ClientSecretBasic(secret);
    const app = await createRelyingParty({ issuer, clientId: 'old-app', authentication });
    const request = openid.buildAuthorizationUrl(app.config, {
      redirect_uri: callbackUri,
      scope: 'openid',
    });
    const callback = await walkToClient(createUserAgent(), request, callbackUri);
    const code = callback.searchParams.get('code') ?? '';
    const fields = { grant_type: 'authorization_code', code, redirect_uri: callbackUri };
    const wrong = await postForm(`${issuer}/token`, fields, {
      authorization: basic('old-app', `${secret}x`),
    });
    assert.deepEqual([wrong.status, wrong.body.error], [401, 'invalid_client']);
    assert.match(wrong.headers.get('www-authenticate') ?? '', /^Basic realm=/);
    const unproved = await postForm(`${issuer}/token`, { ...fields, client_id: 'old-app' });
    assert.deepEqual([unproved.status, unproved.body.error], [401, 'invalid_client']);
    const tokens = await openid.authorizationCodeGrant(app.config, callback);
    assert.ok(tokens.id_token);
  });

  test('A code verifier is refused when there was no challenge (RFC 9700 section 2.1.1)', async () => {
    const callback = await walkToClient(
      createUserAgent(),
      `${server().issuer}/authorize?${new URLSearchParams({
        client_id: 'old-app',
        response_type: 'code',
        scope: 'openid',
        redirect_uri: callbackUri,
      })}`,
      callbackUri,
    );
    const { client_id: _, ...rest } = redemption;
    const { status, body } = await postForm(
      `${server().issuer}/token`,
      { ...rest, code: callback.searchParams.get('code') ?? '' },
      { authorization: basic('old-app', secret) },
    );
    assert.deepEqual([status, body.error], [400, 'invalid_grant']);
  });

  test('PKCE with S256 is required of every client that is not exempt', async () => {
    const request = {
      client_id: 'app',
      response_type: 'code',
      scope: 'openid',
      redirect_uri: callbackUri,
      state: 'my state',
    };
    const attempts: Record<string, string>[] = [
      {},
      { code_challenge: challenge },
      { code_challenge: challenge, code_challenge_method: 'plain' },
      { code_challenge: 'short', code_challenge_method: 'S256' },
      { code_challenge_method: 'S256' },
      { client_id: 'old-app', code_challenge: challenge, code_challenge_method: 'plain' },
    ];
    for (const attempt of attempts) {
      const { location } = await requestAuthorization(server().issuer, { ...request, ...attempt });
      assert.equal(location?.searchParams.get('error'), 'invalid_request', JSON.stringify(attempt));
      assert.equal(location?.searchParams.get('state'), 'my state');
      assert.equal(location?.searchParams.get('iss'), server().issuer);
      assert.ok(location?.href.startsWith(`${callbackUri}?`));
    }
  });
});
