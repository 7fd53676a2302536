/** The FAPI 2.0 Security Profile plans (private_key_jwt, DPoP), up to the protected resource. */
import assert from 'node:assert/strict';
import type { Server } from 'node:http';
import { after, before, test } from 'node:test';
import { importJWK, type JWTPayload, SignJWT } from 'jose';
import * as openid from 'openid-client';
import { type Choices, walkToClient } from '../../harness/sign_in.ts';
import { createUserAgent } from '../../harness/user_agent.ts';
import { startAccountsApi } from '../../scripts/conformance/accounts_api.ts';
import { accountsScope } from '../../scripts/conformance/declaration.ts';
import { suiteUrl } from '../../scripts/conformance/setup.ts';
import { claimsByScope } from '../../src/definitions/claims.ts';
import { randomId } from '../../src/digests.ts';
import { createProofKey, type ProofKey } from '../support/dpop_proof.ts';
import { postForm } from '../support/flows.ts';
import { readIdToken } from './client.ts';
import { conformance } from './issuer.ts';

type Options = {
  /** The second client has a query in its redirect URI. */
  client?: 0 | 1;
  parameters?: Record<string, string | undefined>;
  proofKey?: ProofKey;
  /** Of the DPoP proof at the token endpoint, seconds. */
  proofAge?: number;
  choices?: Choices;
};

const now = () => Math.floor(Date.now() / 1000);

conformance('FAPI 2.0', (running) => {
  let api: Server | undefined;
  before(async () => {
    const { setup } = running();
    api = await startAccountsApi(setup, Number(new URL(setup.api).port));
  });
  after(() => {
    api?.closeAllConnections();
    api?.close();
  });

  const clientIds = ['fapi-one', 'fapi-two'] as const;
  const redirectUri = (client: 0 | 1) => {
    const uri = suiteUrl(running().setup, 'callback');
    return client === 0 ? uri : `${uri}?dummy1=lorem&dummy2=ipsum`;
  };
  const authentication = async (client: 0 | 1, claims: JWTPayload = {}) => {
    const { setup } = running();
    const { privateJwk } = setup.fapiKeys[client];
    const id = clientIds[client];
    const times = { iat: now(), exp: now() + 60 };
    const all = { iss: id, sub: id, aud: setup.issuer, jti: randomId(), ...times, ...claims };
    const key = await importJWK(privateJwk, 'PS256');
    return {
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await new SignJWT(all)
        .setProtectedHeader({ alg: 'PS256', kid: privateJwk.kid ?? '' })
        .sign(key),
    };
  };

  const push = async (
    { client = 0, parameters = {} }: Options,
    verifier: string,
    assertion: JWTPayload = {},
  ) => {
    const request = {
      client_id: clientIds[client],
      response_type: 'code',
      redirect_uri: redirectUri(client),
      scope: `openid ${accountsScope}`,
      state: 'state-1',
      nonce: 'nonce-1',
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      ...parameters,
      ...(await authentication(client, assertion)),
    };
    return postForm(`${running().setup.issuer}/par`, JSON.parse(JSON.stringify(request)));
  };
  const authorizationUrl = (client: 0 | 1, requestUri: unknown) =>
    `${running().setup.issuer}/authorize?${new URLSearchParams({
      client_id: clientIds[client],
      request_uri: String(requestUri),
    })}`;
  const token = async (
    client: 0 | 1,
    proofKey: ProofKey,
    fields: Record<string, string>,
    proofAge = 0,
  ) => {
    const url = `${running().setup.issuer}/token`;
    const body = { ...fields, ...(await authentication(client)) };
    const changes = { iat: now() - proofAge };
    return postForm(url, body, { dpop: await proofKey.prove('POST', url, { changes }) });
  };

  /** From the pushed request to the tokens. */
  const signIn = async (options: Options = {}) => {
    const { client = 0, choices = {} } = options;
    const proofKey = options.proofKey ?? (await createProofKey());
    const verifier = openid.randomPKCECodeVerifier();
    const { body: pushed } = await push(options, verifier);
    const callback = await walkToClient(
      createUserAgent(),
      authorizationUrl(client, pushed.request_uri),
      redirectUri(client),
      { person: running().setup.person, ...choices },
    );
    const redeem = () =>
      token(
        client,
        proofKey,
        {
          grant_type: 'authorization_code',
          code: callback.searchParams.get('code') ?? '',
          redirect_uri: redirectUri(client),
          code_verifier: verifier,
        },
        options.proofAge,
      );
    const answer = await redeem();
    return { callback, proofKey, redeem, answer, accessToken: String(answer.body.access_token) };
  };
  const callApi = async (accessToken: string, proofKey: ProofKey, scheme = 'DPoP') => {
    const { api: url } = running().setup;
    const response = await fetch(url, {
      headers: {
        authorization: `${scheme} ${accessToken}`,
        dpop: await proofKey.prove('GET', url, { accessToken }),
        'x-fapi-interaction-id': 'interaction-1',
      },
    });
    return { status: response.status, id: response.headers.get('x-fapi-interaction-id') };
  };

  test('Both FAPI clients get from the pushed request to the protected resource', async () => {
    for (const client of [0, 1] as const) {
      const state = 's'.repeat(client === 0 ? 10 : 128);
      const { callback, answer, accessToken, proofKey } = await signIn({
        client,
        parameters: { state },
      });
      const { searchParams } = callback;
      assert.equal(searchParams.get('iss'), running().setup.issuer);
      assert.equal(searchParams.get('state'), state);
      assert.equal(searchParams.get('dummy2'), client === 0 ? null : 'ipsum');
      assert.equal(answer.body.token_type, 'DPoP');
      const { header, claims } = readIdToken(String(answer.body.id_token));
      assert.deepEqual([header.alg, claims.aud], ['ES256', clientIds[client]]);
      assert.equal(claims.nonce, 'nonce-1');
      for (const scheme of ['DPoP', 'dpop', 'DpOp']) {
        const called = await callApi(accessToken, proofKey, scheme);
        assert.deepEqual(called, { status: 200, id: 'interaction-1' });
      }
    }
  });

  test('A request without openid gets no ID token but opens the resource', async () => {
    const parameters = { scope: accountsScope, nonce: undefined };
    const { answer, accessToken, proofKey } = await signIn({ parameters });
    assert.equal(answer.body.id_token, undefined);
    assert.equal((await callApi(accessToken, proofKey)).status, 200);
  });

  test('An absent parameter stays absent, and a long one stays whole', async () => {
    const bare = await signIn({ parameters: { state: undefined, nonce: undefined } });
    assert.equal(bare.callback.searchParams.get('state'), null);
    assert.equal(readIdToken(String(bare.answer.body.id_token)).claims.nonce, undefined);
    const nonce = 'n'.repeat(384);
    const long = await signIn({ parameters: { state: 's'.repeat(384), nonce } });
    assert.equal(long.callback.searchParams.get('state'), 's'.repeat(384));
    assert.equal(readIdToken(String(long.answer.body.id_token)).claims.nonce, nonce);
  });

  test('Every claim listed in discovery is returned when requested', async () => {
    const names = Object.values(claimsByScope).flat();
    const asked = Object.fromEntries(names.map((name) => [name, null]));
    const claims = JSON.stringify({ id_token: asked, userinfo: asked });
    const { answer } = await signIn({ parameters: { claims } });
    const { claims: idToken } = readIdToken(String(answer.body.id_token));
    for (const name of names) assert.ok(idToken[name] !== undefined, name);
  });

  test('A reused code revokes its token at the resource as well', async () => {
    const { redeem, accessToken, proofKey } = await signIn();
    assert.equal((await callApi(accessToken, proofKey)).status, 200);
    const { status, body } = await redeem();
    assert.deepEqual([status, body.error], [400, 'invalid_grant']);
    assert.equal((await callApi(accessToken, proofKey)).status, 401);
  });

  test('A refresh token is not rotated, is bound to its client, and refreshes for the same key', async () => {
    const { answer, proofKey } = await signIn();
    const refresh = {
      grant_type: 'refresh_token',
      refresh_token: String(answer.body.refresh_token),
    };
    const stolen = await token(1, proofKey, refresh);
    assert.deepEqual([stolen.status, stolen.body.error], [400, 'invalid_grant']);
    const { status, body } = await token(0, proofKey, refresh);
    assert.equal(status, 200);
    assert.equal(body.refresh_token ?? refresh.refresh_token, refresh.refresh_token);
    assert.equal((await callApi(String(body.access_token), proofKey)).status, 200);
  });

  test('Clocks may differ by seconds but not by a minute', async () => {
    const verifier = openid.randomPKCECodeVerifier();
    const ahead = (seconds: number) => ({ iat: now() + seconds, nbf: now() + seconds });
    assert.equal((await push({}, verifier, ahead(8))).status, 201);
    assert.equal((await push({}, verifier, ahead(70))).status, 401);
    assert.equal((await push({}, verifier, { exp: now() - 300 })).status, 401);
    for (const [proofAge, status] of [
      [10, 200],
      [-10, 200],
      [-70, 400],
    ] as const) {
      const { answer } = await signIn({ proofAge });
      assert.equal(answer.status, status, `${proofAge} ${JSON.stringify(answer.body)}`);
    }
  });

  test('A pushed request may be opened again until it has led to a response', async () => {
    const verifier = openid.randomPKCECodeVerifier();
    const { body } = await push({}, verifier);
    const url = authorizationUrl(0, body.request_uri);
    const agent = createUserAgent();
    assert.equal((await agent.open(url)).status, 200);
    const { person } = running().setup;
    const callback = await walkToClient(agent, url, redirectUri(0), { person });
    assert.ok(callback.searchParams.get('code'));
    const again = await agent.open(url, { stopAt: redirectUri(0) });
    assert.equal(new URL(again.url).searchParams.get('code'), null);
    assert.match(again.html || again.url, /invalid_request/);
  });

  test("A user's refusal is reported to the client with state and iss", async () => {
    const verifier = openid.randomPKCECodeVerifier();
    const parameters = { prompt: 'consent' };
    const { body } = await push({ parameters }, verifier);
    const { person, issuer } = running().setup;
    const choices = { person, deny: true };
    const url = authorizationUrl(0, body.request_uri);
    const callback = await walkToClient(createUserAgent(), url, redirectUri(0), choices);
    const { error, state, iss } = Object.fromEntries(callback.searchParams);
    assert.deepEqual([error, state, iss], ['access_denied', 'state-1', issuer]);
  });
});
