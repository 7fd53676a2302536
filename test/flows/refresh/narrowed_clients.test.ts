/**
 * A client that loses something: a scope, an API, a grant type. What it was given before loses it as well, at the
 * next request, on whatever node. And what it was given for an API that is gone.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { decodeJwt } from 'jose';
import { people } from '../../../harness/sign_in.ts';
import { testSecret } from '../../../harness/test_secret.ts';
import { createUserAgent } from '../../../harness/user_agent.ts';
import { createServices } from '../../../src/app/services.ts';
import { bySystem as by } from '../../../src/audit/room.ts';
import type { Clients } from '../../../src/clients/service.ts';
import { systemClock as clock } from '../../../src/clock.ts';
import { declarationSchema } from '../../../src/config/schema/declaration.ts';
import { openStore } from '../../../src/storage/open.ts';
import type { Store } from '../../../src/storage/store.ts';
import { createAppSession, tokensOf } from '../../support/app_session.ts';
import { clientsOn } from '../../support/clients_operator.ts';
import { basic, eachServer, postForm } from '../../support/flows.ts';
import { introspect } from '../../support/holder.ts';

const orders = 'https://orders.example';
const notes = 'https://notes.example';
const secret = 'a-secret-of-at-least-32-characters';
const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';
const exchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange';
const scope = 'openid profile email offline_access orders:read orders:write notes:read';
const grant_types = [
  ...['authorization_code', 'refresh_token', 'client_credentials', deviceGrant, exchangeGrant],
];
const app = {
  ...{ client_secret: secret, grant_types, scope, apis: [orders, notes], consent: 'skip' },
  redirect_uris: ['https://app.example/callback'],
};
const names = [
  'plain',
  'api',
  'gateway',
  'opaque',
  'claims',
  'apis',
  'refresh',
  'service',
  'device',
  'late',
];

const declaration = {
  users: people,
  apis: [
    {
      ...{ identifier: orders, name: 'Orders', client_id: 'orders-api' },
      scopes: { 'orders:read': 'See your orders', 'orders:write': 'Change your orders' },
    },
    {
      ...{ identifier: notes, name: 'Notes', client_id: 'notes-api' },
      ...{ scopes: { 'notes:read': 'See your notes' }, access_token_format: 'opaque' },
    },
  ],
  clients: [
    ...names.map((client_id) => ({ ...app, client_id })),
    { client_id: 'orders-api', client_secret: secret, grant_types: [] },
    { client_id: 'notes-api', client_secret: secret, grant_types: [] },
  ],
};

await eachServer({ declaration }, (server) => {
  let store: Store;
  let operator: Clients;
  before(async () => {
    store = await openStore({ url: server().store });
    operator = clientsOn(store, declaration);
  });
  after(() => store.close());

  const session = (clientId: string) =>
    createAppSession({ issuer: server().issuer, clientId, secret, scope });
  const signedIn = (clientId: string, parameters: Record<string, string> = {}) =>
    session(clientId).newTokens(server(), parameters);
  const ask = async (token: string, clientId: string) =>
    (await introspect(server().issuer, { clientId, secret }, token)).body;
  const refresh = (clientId: string, token: string) => session(clientId).refresh(server(), token);
  const userinfo = async (token: string) => {
    const headers = { authorization: `Bearer ${token}` };
    const answer = await fetch(`${server().issuer}/userinfo`, { headers });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  const atGateway = async (token: string, api: string, needed?: string) => {
    const settings = new URLSearchParams({ api, ...(needed && { scope: needed }) });
    const headers = { authorization: `Bearer ${token}` };
    return (await fetch(`${server().url}/forward-auth?${settings}`, { headers })).status;
  };
  const narrow = (clientId: string, changes: object) => operator.update(clientId, { ...changes });
  const without = (...taken: string[]) =>
    scope
      .split(' ')
      .filter((word) => !taken.includes(word))
      .join(' ');
  const words = (value: unknown) => String(value).split(' ').sort();

  test('A scope that was taken from a client is missing after refresh, with its claims, when there is no API', async () => {
    await narrow('plain', { apis: [], scope: 'openid profile email offline_access' });
    const tokens = await signedIn('plain', { scope: 'openid profile email offline_access' });
    assert.equal((await userinfo(tokens.accessToken)).body.email, 'alice@example.com');
    await narrow('plain', { scope: 'openid offline_access' });
    const told = await userinfo(tokens.accessToken);
    assert.deepEqual([told.status, Object.keys(told.body)], [200, ['sub']]);
    assert.deepEqual(words((await ask(tokens.accessToken, 'plain')).scope), ['openid']);
    assert.deepEqual(words((await ask(tokens.refreshToken, 'plain')).scope), ['openid']);
    const fresh = await refresh('plain', tokens.refreshToken);
    assert.deepEqual(words(fresh.body.scope), ['openid']);
    const again = tokensOf(fresh);
    assert.deepEqual(Object.keys((await userinfo(again.accessToken)).body), ['sub']);
    assert.equal(decodeJwt(again.idToken).email, undefined);
    const asked = await postForm(
      `${server().issuer}/token`,
      { grant_type: 'refresh_token', refresh_token: again.refreshToken, scope: 'openid email' },
      { authorization: basic('plain', secret) },
    );
    assert.equal(asked.body.error, 'invalid_scope');
    // Without openid there is neither an ID token nor userinfo.
    await narrow('plain', { scope: 'offline_access profile' });
    assert.equal((await userinfo(again.accessToken)).status, 403);
    const last = await refresh('plain', again.refreshToken);
    assert.equal(last.body.id_token, undefined);
  });

  test('A scope that was taken from a client is missing in its API tokens, JWT and opaque alike', async () => {
    for (const [clientId, resource, own, keeper] of [
      ['api', orders, 'orders:write', 'orders-api'],
      ['opaque', notes, 'notes:read', 'notes-api'],
    ] as const) {
      const tokens = await signedIn(clientId, { resource });
      assert.ok(words((await ask(tokens.accessToken, keeper)).scope).includes(own));
      await narrow(clientId, { scope: without(own, 'email') });
      const left = await ask(tokens.accessToken, keeper);
      assert.equal(left.active, true);
      for (const taken of [own, 'email']) assert.ok(!words(left.scope).includes(taken), taken);
      assert.equal((await userinfo(tokens.accessToken)).body.email, undefined);
      const { body } = await refresh(clientId, tokens.refreshToken);
      for (const taken of [own, 'email']) assert.ok(!words(body.scope).includes(taken), taken);
      const exchanged = await postForm(
        `${server().issuer}/token`,
        {
          ...{ grant_type: exchangeGrant, subject_token: tokens.accessToken, scope: own },
          subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        },
        { authorization: basic(clientId, secret) },
      );
      assert.equal(exchanged.status, 400);
    }
  });

  test('A scope that was taken from a client is refused at a gateway', async () => {
    const { accessToken } = await signedIn('gateway', { resource: orders });
    assert.equal(await atGateway(accessToken, orders, 'orders:write'), 200);
    await narrow('gateway', { scope: without('orders:write') });
    assert.equal(await atGateway(accessToken, orders, 'orders:write'), 403);
    assert.equal(await atGateway(accessToken, orders, 'orders:read'), 200);
  });

  test('A single claim is gone with the scope that it is part of', async () => {
    const claims = JSON.stringify({ userinfo: { email: null }, id_token: { email: null } });
    for (const parameters of [{ resource: orders }, { resource: notes }] as const) {
      await narrow('claims', { scope });
      const asked = { claims, scope: 'openid orders:read notes:read', ...parameters };
      const tokens = await signedIn('claims', asked);
      assert.equal((await userinfo(tokens.accessToken)).body.email, 'alice@example.com');
      await narrow('claims', { scope: without('email') });
      assert.equal((await userinfo(tokens.accessToken)).body.email, undefined);
      const { body } = await refresh('claims', tokens.refreshToken);
      assert.equal(decodeJwt(String(body.id_token)).email, undefined);
      assert.equal((await userinfo(String(body.access_token))).body.email, undefined);
    }
  });

  test('A token for an API that was taken from the client is refused', async () => {
    const tokens = await signedIn('apis', { resource: orders });
    const others = await signedIn('apis', { resource: notes });
    await narrow('apis', { apis: [notes], scope: without('orders:read', 'orders:write') });
    assert.deepEqual(await ask(tokens.accessToken, 'orders-api'), { active: false });
    assert.equal(await atGateway(tokens.accessToken, orders), 401);
    assert.equal((await userinfo(tokens.accessToken)).status, 401);
    assert.equal((await refresh('apis', tokens.refreshToken)).body.error, 'invalid_target');
    assert.equal((await ask(others.accessToken, 'notes-api')).active, true);
    assert.equal((await refresh('apis', others.refreshToken)).status, 200);
  });

  test('A client that loses a grant type can no longer use it, and what it got that way ends', async () => {
    const tokens = await signedIn('refresh', { resource: orders });
    const fields = { grant_type: 'client_credentials', resource: orders };
    const authorization = basic('service', secret);
    const token = async () => postForm(`${server().issuer}/token`, fields, { authorization });
    const own = String((await token()).body.access_token);
    assert.equal((await ask(own, 'orders-api')).active, true);
    const session = await fetch(`${server().issuer}/device_authorization`, {
      ...{ method: 'POST', headers: { authorization: basic('device', secret) } },
      body: new URLSearchParams({ scope: 'openid' }),
    });
    const { device_code } = (await session.json()) as { device_code: string };
    for (const clientId of ['refresh', 'service', 'device']) {
      await narrow(clientId, { grant_types: ['authorization_code'] });
    }
    assert.equal((await refresh('refresh', tokens.refreshToken)).body.error, 'unauthorized_client');
    assert.deepEqual(await ask(tokens.refreshToken, 'refresh'), { active: false });
    assert.equal((await ask(tokens.accessToken, 'orders-api')).active, true);
    assert.equal((await token()).body.error, 'unauthorized_client');
    assert.deepEqual(await ask(own, 'orders-api'), { active: false });
    const polled = await postForm(
      `${server().issuer}/token`,
      { grant_type: deviceGrant, device_code },
      { authorization: basic('device', secret) },
    );
    assert.equal(polled.body.error, 'unauthorized_client');
  });

  test('A right that is taken between a request and its tokens is not in the tokens', async () => {
    const { issuer } = server();
    const late = session('late');
    const code = await late.newCode({ resource: orders });
    const agent = createUserAgent();
    const request = new URLSearchParams({ ...late.request('x'.repeat(43)), resource: notes });
    const page = await agent.open(`${issuer}/authorize?${request}`);
    await narrow('late', { scope: without('email', 'orders:write') });
    const { body } = await late.redeem(server(), code);
    for (const taken of ['email', 'orders:write']) assert.ok(!words(body.scope).includes(taken));
    const { url } = await agent.submit(page, {
      ...{ action: /\/sign-in$/, stopAt: 'https://app.example/callback' },
      fields: { username: 'alice', password: 'wonderland-and-back' },
    });
    const redeemed = await late.redeem(server(), {
      code: new URL(url).searchParams.get('code') ?? '',
      verifier: 'x'.repeat(43),
    });
    assert.ok(words(redeemed.body.scope).includes('notes:read'), JSON.stringify(redeemed.body));
    assert.ok(!words(redeemed.body.scope).includes('email'));
  });

  test('What a removed API was granted is nothing at another API that gets its identifier', async () => {
    const config = {
      ...{ issuer: 'https://id.example', developmentMode: false },
      declaration: declarationSchema.parse(declaration),
      secrets: [Buffer.from(testSecret, 'base64url')],
    };
    const log = { debug() {}, info() {}, warn() {}, error() {} };
    await using closing = new AsyncDisposableStack();
    const services = createServices({ config, store, clock, log });
    closing.defer(() => services.close());
    await services.ready();
    const apis = await services.apiRecords();
    const resource = 'https://parcels.example';
    const api = {
      ...{ identifier: resource, name: 'Parcels' },
      scopes: { 'parcels:read': 'See your parcels', 'parcels:write': 'Change your parcels' },
    };
    await apis.create(api, by);
    const asked = 'offline_access parcels:read parcels:write';
    const metadata = {
      ...{ redirect_uris: ['https://app.example/callback'], scope: asked, apis: [resource] },
      ...{
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token'],
      },
    };
    await (await services.clients()).create({ clientId: 'parcels-app', metadata });
    const app = createAppSession({
      ...{ issuer: server().issuer, clientId: 'parcels-app', scope: asked },
    });
    const silently = () => app.newCode({ prompt: 'none' });
    const granted = await app.newTokens(server());
    const code = await app.newCode();
    await silently();

    await apis.remove(resource, by);
    const errorOf = async (answer: Promise<{ body: Record<string, unknown> }>) =>
      (await answer).body.error;
    const refreshed = () => app.refresh(server(), granted.refreshToken);
    assert.equal(await errorOf(refreshed()), 'invalid_target');
    await apis.create(api, by);
    assert.equal(await errorOf(refreshed()), 'invalid_grant');
    assert.equal(await errorOf(app.redeem(server(), code)), 'invalid_grant');
    await assert.rejects(silently(), /consent_required/);

    // Agreed to anew, it goes on as for any other API.
    const one = await app.newTokens(server(), { scope: 'offline_access parcels:read' });
    await assert.rejects(silently(), /consent_required/);
    const two = tokensOf(await app.refresh(server(), one.refreshToken));
    const three = tokensOf(await app.refresh(server(), two.refreshToken));
    assert.equal(decodeJwt(three.accessToken).scope, 'parcels:read');
    await apis.disable(resource, by);
    assert.equal(await errorOf(app.refresh(server(), three.refreshToken)), 'invalid_target');
    await apis.enable(resource, by);
    assert.equal((await app.refresh(server(), three.refreshToken)).status, 200);
  });
});
