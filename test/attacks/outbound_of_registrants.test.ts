/**
 * Where `outbound.allow` opens a private network, it opens it to what the operator names. Whoever registers a
 * client, or changes its registration, makes the server call nothing in there, not even what the operator's own
 * clients have there.
 */
import assert from 'node:assert/strict';
import { sign } from 'node:crypto';
import { after, before, test } from 'node:test';
import { walkToClient } from '../../harness/sign_in.ts';
import { createUserAgent } from '../../harness/user_agent.ts';
import { randomId } from '../../src/digests.ts';
import { postForm } from '../support/flows.ts';
import { authorizeUrl } from './authorization.ts';
import { callback, declaration, orders, signerKeys } from './configuration.ts';
import { createListener, type Listener } from './listener.ts';
import { sqliteTarget } from './target.ts';

type Registered = { client_id: string } & Record<
  'registration_access_token' | 'registration_client_uri',
  string
>;

const listener: Listener = await createListener({ keys: [] });
const keysInside = `https://127.0.0.1:${listener.port}/keys`;
const logoutInside = `https://127.0.0.1:${listener.port}/logout`;
const signer = {
  token_endpoint_auth_method: 'private_key_jwt',
  grant_types: ['authorization_code'],
  redirect_uris: [callback],
};
const app = { token_endpoint_auth_method: 'none', redirect_uris: [callback], scope: 'openid' };
const declared = {
  ...declaration,
  outbound: { allow: ['127.0.0.0/8', '::1/128'] },
  clients: [
    ...declaration.clients,
    {
      ...signer,
      client_id: 'signer-inside',
      jwks_uri: keysInside,
      grant_types: ['client_credentials'],
      redirect_uris: [],
      scope: 'orders:read',
      apis: [orders],
    },
    {
      ...app,
      client_id: 'app-inside',
      consent: 'skip',
      backchannel_logout_uri: logoutInside,
    },
  ],
};

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

function assertion(clientId: string, issuer: string): string {
  const exp = Math.floor(Date.now() / 1000) + 60;
  const claims = { iss: clientId, sub: clientId, aud: issuer, jti: randomId(), exp };
  const input = `${encode({ alg: 'ES256', kid: randomId() })}.${encode(claims)}`;
  const key = { key: signerKeys.privateKey, dsaEncoding: 'ieee-p1363' } as const;
  return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`;
}

sqliteTarget(declared, (target) => {
  let initialToken: string;
  before(async () => {
    initialToken = await target().initialAccessToken();
  });
  after(() => listener.close());

  const send = async (method: string, url: string, token: string, metadata: object) => {
    const answer = await fetch(url, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(metadata),
    });
    const body = (await answer.json()) as Registered;
    return { status: answer.status, body };
  };
  const register = async (metadata: object) => {
    const url = `${target().issuer}/register`;
    const { status, body } = await send('POST', url, initialToken, metadata);
    assert.equal(status, 201, JSON.stringify(body));
    return body;
  };
  const change = async (client: Registered, metadata: object) => {
    const { registration_client_uri: url, registration_access_token: token } = client;
    const { client_id } = client;
    const { status, body } = await send('PUT', url, token, { client_id, ...metadata });
    assert.equal(status, 200, JSON.stringify(body));
  };
  const authenticate = (clientId: string) =>
    postForm(`${target().issuer}/token`, {
      grant_type: 'client_credentials',
      client_assertion: assertion(clientId, target().issuer),
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    });
  const signInAndOut = async (clientId: string) => {
    const agent = createUserAgent();
    const request = { client_id: clientId, redirect_uri: callback };
    await walkToClient(agent, authorizeUrl(target().issuer, request), callback);
    const page = await agent.open(`${target().issuer}/logout`);
    const after = await agent.submit(page, { action: /confirm$/, fields: { logout: 'yes' } });
    assert.equal(after.url, `${target().issuer}/logout/success`);
  };
  const callsDuring = async (act: () => Promise<unknown>) => {
    const earlier = listener.connections();
    await act();
    return listener.connections() - earlier;
  };

  test("The operator's own clients can be called on an allowed network, for their keys and at sign-out", async () => {
    assert.ok((await callsDuring(() => authenticate('signer-inside'))) > 0);
    assert.ok((await callsDuring(() => signInAndOut('app-inside'))) > 0);
  });

  test('A client that registers itself is not called at those same network addresses', async () => {
    const keys = await register({ ...signer, jwks_uri: keysInside });
    const told = await register({ ...app, backchannel_logout_uri: logoutInside });
    assert.equal(await callsDuring(() => authenticate(keys.client_id)), 0);
    assert.equal(await callsDuring(() => signInAndOut(told.client_id)), 0);
  });

  test('A registered client that changes its URLs to internal addresses is not called there', async () => {
    const keys = await register({ ...signer, jwks_uri: 'https://app.example/keys' });
    const told = await register({ ...app, backchannel_logout_uri: 'https://app.example/logout' });
    await change(keys, { ...signer, jwks_uri: keysInside });
    await change(told, { ...app, backchannel_logout_uri: logoutInside });
    assert.equal(await callsDuring(() => authenticate(keys.client_id)), 0);
    assert.equal(await callsDuring(() => signInAndOut(told.client_id)), 0);
  });

  test('A sector identifier does not make the server call an internal address', async () => {
    const sector = { subject_type: 'pairwise', sector_identifier_uri: keysInside };
    const url = `${target().issuer}/register`;
    const calls = await callsDuring(async () => {
      const { status } = await send('POST', url, initialToken, { ...app, ...sector });
      assert.equal(status, 400);
    });
    assert.equal(calls, 0);
  });
});
