/** A client that is held to the FAPI 2.0 Security Profile, whatever else it registered. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CryptoKey, decodeJwt, decodeProtectedHeader, SignJWT } from 'jose';
import * as openid from 'openid-client';
import { walkToClient } from '../../../harness/sign_in.ts';
import { createUserAgent } from '../../../harness/user_agent.ts';
import { randomId } from '../../../src/digests.ts';
import { createProofKey } from '../../support/dpop_proof.ts';
import { eachServer, postForm, requestAuthorization } from '../../support/flows.ts';
import { callbackUri } from '../../support/relying_party.ts';
import { declaration, rsaSigning, signing } from './configuration.ts';

const verifier = openid.randomPKCECodeVerifier();
const request = {
  response_type: 'code',
  client_id: 'bank',
  redirect_uri: callbackUri,
  scope: 'openid orders:read',
  code_challenge: await openid.calculatePKCECodeChallenge(verifier),
  code_challenge_method: 'S256',
};

type AssertionOptions = { aud?: unknown; alg?: string; kid?: string; key?: CryptoKey };

await eachServer({ declaration }, (server) => {
  const assertion = ({
    aud = server().issuer,
    alg = 'PS256',
    kid = 'bank-1',
    key = signing.privateKey,
  }: AssertionOptions = {}) =>
    new SignJWT({ iss: 'bank', sub: 'bank', jti: randomId(), aud: aud as string })
      .setProtectedHeader({ alg, kid })
      .setIssuedAt()
      .setExpirationTime('1m')
      .sign(key);
  const authenticated = async (options?: AssertionOptions) => ({
    client_id: 'bank',
    client_assertion: await assertion(options),
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  });
  const push = async (fields: Record<string, string> = {}, options?: AssertionOptions) =>
    postForm(`${server().issuer}/par`, {
      ...request,
      ...(await authenticated(options)),
      ...fields,
    });
  const tokenUrl = () => `${server().issuer}/token`;

  async function connect() {
    const config = await openid.discovery(
      new URL(server().issuer),
      'bank',
      { id_token_signed_response_alg: 'ES256', use_mtls_endpoint_aliases: false },
      openid.PrivateKeyJwt(
        { key: signing.privateKey, kid: 'bank-1' },
        {
          [openid.modifyAssertion](_header, payload) {
            payload.aud = server().issuer;
          },
        },
      ),
      { execute: [openid.allowInsecureRequests] },
    );
    const dpop = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair('ES256'));
    return { config, dpop };
  }

  async function signIn() {
    const { config, dpop } = await connect();
    const nonce = openid.randomNonce();
    const state = openid.randomState();
    const parameters = { ...request, nonce, state };
    const url = await openid.buildAuthorizationUrlWithPAR(config, parameters, { DPoP: dpop });
    const callback = await walkToClient(createUserAgent(), url, callbackUri);
    const tokens = await openid.authorizationCodeGrant(
      config,
      callback,
      { pkceCodeVerifier: verifier, expectedNonce: nonce, expectedState: state },
      undefined,
      { DPoP: dpop },
    );
    return { config, dpop, tokens };
  }

  test('A FAPI client that pushes, signs and binds its requests gets its tokens', async () => {
    const { config, dpop, tokens } = await signIn();
    assert.equal(decodeProtectedHeader(tokens.id_token ?? '').alg, 'ES256');
    assert.equal(tokens.token_type, 'dpop');
    const { cnf } = decodeJwt<{ cnf?: { jkt: string } }>(tokens.access_token);
    assert.equal(cnf?.jkt, await dpop.calculateThumbprint());
    const subject = tokens.claims()?.sub ?? '';
    await openid.fetchUserInfo(config, tokens.access_token, subject, { DPoP: dpop });
  });

  test('The refresh token of a FAPI client is not rotated and is bound to the client', async () => {
    const { config, dpop, tokens } = await signIn();
    const refreshToken = tokens.refresh_token ?? '';
    for (let use = 0; use < 2; use += 1) {
      const next = await openid.refreshTokenGrant(config, refreshToken, undefined, { DPoP: dpop });
      assert.equal(next.refresh_token, refreshToken);
      assert.equal(next.token_type, 'dpop');
    }
    const bare = openid.refreshTokenGrant(config, refreshToken);
    await assert.rejects(bare, { status: 400 });
  });

  test('A request that was not pushed is refused', async () => {
    const { location } = await requestAuthorization(server().issuer, request);
    assert.equal(location?.searchParams.get('error'), 'invalid_request');
    assert.equal(location?.searchParams.get('iss'), server().issuer);
    assert.equal(location?.searchParams.get('code'), null);
  });

  test('PKCE and a redirect URI are required in the pushed request', async () => {
    assert.equal((await push()).status, 201);
    for (const fields of [
      { code_challenge: '', code_challenge_method: '' },
      { code_challenge_method: 'plain' },
      { redirect_uri: '' },
      { response_type: 'code id_token' },
    ] as Record<string, string>[]) {
      const { status } = await push(fields);
      assert.equal(status, 400, JSON.stringify(fields));
    }
  });

  test('A client assertion must name the issuer alone and must not use RS256', async () => {
    const { issuer } = server();
    for (const options of [
      { aud: `${issuer}/token` },
      { aud: `${issuer}/par` },
      { aud: [issuer] },
      { aud: [issuer, 'https://elsewhere.example'] },
      { alg: 'RS256', kid: 'bank-2', key: rsaSigning.privateKey },
    ]) {
      const { status, body } = await push({}, options);
      const label = JSON.stringify(options);
      assert.deepEqual([status, body.error], [401, 'invalid_client'], label);
    }
  });

  test('A FAPI client cannot authenticate in any other way', async () => {
    const attempts: Record<string, string>[] = [
      { client_id: 'bank' },
      { client_id: 'bank', client_secret: 'a-secret-of-at-least-32-characters' },
    ];
    for (const fields of attempts) {
      const answer = await postForm(`${server().issuer}/par`, { ...request, ...fields });
      assert.deepEqual([answer.status, answer.body.error], [401, 'invalid_client']);
    }
  });

  test('No grant issues a token without a DPoP proof', async () => {
    const { config, dpop } = await connect();
    const url = await openid.buildAuthorizationUrlWithPAR(config, request, { DPoP: dpop });
    const callback = await walkToClient(createUserAgent(), url, callbackUri);
    const redemption = {
      grant_type: 'authorization_code',
      code: callback.searchParams.get('code') ?? '',
      redirect_uri: callbackUri,
      code_verifier: verifier,
    };
    const bare = await postForm(tokenUrl(), { ...redemption, ...(await authenticated()) });
    assert.equal(bare.status, 400);
    assert.equal(bare.body.access_token, undefined);
    const thief = await createProofKey();
    const stolen = await postForm(
      tokenUrl(),
      { ...redemption, ...(await authenticated()) },
      { dpop: await thief.prove('POST', tokenUrl()) },
    );
    assert.deepEqual([stolen.status, stolen.body.error], [400, 'invalid_grant']);
    const own = { grant_type: 'client_credentials', ...(await authenticated()) };
    const service = await postForm(tokenUrl(), own);
    assert.equal(service.status, 400);
    const bound = await postForm(
      tokenUrl(),
      { grant_type: 'client_credentials', ...(await authenticated()) },
      { dpop: await thief.prove('POST', tokenUrl()) },
    );
    assert.equal(bound.body.token_type, 'DPoP');
  });
});
