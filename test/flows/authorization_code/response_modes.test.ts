/** How the answer of an authorization request travels: query, form_post, JARM; by which key it is signed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import * as openid from 'openid-client';
import { walkToClient } from '../../../harness/sign_in.ts';
import { createUserAgent } from '../../../harness/user_agent.ts';
import { eachServer, sqliteServer } from '../../support/flows.ts';
import { callbackUri, createRelyingParty } from '../../support/relying_party.ts';
import { declaration } from './configuration.ts';

const sentAs: Record<string, (callback: URL) => URLSearchParams> = {
  query: (callback) => callback.searchParams,
  fragment: (callback) => new URLSearchParams(callback.hash.slice(1)),
  form_post: (callback) => callback.searchParams,
};

await eachServer({ declaration }, (server) => {
  const walk = async (responseMode: string, parameters: Record<string, string> = {}) => {
    const request = new URLSearchParams({
      client_id: 'app',
      response_type: 'code',
      scope: 'openid',
      redirect_uri: callbackUri,
      state: `for "<${responseMode}>" & more`,
      response_mode: responseMode,
      code_challenge: await openid.calculatePKCECodeChallenge(openid.randomPKCECodeVerifier()),
      code_challenge_method: 'S256',
      ...parameters,
    });
    const url = `${server().issuer}/authorize?${request}`;
    return walkToClient(createUserAgent(), url, callbackUri);
  };

  for (const [mode, read] of Object.entries(sentAs)) {
    test(`The ${mode} response carries code, state and iss unchanged`, async () => {
      const answer = read(await walk(mode));
      assert.deepEqual([...answer.keys()].sort(), ['code', 'iss', 'state']);
      assert.equal(answer.get('state'), `for "<${mode}>" & more`);
      assert.equal(answer.get('iss'), server().issuer);
    });

    test(`The ${mode} response carries errors`, async () => {
      const answer = read(await walk(mode, { prompt: 'none' }));
      assert.equal(answer.get('error'), 'login_required');
      assert.equal(answer.get('state'), `for "<${mode}>" & more`);
      assert.equal(answer.get('iss'), server().issuer);
    });

    test(`The ${mode}.jwt response carries everything in one signed token (JARM)`, async () => {
      const keys = createRemoteJWKSet(new URL(`${server().issuer}/.well-known/jwks.json`));
      const requests: Record<string, string>[] = [{}, { prompt: 'none' }];
      for (const parameters of requests) {
        const answer = read(await walk(`${mode}.jwt`, parameters));
        assert.deepEqual([...answer.keys()], ['response']);
        const { payload } = await jwtVerify(answer.get('response') ?? '', keys, {
          issuer: server().issuer,
          audience: 'app',
        });
        assert.equal(payload.state, `for "<${mode}.jwt>" & more`);
        if (parameters.prompt) assert.equal(payload.error, 'login_required');
        else assert.ok(payload.code);
      }
    });
  }

  test('A form_post page leads only to the client and is not cached', async () => {
    const agent = createUserAgent();
    const request = new URLSearchParams({
      client_id: 'app',
      response_type: 'code',
      scope: 'openid',
      redirect_uri: callbackUri,
      response_mode: 'form_post',
      prompt: 'none',
      code_challenge: await openid.calculatePKCECodeChallenge(openid.randomPKCECodeVerifier()),
      code_challenge_method: 'S256',
    });
    const page = await agent.open(`${server().issuer}/authorize?${request}`);
    assert.match(page.headers.get('cache-control') ?? '', /no-store/);
    const policy = page.headers.get('content-security-policy') ?? '';
    assert.match(policy, /frame-ancestors 'none'/);
    assert.doesNotMatch(policy, /unsafe-inline/);
    assert.doesNotMatch(page.html, /<script>/);
    assert.match(page.html, /<button[^>]*type="submit"/);
  });

  test('openid-client exchanges a JARM response for tokens', async () => {
    const app = await createRelyingParty({ issuer: server().issuer, clientId: 'app' });
    openid.useJwtResponseMode(app.config);
    const { tokens } = await app.signIn();
    assert.ok(tokens.id_token);
  });
});

for (const algorithm of ['ES256', 'PS256', 'EdDSA']) {
  const signing_keys = { algorithm };
  sqliteServer({ declaration: { ...declaration, signing_keys } }, (server) => {
    test(`The configured default algorithm ${algorithm} signs for clients that chose none`, async () => {
      const app = await createRelyingParty({
        issuer: server().issuer,
        clientId: 'app',
        metadata: {
          id_token_signed_response_alg: algorithm,
          authorization_signed_response_alg: algorithm,
        },
      });
      openid.useJwtResponseMode(app.config);
      const { tokens } = await app.signIn();
      assert.equal(decodeProtectedHeader(tokens.id_token ?? '').alg, algorithm);
    });
  });
}
