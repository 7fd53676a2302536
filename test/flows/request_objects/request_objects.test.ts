/** Signed authorization requests (RFC 9101): by value, or pushed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CryptoKey, SignJWT, UnsecuredJWT } from 'jose';
import * as openid from 'openid-client';
import { walkToClient } from '../../../harness/sign_in.ts';
import { createUserAgent } from '../../../harness/user_agent.ts';
import { randomId } from '../../../src/digests.ts';
import { eachServer, postForm, requestAuthorization } from '../../support/flows.ts';
import { callbackUri, createRelyingParty } from '../../support/relying_party.ts';
import { declaration, foreign, otherUri, rsaSigning, secret, signing } from './configuration.ts';

const verifier = openid.randomPKCECodeVerifier();
const parameters = {
  response_type: 'code',
  redirect_uri: callbackUri,
  scope: 'openid email',
  state: 's-inside',
  code_challenge: await openid.calculatePKCECodeChallenge(verifier),
  code_challenge_method: 'S256',
};
type Options = {
  clientId?: string;
  claims?: Record<string, unknown>;
  alg?: string;
  kid?: string;
  key?: CryptoKey | Uint8Array;
};

await eachServer({ declaration }, (server) => {
  const claimsFor = (clientId: string, claims: Record<string, unknown> = {}) => {
    const now = Math.floor(Date.now() / 1000);
    const times = { iat: now, nbf: now, exp: now + 60, jti: randomId() };
    const all = { iss: clientId, aud: server().issuer, client_id: clientId, ...times };
    // Undefined leaves a claim out.
    return JSON.parse(JSON.stringify({ ...all, ...parameters, ...claims }));
  };
  const sign = ({
    clientId = 'app',
    claims = {},
    alg = 'PS256',
    kid = 'one',
    key = signing.privateKey,
  }: Options = {}): Promise<string> =>
    new SignJWT(claimsFor(clientId, claims)).setProtectedHeader({ alg, kid }).sign(key);
  const send = async (request: string, outside: Record<string, string> = {}) => {
    const needed = { client_id: 'app', response_type: 'code', scope: 'openid' };
    return requestAuthorization(server().issuer, { ...needed, request, ...outside });
  };

  test('The signed parameters apply, whatever the URL says', async () => {
    const request = await sign();
    const outside = { ...parameters, redirect_uri: otherUri, scope: 'openid', state: 's-outside' };
    const query = new URLSearchParams({ client_id: 'app', ...outside, request });
    const url = `${server().issuer}/authorize?${query}`;
    const callback = await walkToClient(createUserAgent(), url, callbackUri);
    assert.equal(callback.searchParams.get('state'), 's-inside');
    const { status, body } = await postForm(`${server().issuer}/token`, {
      grant_type: 'authorization_code',
      code: callback.searchParams.get('code') ?? '',
      redirect_uri: callbackUri,
      client_id: 'app',
      code_verifier: verifier,
    });
    assert.deepEqual([status, body.scope], [200, 'openid email']);
  });

  test('openid-client signs its requests', async () => {
    const { config } = await createRelyingParty({ issuer: server().issuer, clientId: 'strict' });
    const key = { key: signing.privateKey, kid: 'one' };
    const url = await openid.buildAuthorizationUrlWithJAR(config, parameters, key);
    const callback = await walkToClient(createUserAgent(), url, callbackUri);
    assert.ok(callback.searchParams.get('code'));
  });

  test('A request object that its client did not sign for this issuer and this time is refused', async () => {
    const now = Math.floor(Date.now() / 1000);
    const forged: Options[] = [
      { key: foreign.privateKey },
      { kid: 'three' },
      { alg: 'HS256', key: Buffer.from(secret) },
      { claims: { iss: 'other-app' } },
      { claims: { aud: 'https://other.example' } },
      { claims: { client_id: 'other-app' } },
      { claims: { exp: now - 60 } },
      { claims: { nbf: now + 600 } },
      { claims: { request_uri: 'https://evil.example/' } },
      { clientId: 'other-app' },
    ];
    const requests = await Promise.all(forged.map(sign));
    for (const request of [...requests, new UnsecuredJWT(claimsFor('app')).encode(), 'a.b.c']) {
      const { location } = await send(request, { redirect_uri: callbackUri });
      assert.ok(location?.href.startsWith(`${callbackUri}?`), `${location}`);
      assert.equal(location?.searchParams.get('error'), 'invalid_request_object');
      assert.equal(location?.searchParams.get('code'), null);
    }
  });

  test('A redirect URI in a request object must be registered', async () => {
    const request = await sign({ claims: { redirect_uri: 'https://evil.example/' } });
    for (const outside of [{}, { redirect_uri: callbackUri }] as Record<string, string>[]) {
      const { status, location } = await send(request, outside);
      assert.deepEqual([status, location], [400, undefined]);
    }
  });

  test('A client without keys cannot sign requests, not even with its secret', async () => {
    for (const options of [{}, { alg: 'HS256', key: Buffer.from(secret) }]) {
      const request = await sign({ clientId: 'keyless', ...options });
      const outside = { client_id: 'keyless', redirect_uri: callbackUri };
      const { location } = await send(request, outside);
      assert.equal(location?.searchParams.get('error'), 'invalid_request_object');
    }
  });

  test('A client registered to sign must sign, with its registered algorithm', async () => {
    const unsigned = await requestAuthorization(server().issuer, {
      client_id: 'strict',
      ...parameters,
    });
    assert.equal(unsigned.location?.searchParams.get('error'), 'invalid_request');
    const clientId = 'one-algorithm';
    const outside = { client_id: clientId, redirect_uri: callbackUri };
    const other = await send(await sign({ clientId }), outside);
    assert.equal(other.location?.searchParams.get('error'), 'invalid_request_object');
    const key = rsaSigning.privateKey;
    const registered = await send(await sign({ clientId, alg: 'RS256', kid: 'two', key }), outside);
    assert.match(registered.location?.pathname ?? '', /\/interaction\//);
  });

  test('A FAPI 2.0 request object is pushed, lives an hour at most and does not use RS256', async () => {
    const authentication = async () => ({
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await new SignJWT({ iss: 'bank', sub: 'bank', jti: randomId() })
        .setProtectedHeader({ alg: 'PS256', kid: 'one' })
        .setAudience(server().issuer)
        .setIssuedAt()
        .setExpirationTime('1m')
        .sign(signing.privateKey),
    });
    const push = async (options: Options) => {
      const request = await sign({ clientId: 'bank', ...options });
      const fields = { client_id: 'bank', request, ...(await authentication()) };
      return postForm(`${server().issuer}/par`, fields);
    };
    const now = Math.floor(Date.now() / 1000);
    const key = rsaSigning.privateKey;
    for (const options of [
      { alg: 'RS256', kid: 'two', key },
      { claims: { exp: now + 7200 } },
      { claims: { nbf: undefined } },
      { claims: { exp: undefined } },
    ]) {
      const { status, body } = await push(options);
      assert.deepEqual([status, body.error], [400, 'invalid_request_object']);
    }
    const { status, body } = await push({});
    assert.equal(status, 201);
    const query = { client_id: 'bank', request_uri: String(body.request_uri) };
    const url = `${server().issuer}/authorize?${new URLSearchParams(query)}`;
    const callback = await walkToClient(createUserAgent(), url, callbackUri);
    assert.ok(callback.searchParams.get('code'));
  });
});
