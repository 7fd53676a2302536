/** Dynamic client registration (RFC 7591) and its management (RFC 7592). */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as openid from 'openid-client';
import { systemClock } from '../../../src/clock.ts';
import { createInitialAccessToken } from '../../../src/oidc/initial_access_tokens.ts';
import { openStore } from '../../../src/storage/open.ts';
import type { Store } from '../../../src/storage/store.ts';
import { basic, failuresOf, postForm, requestAuthorization } from '../../support/flows.ts';
import { createRelyingParty } from '../../support/relying_party.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { eachEngine } from '../../support/stores.ts';
import { declaration, orders, secret, stock } from './configuration.ts';

const callback = 'https://registered.example/callback';
const metadata = { client_name: 'Registered', redirect_uris: [callback] };

type Registered = Record<string, unknown> & {
  client_id: string;
  client_secret: string;
  registration_client_uri: string;
  registration_access_token: string;
};
type Answer = { status: number; headers: Headers; body: Registered };

async function send(method: string, url: string, token: string | undefined, body?: unknown) {
  const response = await fetch(url, {
    method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text ? JSON.parse(text) : {},
  } as Answer;
}

await eachEngine((stores) => {
  let server: TestServer;
  let store: Store;
  let initialToken: string;

  before(async () => {
    const url = await stores.freshUrl();
    server = await startTestServer({ store: url, declaration });
    store = await openStore({ url });
    const issued = await createInitialAccessToken(
      { artifacts: store.artifacts, clock: systemClock },
      { lifetimeSeconds: 600 },
    );
    initialToken = issued.token;
  });
  after(async () => {
    await store.close();
    await server.close();
    assert.deepEqual(failuresOf(server.logged()), []);
  });

  const register = (body: unknown = metadata, token: string | undefined = initialToken) =>
    send('POST', `${server.issuer}/register`, token, body);
  const manage = (
    method: string,
    { registration_client_uri: url, registration_access_token: token }: Registered,
    body?: unknown,
  ) => send(method, url, token, body);

  test('openid-client registers itself and signs a person in', async () => {
    const config = await openid.dynamicClientRegistration(
      new URL(server.issuer),
      metadata,
      undefined,
      { initialAccessToken: initialToken, execute: [openid.allowInsecureRequests] },
    );
    const { client_id: clientId, client_secret: clientSecret } = config.clientMetadata();
    const app = await createRelyingParty({
      issuer: server.issuer,
      clientId,
      redirectUri: callback,
      authentication: openid.ClientSecretBasic(String(clientSecret)),
    });
    const { tokens } = await app.signIn({ parameters: { scope: 'openid email orders:read' } });
    assert.deepEqual(tokens.scope?.split(' ').sort(), ['email', 'openid', 'orders:read']);
  });

  test('the answer shows what was registered, in RFC 7591 names', async () => {
    const { status, headers, body } = await register();
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
    assert.ok(body.registration_client_uri.startsWith(`${server.issuer}/register/`));
    for (const own of ['allowed_scope', 'apis', 'consent', 'profile', 'require_pkce']) {
      assert.equal(own in body, false, own);
    }
  });

  test('who has no initial access token registers nothing', async () => {
    const { body: registered } = await register();
    const before = (await store.clients.list({ limit: 100 })).length;
    const tokens = [undefined, '', 'x', '#', 'a'.repeat(43), registered.registration_access_token];
    for (const token of tokens) {
      const answer = await send('POST', `${server.issuer}/register`, token, metadata);
      assert.ok([400, 401].includes(answer.status), String(token));
      const challenge = answer.headers.get('www-authenticate') ?? '';
      if (answer.status === 401) assert.match(challenge, /^Bearer realm=/);
    }
    const expired = await createInitialAccessToken(
      { artifacts: store.artifacts, clock: { now: () => Date.now() - 3_600_000 } },
      { lifetimeSeconds: 60 },
    );
    assert.equal((await register(metadata, expired.token)).status, 401);
    assert.equal((await store.clients.list({ limit: 100 })).length, before);
  });

  test('a registrant gives itself no power', async () => {
    const { status, body } = await register({
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
    const record = await store.clients.find(body.client_id);
    assert.deepEqual(record?.metadata.apis, [orders]);
    assert.equal(record?.metadata.consent, 'ask');
    assert.equal(record?.metadata.require_pkce, true);
    assert.equal(record?.metadata.profile, undefined);
    assert.equal(record?.metadata.refresh_token_grace, undefined);
    assert.equal(record?.source, 'dynamic');
    const request = { client_id: body.client_id, response_type: 'code', redirect_uri: callback };
    const { location } = await requestAuthorization(server.issuer, { ...request, scope: 'openid' });
    assert.equal(location?.searchParams.get('error'), 'invalid_request');
    const tries = await register({
      ...metadata,
      grant_types: ['client_credentials'],
      response_types: [],
      scope: 'orders:write',
    });
    const { status: refused } = await postForm(
      `${server.issuer}/token`,
      { grant_type: 'client_credentials', scope: 'orders:write' },
      { authorization: basic(tries.body.client_id, tries.body.client_secret) },
    );
    assert.equal(refused, 400);
  });

  test("metadata that cannot be is refused with the RFC's code", async () => {
    const before = (await store.clients.list({ limit: 100 })).length;
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
      const { status, body } = await register({ ...metadata, ...changes });
      assert.deepEqual([status, body.error], [400, error], JSON.stringify(changes));
    }
    for (const body of ['', '[]', '"text"', 'null', '{', '{"a":'.repeat(1000)]) {
      const answer = await register(body);
      assert.equal(answer.status, 400, body.slice(0, 10));
      assert.ok(['invalid_request', 'invalid_client_metadata'].includes(String(answer.body.error)));
    }
    assert.equal((await store.clients.list({ limit: 100 })).length, before);
  });

  test('a client reads its own record, and its secret never again', async () => {
    const { body: registered } = await register();
    const read = await manage('GET', registered);
    assert.equal(read.status, 200);
    assert.equal(read.body.client_id, registered.client_id);
    assert.equal(read.body.client_name, 'Registered');
    assert.equal(read.body.client_secret, undefined);
    const record = await store.clients.find(registered.client_id);
    const stored = JSON.stringify(record);
    assert.ok(!stored.includes(registered.client_secret));
    assert.ok(!JSON.stringify(read.body).includes(String(record?.secretHashes[0]?.hash)));
  });

  test('an update replaces the record and the token, and keeps the secret', async () => {
    const { body: registered } = await register();
    const updated = await manage('PUT', registered, {
      client_id: registered.client_id,
      client_secret: registered.client_secret,
      client_name: 'Renamed',
      redirect_uris: [callback, `${callback}/second`],
      grant_types: ['authorization_code', 'client_credentials'],
      response_types: ['code'],
      scope: 'openid orders:read orders:write',
      consent: 'skip',
      require_pkce: false,
    });
    assert.equal(updated.status, 200, JSON.stringify(updated.body));
    assert.equal(updated.body.client_name, 'Renamed');
    assert.equal(updated.body.scope, 'openid orders:read');
    assert.equal(updated.body.client_secret, undefined);
    assert.notEqual(updated.body.registration_access_token, registered.registration_access_token);
    assert.equal((await manage('GET', registered)).status, 401);
    assert.equal((await manage('GET', { ...registered, ...updated.body })).status, 200);
    const record = await store.clients.find(registered.client_id);
    assert.equal(record?.metadata.consent, 'ask');
    assert.equal(record?.metadata.require_pkce, true);
    const { status } = await postForm(
      `${server.issuer}/token`,
      { grant_type: 'client_credentials' },
      { authorization: basic(registered.client_id, registered.client_secret) },
    );
    assert.equal(status, 200);
  });

  test('an update that may not be changes nothing', async () => {
    const { body: registered } = await register();
    const before = await store.clients.find(registered.client_id);
    const own = { ...metadata, client_id: registered.client_id };
    const attempts = [
      { ...metadata },
      { ...own, client_id: 'declared' },
      { ...own, client_secret: 'x'.repeat(43) },
      { ...own, client_secret: '' },
      { ...own, client_secret: `hashed:${JSON.stringify(before?.secretHashes)}` },
      { ...own, client_secret: 5 },
      { ...own, registration_access_token: registered.registration_access_token },
      { ...own, client_id_issued_at: 1 },
      { ...own, redirect_uris: ['http://evil.example/'] },
      { ...own, redirect_uris: [] },
      '[]',
      '{',
    ];
    for (const attempt of attempts) {
      const { status } = await manage('PUT', registered, attempt);
      assert.equal(status, 400, JSON.stringify(attempt));
    }
    assert.deepEqual(await store.clients.find(registered.client_id), before);
    assert.equal((await manage('GET', registered)).status, 200);
  });

  test('a registration access token opens its own client, and no other', async () => {
    const { body: one } = await register();
    const { body: other } = await register();
    const url = `${server.issuer}/register/declared`;
    for (const target of [other.registration_client_uri, url, `${server.issuer}/register/x`]) {
      const { body: attacker } = await register();
      const token = attacker.registration_access_token;
      for (const method of ['GET', 'PUT', 'DELETE']) {
        const body = method === 'PUT' ? { ...metadata, client_id: 'declared' } : undefined;
        const { status } = await send(method, target, token, body);
        assert.equal(status, 401, `${method} ${target}`);
      }
    }
    assert.equal((await manage('GET', one)).status, 200);
    assert.equal((await manage('GET', other)).status, 200);
    assert.ok(await store.clients.find('declared'));
    const initial = await send('GET', one.registration_client_uri, initialToken);
    assert.equal(initial.status, 401);
  });

  test('a client that deletes itself is gone, with its token and what it got', async () => {
    const { body: registered } = await register({
      ...metadata,
      grant_types: ['client_credentials'],
      response_types: [],
    });
    const authorization = basic(registered.client_id, registered.client_secret);
    const granted = await postForm(
      `${server.issuer}/token`,
      { grant_type: 'client_credentials' },
      { authorization },
    );
    assert.equal(granted.status, 200);
    assert.equal((await manage('DELETE', registered)).status, 204);
    assert.equal(await store.clients.find(registered.client_id), undefined);
    assert.equal((await manage('GET', registered)).status, 401);
    const again = await postForm(
      `${server.issuer}/token`,
      { grant_type: 'client_credentials' },
      { authorization },
    );
    assert.deepEqual([again.status, again.body.error], [401, 'invalid_client']);
    const seen = await postForm(
      `${server.issuer}/introspect`,
      { token: String(granted.body.access_token) },
      { authorization: basic('declared', secret) },
    );
    assert.deepEqual(seen.body, { active: false });
  });
});

await eachEngine((stores) => {
  test('where it is not enabled there is no registration', async () => {
    const closed = await startTestServer({ store: await stores.freshUrl() });
    try {
      const answer = await send('POST', `${closed.issuer}/register`, 'x', metadata);
      assert.equal(answer.status, 404);
      const discovery = await fetch(`${closed.issuer}/.well-known/openid-configuration`);
      assert.doesNotMatch(await discovery.text(), /registration_endpoint/);
    } finally {
      await closed.close();
    }
  });
});
