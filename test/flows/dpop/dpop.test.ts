/** Sender-constrained tokens (RFC 9449, DPoP): who holds the token must hold its key. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJwt, exportJWK, generateKeyPair } from 'jose';
import * as openid from 'openid-client';
import { walkToClient } from '../../../harness/sign_in.ts';
import { createUserAgent } from '../../../harness/user_agent.ts';
import { createProofKey } from '../../support/dpop_proof.ts';
import { basic, eachServer, postForm } from '../../support/flows.ts';
import { createRelyingParty } from '../../support/relying_party.ts';
import { boundUri, declaration, secret } from './configuration.ts';

await eachServer({ declaration }, (server) => {
  const tokenUrl = () => `${server().issuer}/token`;
  const userinfoUrl = () => `${server().issuer}/userinfo`;
  const boundApp = () =>
    createRelyingParty({ issuer: server().issuer, clientId: 'bound-app', redirectUri: boundUri });
  const handle = async (config: openid.Configuration) =>
    openid.getDPoPHandle(config, await openid.randomDPoPKeyPair('ES256'));
  const jobToken = (proof: string) =>
    postForm(
      tokenUrl(),
      { grant_type: 'client_credentials' },
      { authorization: basic('job', secret), dpop: proof },
    );
  const userinfo = async (authorization: string, proof?: string) => {
    const headers = { authorization, ...(proof && { dpop: proof }) };
    const response = await fetch(userinfoUrl(), { headers });
    return { status: response.status, challenge: response.headers.get('www-authenticate') ?? '' };
  };

  test('openid-client gets a bound token, uses it at userinfo and refreshes it', async () => {
    const app = await boundApp();
    const dpop = await handle(app.config);
    const { tokens } = await app.signIn({ dpop, parameters: { scope: 'openid orders:read' } });
    assert.equal(tokens.token_type, 'dpop');
    const thumbprint = await dpop.calculateThumbprint();
    assert.deepEqual(decodeJwt(tokens.access_token).cnf, { jkt: thumbprint });
    const options = { DPoP: dpop };
    const subject = tokens.claims()?.sub ?? '';
    await openid.fetchUserInfo(app.config, tokens.access_token, subject, options);
    const refreshToken = tokens.refresh_token ?? '';
    const next = await openid.refreshTokenGrant(app.config, refreshToken, undefined, options);
    assert.deepEqual(decodeJwt(next.access_token).cnf, { jkt: thumbprint });
    const other = { DPoP: await handle(app.config) };
    const stolen = openid.refreshTokenGrant(app.config, next.refresh_token ?? '', undefined, other);
    await assert.rejects(stolen, { error: 'invalid_grant' });
    const bare = openid.refreshTokenGrant(app.config, next.refresh_token ?? '');
    await assert.rejects(bare, { status: 400 });
    await openid.refreshTokenGrant(app.config, next.refresh_token ?? '', undefined, options);
  });

  test('The introspection response names the bound key and the DPoP type', async () => {
    const key = await createProofKey();
    const { body } = await jobToken(await key.prove('POST', tokenUrl()));
    assert.equal(body.token_type, 'DPoP');
    const seen = await postForm(
      `${server().issuer}/introspect`,
      { token: String(body.access_token) },
      { authorization: basic('orders-api', secret) },
    );
    assert.equal(seen.body.active, true);
    assert.equal(seen.body.token_type, 'DPoP');
    assert.deepEqual(seen.body.cnf, { jkt: key.thumbprint });
  });

  test('A bound token without its key is refused', async () => {
    const app = await boundApp();
    const dpop = await handle(app.config);
    const { tokens } = await app.signIn({ dpop, parameters: { scope: 'openid orders:read' } });
    const token = tokens.access_token;
    const thief = await createProofKey();
    const url = userinfoUrl();
    const options = { accessToken: token };
    const attempts: [string, string | undefined][] = [
      [`Bearer ${token}`, undefined],
      [`DPoP ${token}`, undefined],
      [`DPoP ${token}`, await thief.prove('GET', url, options)],
      [`Bearer ${token}`, await thief.prove('GET', url, options)],
    ];
    for (const [authorization, proof] of attempts) {
      const { status, challenge } = await userinfo(authorization, proof);
      assert.ok([400, 401].includes(status), `${authorization.slice(0, 6)} ${status}`);
      assert.match(challenge, /DPoP/);
    }
  });

  test('A DPoP proof is good for one request and one token, once', async () => {
    const app = await createRelyingParty({ issuer: server().issuer, clientId: 'app' });
    const key = await createProofKey();
    const verifier = openid.randomPKCECodeVerifier();
    const request = openid.buildAuthorizationUrl(app.config, {
      scope: 'openid',
      redirect_uri: app.redirectUri,
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    const callback = await walkToClient(createUserAgent(), request, app.redirectUri);
    const { body } = await postForm(
      tokenUrl(),
      {
        grant_type: 'authorization_code',
        client_id: 'app',
        code: callback.searchParams.get('code') ?? '',
        redirect_uri: app.redirectUri,
        code_verifier: verifier,
      },
      { dpop: await key.prove('POST', tokenUrl()) },
    );
    const accessToken = String(body.access_token);
    const use = async (proof: string) => (await userinfo(`DPoP ${accessToken}`, proof)).status;
    const url = userinfoUrl();
    assert.equal(await use(await key.prove('POST', url, { accessToken })), 401);
    assert.equal(await use(await key.prove('GET', tokenUrl(), { accessToken })), 401);
    assert.equal(await use(await key.prove('GET', url, { accessToken: 'another' })), 401);
    assert.equal(await use(await key.prove('GET', url)), 401);
    const proof = await key.prove('GET', url, { accessToken });
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => use(proof)));
    assert.equal(answers.filter((status) => status === 200).length, 1, answers.join(' '));
    assert.equal(await use(`${proof}, ${proof}`), 401);
  });

  test('A malformed DPoP proof gets no token', async () => {
    const key = await createProofKey();
    const other = await generateKeyPair('ES256', { extractable: true });
    const privateJwk = await exportJWK(other.privateKey);
    const wrong = (options: NonNullable<Parameters<typeof key.prove>[2]>) =>
      key.prove('POST', tokenUrl(), options);
    const proofs = [
      'x',
      'a.b.c',
      await wrong({ key: other.privateKey }),
      await wrong({ header: { typ: 'JWT' } }),
      await wrong({ header: { jwk: undefined } }),
      await wrong({ header: { jwk: privateJwk }, key: other.privateKey }),
      await wrong({ changes: { jti: undefined } }),
      await wrong({ changes: { jti: 5 } }),
      await wrong({ changes: { iat: undefined } }),
      await wrong({ changes: { htm: 'GET' } }),
      await wrong({ changes: { htu: 'https://elsewhere.example/token' } }),
      await wrong({ changes: { htu: undefined } }),
      await (await createProofKey('RS256')).prove('POST', tokenUrl()),
    ];
    for (const [index, proof] of proofs.entries()) {
      const { status, body } = await jobToken(proof);
      assert.deepEqual([status, body.error], [400, 'invalid_dpop_proof'], String(index));
    }
  });

  for (const [what, seconds] of [
    ['an old proof', -3600],
    ['a proof for later', 70],
  ] as const) {
    test(`A client that sends ${what} is given a nonce, which makes its next proof valid`, async () => {
      const key = await createProofKey();
      const iat = Math.floor(Date.now() / 1000) + seconds;
      const late = await jobToken(await key.prove('POST', tokenUrl(), { changes: { iat } }));
      assert.deepEqual([late.status, late.body.error], [400, 'use_dpop_nonce']);
      const nonce = late.headers.get('dpop-nonce');
      assert.ok(nonce);
      const renewed = await key.prove('POST', tokenUrl(), { changes: { iat, nonce } });
      assert.equal((await jobToken(renewed)).status, 200);
    });
  }

  test('An unknown nonce is answered with a valid one', async () => {
    const key = await createProofKey();
    const invented = await key.prove('POST', tokenUrl(), { changes: { nonce: 'invented' } });
    const refused = await jobToken(invented);
    assert.deepEqual([refused.status, refused.body.error], [400, 'use_dpop_nonce']);
    assert.ok(refused.headers.get('dpop-nonce'));
  });

  test('A client that requires bound tokens gets none without a proof', async () => {
    const app = await boundApp();
    await assert.rejects(app.signIn(), { status: 400 });
  });

  test('An authorization code can be bound to the key that will redeem it', async () => {
    const app = await boundApp();
    const dpop = await handle(app.config);
    const dpop_jkt = await dpop.calculateThumbprint();
    const { tokens } = await app.signIn({ dpop, parameters: { dpop_jkt } });
    assert.equal(tokens.token_type, 'dpop');
    const thief = await handle(app.config);
    const stolen = app.signIn({ dpop: thief, parameters: { dpop_jkt } });
    await assert.rejects(stolen, { error: 'invalid_grant' });
  });

  test('A proof beside an unbound token does not bind it', async () => {
    const app = await createRelyingParty({ issuer: server().issuer, clientId: 'app' });
    const { tokens } = await app.signIn({ parameters: { scope: 'openid' } });
    const key = await createProofKey();
    const accessToken = tokens.access_token;
    const proof = await key.prove('GET', userinfoUrl(), { accessToken });
    assert.equal((await userinfo(`DPoP ${accessToken}`, proof)).status, 401);
    assert.equal((await userinfo(`Bearer ${accessToken}`)).status, 200);
  });
});
