import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { answerPage } from '../../../harness/sign_in.ts';
import { randomId, sha256 } from '../../../src/digests.ts';
import {
  type AppSession,
  createAppSession,
  inParallel,
  tally,
  tokensOf,
} from '../../support/app_session.ts';
import { postForm } from '../../support/flows.ts';
import { type Nodes, startNodes } from '../../support/nodes.ts';
import { eachEngine } from '../../support/stores.ts';
import { api, callback, declaration, isActive, scope } from './configuration.ts';

const parallel = 20;
const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';
const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
const jwk = await exportJWK(publicKey);
const service = {
  grant_types: ['client_credentials'],
  token_endpoint_auth_method: 'private_key_jwt',
  jwks: { keys: [{ ...jwk, alg: 'ES256' }] },
  scope: 'orders:read',
  apis: [api],
};
const configured = {
  ...declaration,
  clients: [
    ...declaration.clients,
    { client_id: 'service', ...service },
    { client_id: 'other-service', ...service },
    {
      client_id: 'tv',
      token_endpoint_auth_method: 'none',
      grant_types: [deviceGrant, 'refresh_token'],
      scope,
      apis: [api],
    },
  ],
};

await eachEngine((stores) => {
  let nodes: Nodes;
  let issuer: string;
  let app: AppSession;
  before(async () => {
    nodes = await startNodes({ store: await stores.freshUrl(), declaration: configured });
    [{ issuer }] = nodes;
    app = createAppSession({ issuer, clientId: 'app', scope });
  });
  after(() => Promise.all(nodes.map((node) => node.close())));

  const assertion = (jti: string, exp = Math.floor(Date.now() / 1000) + 60, clientId = 'service') =>
    new SignJWT({ jti, exp, iss: clientId, sub: clientId, aud: issuer })
      .setProtectedHeader({ alg: 'ES256' })
      .sign(privateKey);
  const authenticate = (url: string, clientAssertion: string, headers = {}) =>
    postForm(
      `${url}/token`,
      {
        grant_type: 'client_credentials',
        client_assertion: clientAssertion,
        client_assertion_type: assertionType,
      },
      headers,
    );
  const proof = (claims: Record<string, string>) =>
    new SignJWT({ jti: randomId(), ...claims })
      .setIssuedAt()
      .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
      .sign(privateKey);

  test('A device code is spent exactly once, and its reuse revokes its tokens', async () => {
    const [one] = nodes;
    const { body } = await postForm(`${one.url}/device_authorization`, { client_id: 'tv', scope });
    const request = {
      grant_type: deviceGrant,
      client_id: 'tv',
      device_code: String(body.device_code),
    };
    const poll = (node: { url: string }) => postForm(`${node.url}/token`, request);
    assert.deepEqual(tally([await poll(one)]), { '400 authorization_pending': 1 });

    let page = await app.agent.open(String(body.verification_uri_complete));
    for (let step = 0; step < 5 && /<form/.test(page.html); step += 1) {
      page = await answerPage(app.agent, page, callback);
    }
    const answers = await inParallel(parallel, nodes, poll);
    assert.deepEqual(tally(answers), { 200: 1, '400 invalid_grant': parallel - 1 });

    const winner = answers.find(({ status }) => status === 200);
    assert.ok(winner);
    const { accessToken, refreshToken } = tokensOf(winner);
    assert.equal(await isActive(nodes, accessToken), false);
    const tv = createAppSession({ issuer, clientId: 'tv', scope });
    assert.deepEqual(tally([await tv.refresh(one, refreshToken)]), { '400 invalid_grant': 1 });
  });

  test('A pushed request leads to exactly one code', async () => {
    const [one, other] = nodes;
    await app.newCode();
    app.agent.plant(other.url, app.agent.cookies());
    const verifier = randomId(32);
    const pushed = await postForm(`${one.url}/par`, app.request(verifier));
    assert.equal(pushed.status, 201);
    const query = new URLSearchParams({
      client_id: 'app',
      request_uri: String(pushed.body.request_uri),
    });
    const pages = await inParallel(parallel, nodes, ({ url }) =>
      app.agent.open(`${url}/authorize?${query}`, { stopAt: callback }),
    );
    const codes = pages.flatMap(({ url }) => new URL(url).searchParams.getAll('code'));
    assert.equal(codes.length, 1);
    const refused = pages.filter(({ url }) => !new URL(url).searchParams.has('code'));
    for (const { url, status, html } of refused) {
      assert.match(`${status} ${url} ${html}`, /^400|error=invalid_request_uri/);
    }
    const [code = ''] = codes;
    assert.equal((await app.redeem(other, { code, verifier })).status, 200);
  });

  test('A client assertion authenticates exactly once', async () => {
    const jti = randomId();
    const token = await assertion(jti);
    const answers = await inParallel(parallel, nodes, ({ url }) => authenticate(url, token));
    assert.deepEqual(tally(answers), { 200: 1, '401 invalid_client': parallel - 1 });

    const another = await assertion(jti, undefined, 'other-service');
    assert.equal((await authenticate(issuer, another)).status, 200, 'a jti is its own client’s');
  });

  test('An assertion valid for more than a day is refused', async () => {
    const [one] = nodes;
    const inTwoDays = Math.floor(Date.now() / 1000) + 2 * 86_400;
    for (const exp of [inTwoDays, 4_000_000_000, Number.MAX_SAFE_INTEGER]) {
      const answers = [await authenticate(one.url, await assertion(randomId(), exp))];
      assert.deepEqual(tally(answers), { '401 invalid_client': 1 });
    }
  });

  test('A DPoP proof is accepted exactly once, at the token endpoint and at userinfo', async () => {
    const [one] = nodes;
    const DPoP = await proof({ htm: 'POST', htu: `${issuer}/token` });
    const code = await app.newCode();
    const attempts = await inParallel(parallel, nodes, async ({ url }) =>
      authenticate(url, await assertion(randomId()), { DPoP }),
    );
    assert.deepEqual(tally(attempts), { 200: 1, '400 invalid_grant': parallel - 1 });

    const bound = await postForm(
      `${one.url}/token`,
      {
        grant_type: 'authorization_code',
        client_id: 'app',
        code: code.code,
        code_verifier: code.verifier,
        redirect_uri: callback,
      },
      { DPoP: await proof({ htm: 'POST', htu: `${issuer}/token` }) },
    );
    assert.equal(bound.body.token_type, 'DPoP');
    const { accessToken } = tokensOf(bound);
    const headers = {
      authorization: `DPoP ${accessToken}`,
      DPoP: await proof({ htm: 'GET', htu: `${issuer}/userinfo`, ath: sha256(accessToken) }),
    };
    const statuses = await inParallel(parallel, nodes, async ({ url }) => {
      const answer = await fetch(`${url}/userinfo`, { headers });
      await answer.body?.cancel();
      return answer.status;
    });
    assert.equal(statuses.filter((status) => status === 200).length, 1);
    assert.equal(statuses.filter((status) => status === 401).length, parallel - 1);
  });
});
