/** Dynamic client registration (RFC 7591): who may register, and what a registrant cannot choose. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as openid from 'openid-client';
import { createInitialAccessToken } from '../../../src/oidc/clients/initial_access_tokens.ts';
import { basic, postForm, requestAuthorization, sqliteServer } from '../../support/flows.ts';
import { createRelyingParty } from '../../support/relying_party.ts';
import { callback, metadata, orders, stock } from './configuration.ts';
import { eachRegistrar, send } from './registrar.ts';

await eachRegistrar((registrar) => {
  test('openid-client registers itself and signs a user in', async () => {
    const config = await openid.dynamicClientRegistration(
      new URL(registrar().issuer),
      metadata,
      undefined,
      { initialAccessToken: registrar().initialToken, execute: [openid.allowInsecureRequests] },
    );
    const { client_id: clientId, client_secret: clientSecret } = config.clientMetadata();
    const app = await createRelyingParty({
      issuer: registrar().issuer,
      clientId,
      redirectUri: callback,
      authentication: openid.ClientSecretBasic(String(clientSecret)),
    });
    const { tokens } = await app.signIn({ parameters: { scope: 'openid email orders:read' } });
    assert.deepEqual(tokens.scope?.split(' ').sort(), ['email', 'openid', 'orders:read']);
  });

  test('The registration response shows the metadata under RFC 7591 names', async () => {
    const { status, headers, body } = await registrar().register();
    assert.equal(status, 201);
    assert.equal(headers.get('cache-control'), 'no-store');
    assert.match(headers.get('content-type') ?? '', /^application\/json/);
    assert.ok(body.client_secret.length >= 43);
    assert.equal(body.client_secret_expires_at, 0);
    assert.ok(Number.isInteger(body.client_id_issued_at));
    assert.deepEqual(body.redirect_uris, [callback]);
    assert.equal(body.client_name, 'Registered');
    assert.equal(body.token_endpoint_auth_method, 'client_secret_basic');
    assert.equal(body.scope, 'openid email offline_access orders:read');
    assert.ok(body.registration_client_uri.startsWith(`${registrar().issuer}/register/`));
    for (const own of ['allowed_scope', 'apis', 'consent', 'profile', 'require_pkce']) {
      assert.equal(own in body, false, own);
    }
  });

  test('A caller without an initial access token cannot register', async () => {
    const { body: registered } = await registrar().register();
    const before = (await registrar().store.clients.list({ limit: 100 })).items.length;
    const tokens = [undefined, '', 'x', '#', 'a'.repeat(43), registered.registration_access_token];
    for (const token of tokens) {
      const answer = await send('POST', `${registrar().issuer}/register`, token, metadata);
      assert.ok([400, 401].includes(answer.status), String(token));
      const challenge = answer.headers.get('www-authenticate') ?? '';
      if (answer.status === 401) assert.match(challenge, /^Bearer realm=/);
    }
    const expired = await createInitialAccessToken(
      { artifacts: registrar().store.artifacts, clock: { now: () => Date.now() - 3_600_000 } },
      { lifetimeSeconds: 60 },
    );
    assert.equal((await registrar().register(metadata, expired.token)).status, 401);
    assert.equal((await registrar().store.clients.list({ limit: 100 })).items.length, before);
  });

  test('A registered client cannot give itself privileges', async () => {
    const { status, body } = await registrar().register({
      ...metadata,
      scope: 'openid email profile orders:read orders:write stock:read admin',
      apis: [orders, stock],
      consent: 'skip',
      profile: 'fapi2',
      refresh_token_grace: 300,
      require_pkce: false,
      allowed_scope: 'openid orders:write',
      client_id: 'declared',
      client_secret: 'chosen-by-myself-with-32-characters',
      registration_access_token: 'chosen',
    });
    assert.equal(status, 201);
    assert.notEqual(body.client_id, 'declared');
    assert.notEqual(body.client_secret, 'chosen-by-myself-with-32-characters');
    assert.notEqual(body.registration_access_token, 'chosen');
    assert.equal(body.scope, 'openid email orders:read');
    const record = await registrar().store.clients.find(body.client_id);
    assert.deepEqual(record?.metadata.apis, [orders]);
    assert.equal(record?.metadata.consent, 'ask');
    assert.equal(record?.metadata.require_pkce, true);
    assert.equal(record?.metadata.profile, undefined);
    assert.equal(record?.metadata.refresh_token_grace, undefined);
    assert.equal(record?.source, 'dynamic');
    const request = { client_id: body.client_id, response_type: 'code', redirect_uri: callback };
    const { location } = await requestAuthorization(registrar().issuer, {
      ...request,
      scope: 'openid',
    });
    assert.equal(location?.searchParams.get('error'), 'invalid_request');
    const tries = await registrar().register({
      ...metadata,
      grant_types: ['client_credentials'],
      response_types: [],
      scope: 'orders:write',
    });
    const { status: refused } = await postForm(
      `${registrar().issuer}/token`,
      { grant_type: 'client_credentials', scope: 'orders:write' },
      { authorization: basic(tries.body.client_id, tries.body.client_secret) },
    );
    assert.equal(refused, 400);
  });

  test('A registered client names the origins of its pages, and reads them back', async () => {
    const cors_origins = ['capacitor://localhost', 'https://app.example'];
    const { status, body } = await registrar().register({ ...metadata, cors_origins });
    assert.equal(status, 201);
    assert.deepEqual(body.cors_origins, cors_origins);
    const record = await registrar().store.clients.find(body.client_id);
    assert.deepEqual(record?.metadata.cors_origins, cors_origins);
  });

  test('Invalid metadata is refused with the error code of RFC 7591', async () => {
    const before = (await registrar().store.clients.list({ limit: 100 })).items.length;
    const mistakes: [string, Record<string, unknown>][] = [
      ['invalid_redirect_uri', { redirect_uris: ['http://app.example/callback'] }],
      ['invalid_redirect_uri', { redirect_uris: ['https://app.example/#fragment'] }],
      ['invalid_redirect_uri', { redirect_uris: ['https://*.example/callback'] }],
      ['invalid_redirect_uri', { redirect_uris: ['https://user@app.example/callback'] }],
      ['invalid_redirect_uri', { redirect_uris: ['javascript:alert(1)'] }],
      ['invalid_redirect_uri', { redirect_uris: ['nonsense'] }],
      ['invalid_redirect_uri', { application_type: 'native', redirect_uris: ['app:/callback'] }],
      ['invalid_redirect_uri', { redirect_uris: 'https://app.example/callback' }],
      ['invalid_redirect_uri', { redirect_uris: [] }],
      ['invalid_redirect_uri', { redirect_uris: [5] }],
      ['invalid_redirect_uri', { subject_type: 'pairwise', redirect_uris: [callback, 5] }],
      ['invalid_client_metadata', { response_types: ['token'] }],
      ['invalid_client_metadata', { grant_types: ['password'] }],
      ['invalid_client_metadata', { grant_types: 'authorization_code' }],
      ['invalid_client_metadata', { token_endpoint_auth_method: 'client_secret_jwt' }],
      ['invalid_client_metadata', { token_endpoint_auth_method: 'private_key_jwt' }],
      ['invalid_client_metadata', { id_token_signed_response_alg: 'none' }],
      ['invalid_client_metadata', { id_token_signed_response_alg: 'HS256' }],
      ['invalid_client_metadata', { subject_type: 'anonymous' }],
      ['invalid_client_metadata', { scope: 5 }],
      ['invalid_client_metadata', { scope: ['openid'] }],
      ['invalid_client_metadata', { client_name: { a: 1 } }],
      ['invalid_client_metadata', { client_name: '' }],
      ['invalid_client_metadata', { logo_uri: 'javascript:alert(1)' }],
      ['invalid_client_metadata', { policy_uri: 'data:text/html,x' }],
      ['invalid_client_metadata', { jwks: { keys: [{ kty: 'oct', k: 'AAAA' }] } }],
      ['invalid_client_metadata', { jwks: 5 }],
      ['invalid_client_metadata', { jwks_uri: 'file:///etc/passwd' }],
      ['invalid_client_metadata', { sector_identifier_uri: 'http://127.0.0.1/sector' }],
      ['invalid_client_metadata', { backchannel_logout_uri: 'ftp://app.example/' }],
      ['invalid_client_metadata', { default_max_age: -1 }],
    ];
    for (const [error, changes] of mistakes) {
      const { status, body } = await registrar().register({ ...metadata, ...changes });
      assert.deepEqual([status, body.error], [400, error], JSON.stringify(changes));
    }
    for (const body of ['', '[]', '"text"', 'null', '{', '{"a":'.repeat(1000)]) {
      const answer = await registrar().register(body);
      assert.equal(answer.status, 400, body.slice(0, 10));
      assert.ok(['invalid_request', 'invalid_client_metadata'].includes(String(answer.body.error)));
    }
    assert.equal((await registrar().store.clients.list({ limit: 100 })).items.length, before);
  });
});

sqliteServer({}, (server) => {
  test('The registration endpoint does not exist unless enabled', async () => {
    const answer = await send('POST', `${server().issuer}/register`, 'x', metadata);
    assert.equal(answer.status, 404);
    const discovery = await fetch(`${server().issuer}/.well-known/openid-configuration`);
    assert.doesNotMatch(await discovery.text(), /registration_endpoint/);
  });
});
