/**
 * Mix-up (RFC 9207, RFC 9700 section 4.4): a client that talks to several servers can always tell which one
 * an answer comes from, whatever the request or its headers pretended.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose';
import { walkToClient } from '../../harness/sign_in.ts';
import { createUserAgent } from '../../harness/user_agent.ts';
import { requestAuthorization } from '../support/flows.ts';
import { authorizeUrl, parameters } from './authorization.ts';
import { callback, declaration, jobSecret } from './configuration.ts';
import { sqliteTarget } from './target.ts';

const modes = ['query', 'fragment', 'form_post'];
const signedModes = ['query.jwt', 'fragment.jwt', 'form_post.jwt', 'jwt'];

/** The parameters of an answer, wherever its response mode puts them. */
function answerIn(url: URL): URLSearchParams {
  return url.hash ? new URLSearchParams(url.hash.slice(1)) : url.searchParams;
}

sqliteTarget(declaration, (target) => {
  test('Every authorization response with a code names the issuer', async () => {
    const { issuer } = target();
    const agent = createUserAgent();
    for (const response_mode of modes) {
      const url = authorizeUrl(issuer, { response_mode, iss: 'https://evil.example' });
      const answer = answerIn(await walkToClient(agent, url, callback));
      assert.deepEqual(answer.getAll('iss'), [issuer], response_mode);
      assert.ok(answer.get('code'));
    }
  });

  test('Every authorization error names the issuer', async () => {
    const { issuer } = target();
    for (const response_mode of ['query', 'fragment']) {
      const { location } = await requestAuthorization(
        issuer,
        parameters({ response_mode, prompt: 'none', iss: 'https://evil.example' }),
      );
      const answer = answerIn(location as URL);
      assert.equal(answer.get('error'), 'login_required');
      assert.deepEqual(answer.getAll('iss'), [issuer]);
    }
  });

  test("A signed authorization response names issuer and client under the issuer's signature", async () => {
    const { issuer } = target();
    const agent = createUserAgent();
    await walkToClient(agent, authorizeUrl(issuer), callback);
    const jwks = await target().jwks();
    for (const response_mode of signedModes) {
      const url = await walkToClient(agent, authorizeUrl(issuer, { response_mode }), callback);
      const response = answerIn(url).get('response') ?? '';
      const { payload } = await jwtVerify(response, createLocalJWKSet(jwks), {
        issuer,
        audience: 'app',
      });
      assert.ok(payload.code, response_mode);
      assert.equal(answerIn(url).get('code'), null);
    }
  });

  test('Tokens and metadata state exactly the same issuer, whatever host was requested', async () => {
    const { issuer, url } = target();
    const headers = {
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      forwarded: 'host=evil.example;proto=https',
    };
    for (const name of ['openid-configuration', 'oauth-authorization-server']) {
      const metadata = await fetch(`${url}/.well-known/${name}`, { headers });
      const text = await metadata.text();
      assert.equal(JSON.parse(text).issuer, issuer);
      assert.equal(JSON.parse(text).authorization_response_iss_parameter_supported, true);
      assert.doesNotMatch(text, /evil/);
    }
    const token = await fetch(`${url}/token`, {
      method: 'POST',
      headers: { ...headers, authorization: `Basic ${btoa(`job:${jobSecret}`)}` },
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        resource: 'https://orders.example',
      }),
    });
    const { access_token } = (await token.json()) as { access_token: string };
    assert.equal(decodeJwt(access_token).iss, issuer);
  });
});
