/**
 * docs/integrations/dotnet.md: there is no .NET to run here, so these are the requests of its OpenID Connect handler,
 * made by hand.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJwt } from 'jose';
import * as openid from 'openid-client';
import { people, walkToClient } from '../../harness/sign_in.ts';
import { createUserAgent } from '../../harness/user_agent.ts';
import { postForm, sqliteServer } from '../support/flows.ts';

const origin = 'https://localhost:5001';
const client = { client_id: 'shop', client_secret: 'a-secret-of-the-shop-of-32-characters' };

const declaration = {
  users: people.map((person) => ({ ...person, roles: ['admin'] })),
  clients: [
    {
      ...client,
      redirect_uris: [`${origin}/signin-oidc`],
      post_logout_redirect_uris: [`${origin}/signout-callback-oidc`],
      frontchannel_logout_uri: `${origin}/signout-oidc`,
      scope: 'openid profile email roles',
    },
  ],
};

const verifier = openid.randomPKCECodeVerifier();

/** As the handler puts it together: form_post by default, its nonce and state, and telemetry. */
const request = {
  client_id: client.client_id,
  redirect_uri: `${origin}/signin-oidc`,
  response_type: 'code',
  scope: 'openid profile roles',
  code_challenge: await openid.calculatePKCECodeChallenge(verifier),
  code_challenge_method: 'S256',
  response_mode: 'form_post',
  nonce: `638990000000000000.${'Zm9yIG9uZSBzaWduLWlu'.repeat(4)}`,
  state: `CfDJ8${'protected-properties_'.repeat(40)}`,
  'x-client-SKU': 'ID_NET9_0',
  'x-client-ver': '8.0.1.0',
};

sqliteServer({ declaration }, (server) => {
  const signIn = async (parameters: Record<string, string>) => {
    const agent = createUserAgent();
    const url = `${server().issuer}/authorize?${new URLSearchParams(parameters)}`;
    const callback = await walkToClient(agent, url, request.redirect_uri);
    assert.equal(callback.searchParams.get('state'), request.state);
    // The secret goes in the form, though the client is registered with the default, HTTP Basic.
    const { status, body } = await postForm(`${server().issuer}/token`, {
      ...client,
      code: callback.searchParams.get('code') ?? '',
      grant_type: 'authorization_code',
      redirect_uri: request.redirect_uri,
      code_verifier: verifier,
    });
    assert.equal(status, 200);
    const claims = decodeJwt(String(body.id_token));
    assert.equal(claims.nonce, request.nonce);
    assert.equal(claims.name, 'Alice Adams');
    assert.deepEqual(claims.roles, ['admin']);
    return { agent, idToken: String(body.id_token) };
  };

  test('The authorization request of ASP.NET Core signs a person in, with form_post and PKCE', async () => {
    await signIn(request);
  });

  test('The authorization request that ASP.NET Core 9 pushes signs a person in', async () => {
    const { status, body } = await postForm(`${server().issuer}/par`, {
      ...request,
      client_secret: client.client_secret,
    });
    assert.equal(status, 201);
    await signIn({ client_id: client.client_id, request_uri: String(body.request_uri) });
  });

  test('The sign-out request of ASP.NET Core asks nothing, tells the app in a frame and leads back to it', async () => {
    const { agent, idToken } = await signIn(request);
    const back = `${origin}/signout-callback-oidc`;
    const query = new URLSearchParams({
      post_logout_redirect_uri: back,
      id_token_hint: idToken,
      state: request.state,
      'x-client-SKU': 'ID_NET9_0',
      'x-client-ver': '8.0.1.0',
    });
    const page = await agent.open(`${server().issuer}/logout?${query}`, { stopAt: back });
    const frame = `${origin}/signout-oidc?iss=${encodeURIComponent(server().issuer)}`;
    assert.ok(page.html.includes(`<iframe src="${frame}&amp;sid=`), page.html);
    assert.equal(page.headers.get('refresh'), `2; url=${back}?state=${request.state}`);
  });
});
