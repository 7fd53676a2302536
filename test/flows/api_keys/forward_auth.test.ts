/** `/forward-auth` (docs/integrations/forward-auth.md), on two nodes that share a store. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { decodeJwt } from 'jose';
import { createKey } from '../../../src/api_keys/format.ts';
import type { ApiKeyRecord } from '../../../src/storage/api_keys.ts';
import { sendRaw } from '../../attacks/raw_request.ts';
import { basic, failuresOf, postForm } from '../../support/flows.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { eachEngine } from '../../support/stores.ts';
import { declaration, jobSecret, notes, orders, stock } from './gateway_configuration.ts';
import { apiSecret, openKeeper, stockSecret } from './keys.ts';

const ordersSettings = { api: orders, scope: 'orders:read' };

await eachEngine((stores) => {
  let first: TestServer;
  let second: TestServer;
  let keeper: Awaited<ReturnType<typeof openKeeper>>;

  before(async () => {
    const store = await stores.freshUrl();
    const trustedProxies = '127.0.0.1';
    first = await startTestServer({ store, declaration, trustedProxies });
    second = await startTestServer({ store, declaration, trustedProxies, issuer: first.issuer });
    keeper = await openKeeper(store);
  });
  after(async () => {
    await Promise.all([first.close(), second.close()]);
    await keeper.store.close();
    assert.deepEqual(failuresOf(first.logged() + second.logged()), []);
  });

  const newKey = async (members: Partial<ApiKeyRecord> = {}) => {
    const project = await keeper.project({ api: members.api ?? orders });
    return keeper.key({ projectId: project.id, ...members });
  };
  const ask = async (
    headers: Record<string, string>,
    { settings = ordersSettings as object, node = first, method = 'GET', path = '' } = {},
  ) => {
    const query = path || `?${new URLSearchParams(settings as Record<string, string>)}`;
    const response = await fetch(`${node.url}/forward-auth${query}`, { method, headers });
    const text = await response.text();
    const body = text ? JSON.parse(text) : {};
    return { status: response.status, headers: response.headers, body };
  };
  const bearer = (value: string) => ({ authorization: `Bearer ${value}` });
  const identityOf = (headers: Headers) =>
    Object.fromEntries([...headers].filter(([name]) => name.startsWith('cardea-')));
  const tokenFor = async (resource = orders, clientId = 'job', secret = jobSecret) => {
    const fields = { grant_type: 'client_credentials', resource };
    const authorization = basic(clientId, secret);
    const { body } = await postForm(`${first.issuer}/token`, fields, { authorization });
    return String(body.access_token);
  };

  test('a key passes by either header, as whose it is, and is not handed on', async () => {
    const { key, record } = await newKey({ tier: 'free' });
    for (const headers of [bearer(key), { 'x-api-key': key }]) {
      const { status, headers: answered } = await ask(headers);
      assert.equal(status, 200);
      assert.deepEqual(identityOf(answered), {
        'cardea-subject': record.projectId,
        'cardea-client': '',
        'cardea-scopes': 'orders:read',
        'cardea-api-key-id': record.id,
        'cardea-project': record.projectId,
        'cardea-tier': 'free',
        'cardea-environment': 'live',
      });
      assert.equal(answered.get('authorization'), '');
      assert.equal(answered.get('x-api-key'), '');
      assert.match(answered.get('ratelimit') ?? '', /^"minute";r=99\d;t=\d+/);
      assert.equal(answered.get('cache-control'), 'no-store');
    }
  });

  test('whatever method the caller uses, the answer is the same', async () => {
    const { key } = await newKey();
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND']) {
      assert.equal((await ask(bearer(key), { method })).status, 200, method);
      const refused = await fetch(`${first.url}/forward-auth?api=${orders}`, { method });
      await refused.arrayBuffer();
      assert.equal(refused.status, 401, method);
    }
  });

  test('a caller learns that a credential is not good, not why; the log has it', async () => {
    const old = Date.now() - 1000;
    const keys: [string, { key: string }][] = [
      ['unknown', { key: createKey('acme', 'live') }],
      ['unknown', await newKey({ api: stock, scopes: [] })],
      ['malformed', { key: `${createKey('acme', 'live').slice(0, -1)}!` }],
      ['revoked', await newKey({ revokedAt: old })],
      ['expired', await newKey({ expiresAt: old })],
      ['disabled', await newKey({ disabledAt: old })],
      ['wrong_environment', await newKey({ environment: 'test' })],
      ['ip_not_allowed', await newKey({ allowIps: ['203.0.113.0/24'] })],
    ];
    const answers = new Set<string>();
    for (const [reason, { key }] of keys) {
      const settings = { ...ordersSettings, environment: 'live' };
      const { status, headers, body } = await ask({ 'x-api-key': key }, { settings });
      assert.equal(status, 401, reason);
      const { request_id, ...rest } = body;
      answers.add(`${headers.get('www-authenticate')} ${JSON.stringify(rest)}`);
      assert.deepEqual(identityOf(headers), {});
      const line = first
        .logged()
        .split('\n')
        .find((entry) => entry.includes(String(request_id)) && entry.includes('"route"'));
      assert.equal(JSON.parse(line ?? '{}').outcome, reason);
    }
    assert.equal(answers.size, 1);
    assert.match([...answers][0] ?? '', /^Bearer realm="[^"]+", error="invalid_token", error_desc/);
  });

  test('no credential is challenged for one, two are one too many', async () => {
    const { key } = await newKey();
    const { status, headers } = await ask({});
    assert.equal(status, 401);
    assert.equal(headers.get('www-authenticate'), `Bearer realm="${orders}"`);
    assert.equal((await ask({ authorization: basic('a', 'b') })).status, 401);
    const both = await ask({ ...bearer(key), 'x-api-key': key });
    assert.deepEqual([both.status, both.body.code], [400, 'invalid_request']);
    // What gateways write for what is not there.
    assert.equal((await ask({ authorization: '', 'x-api-key': key })).status, 200);
  });

  test('a missing scope is 403 and names it, a limit that is reached 429 and says when', async () => {
    const { key } = await newKey({ tier: 'tiny' });
    const settings = { api: orders, scope: 'orders:write orders:read' };
    const scope = await ask(bearer(key), { settings });
    assert.deepEqual([scope.status, scope.body.code], [403, 'insufficient_scope']);
    assert.match(
      scope.headers.get('www-authenticate') ?? '',
      /error="insufficient_scope", .*scope="orders:write orders:read"$/,
    );
    const statuses = [];
    for (let use = 0; use < 3; use += 1) statuses.push((await ask(bearer(key))).status);
    assert.deepEqual(statuses, [200, 200, 200]);
    const limited = await ask(bearer(key));
    assert.deepEqual([limited.status, limited.body.code], [429, 'rate_limited']);
    assert.match(limited.headers.get('ratelimit') ?? '', /^"minute";r=0;t=\d+$/);
    assert.ok(Number(limited.headers.get('retry-after')) >= 1);

    // nginx knows no refusals but 401 and 403: there the status is told in a header.
    const plain = await ask(bearer(key), { settings: { ...ordersSettings, refuse_with: '403' } });
    assert.equal(plain.status, 403);
    assert.equal(plain.headers.get('cardea-status'), '429');
    assert.equal(plain.headers.get('cardea-error'), 'rate_limited');
    assert.ok(plain.headers.get('retry-after'));
  });

  test('a key that is rotated away, disabled or revoked on one node is refused by the next request on the other', async () => {
    const { key, record } = await newKey();
    for (let round = 0; round < 5; round += 1) {
      assert.equal((await ask(bearer(key), { node: second })).status, 200);
      await keeper.change(record.id, { disabledAt: Date.now() });
      assert.equal((await ask(bearer(key), { node: second })).status, 401);
      await keeper.change(record.id, { disabledAt: undefined });
    }
    await keeper.change(record.id, { revokedAt: Date.now() });
    assert.equal((await ask(bearer(key), { node: second })).status, 401);
  });

  test('in place of a key the API gets a JWT, one for many requests, until a revocation ends it', async () => {
    const { key, record } = await newKey();
    const settings = { ...ordersSettings, token: 'jwt' };
    const handedOver = async () => {
      const { status, headers } = await ask(bearer(key), { settings });
      assert.equal(status, 200);
      return headers.get('authorization') ?? '';
    };
    const answers = await Promise.all(Array.from({ length: 20 }, handedOver));
    const [authorization = ''] = answers;
    assert.equal(new Set(answers).size, 1);
    assert.match(authorization, /^Bearer ey/);
    const claims = decodeJwt(authorization.slice(7));
    assert.equal(claims.aud, orders);
    assert.equal(claims.sub, record.projectId);
    assert.equal(claims.scope, 'orders:read');
    assert.ok(claims.status);

    // A revocation that is not about it changes nothing.
    await keeper.store.revocations.put({ key: 'grant:other', expiresAt: Date.now() + 60_000 });
    assert.equal(await handedOver(), authorization);
    // One of all tokens of the API ends what was handed over, and not the key.
    await keeper.store.revocations.put({ key: `api:${orders}`, expiresAt: Date.now() + 60_000 });
    const next = await handedOver();
    assert.notEqual(next, authorization);
    assert.equal((await ask({ authorization })).status, 401);

    // It is worth what the key is, and dies with it.
    const passed = await ask({ authorization: next }, { settings });
    assert.equal(passed.headers.get('authorization'), next);
    assert.equal(passed.headers.get('cardea-api-key-id'), record.id);
    assert.equal(passed.headers.get('cardea-client'), '');
    await keeper.store.revocations.put({
      key: `api_key:${record.id}`,
      expiresAt: Date.now() + 60_000,
    });
    assert.equal((await ask({ authorization: next }, { node: second })).status, 401);
  });

  test('a changed key leads to another JWT, with the scopes that it has now', async () => {
    const { key, record } = await newKey({ scopes: ['orders:read', 'orders:write'] });
    const settings = { api: orders, token: 'jwt' };
    const scopes = async () => {
      const { headers } = await ask(bearer(key), { settings });
      return decodeJwt((headers.get('authorization') ?? '').slice(7)).scope;
    };
    assert.equal(await scopes(), 'orders:read orders:write');
    await keeper.change(record.id, { scopes: ['orders:read'] });
    assert.equal(await scopes(), 'orders:read');
  });

  test('an access token passes for its own API, as its client, with its scopes', async () => {
    const token = await tokenFor();
    const { status, headers } = await ask(bearer(token));
    assert.equal(status, 200);
    assert.deepEqual(identityOf(headers), {
      'cardea-subject': 'job',
      'cardea-client': 'job',
      'cardea-scopes': 'orders:read',
      'cardea-api-key-id': '',
      'cardea-project': '',
      'cardea-tier': '',
      'cardea-environment': 'live',
    });
    assert.equal(headers.get('authorization'), '');
    const handed = await ask(bearer(token), { settings: { ...ordersSettings, token: 'jwt' } });
    assert.equal(handed.headers.get('authorization'), `Bearer ${token}`);

    assert.equal((await ask(bearer(token), { settings: { api: stock } })).status, 401);
    const test = await ask(bearer(token), { settings: { api: orders, environment: 'test' } });
    assert.equal(test.status, 401);
    const scope = await ask(bearer(token), { settings: { api: orders, scope: 'orders:write' } });
    assert.equal(scope.status, 403);
    assert.equal((await ask({ 'x-api-key': token })).status, 401);

    await postForm(`${first.issuer}/revoke`, { token }, { authorization: basic('job', jobSecret) });
    assert.equal((await ask(bearer(token), { node: second })).status, 401);
  });

  test('a JWT made from a test key is not one for live, whoever presents it', async () => {
    const { key } = await newKey({ environment: 'test' });
    const { headers } = await ask(bearer(key), { settings: { ...ordersSettings, token: 'jwt' } });
    const authorization = headers.get('authorization') ?? '';
    const inEnvironment = (environment: string) =>
      ask({ authorization }, { settings: { ...ordersSettings, environment } });
    assert.equal((await inEnvironment('live')).status, 401);
    const answer = await inEnvironment('test');
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('cardea-environment'), 'test');
  });

  test('an opaque token tells what it is to nobody but a gateway of its API', async () => {
    const settings = { api: notes, scope: 'notes:read' };
    const token = await tokenFor(notes);
    assert.doesNotMatch(token, /\./);
    assert.equal((await ask(bearer(token), { settings })).status, 401);
    const asGateway = (clientId: string, secret: string) => ({
      ...bearer(token),
      'cardea-gateway-authorization': basic(clientId, secret),
    });
    const { status, headers } = await ask(asGateway('notes-api', apiSecret), { settings });
    assert.equal(status, 200);
    assert.equal(headers.get('cardea-subject'), 'job');
    assert.equal(headers.get('cardea-scopes'), 'notes:read');

    for (const proof of [
      asGateway('notes-api', stockSecret),
      asGateway('stock-api', stockSecret),
      asGateway('job', jobSecret),
    ]) {
      const refused = await ask(proof, { settings });
      assert.deepEqual([refused.status, refused.body.code], [400, 'unknown_gateway']);
    }
    await postForm(`${first.issuer}/revoke`, { token }, { authorization: basic('job', jobSecret) });
    assert.equal((await ask(asGateway('notes-api', apiSecret), { settings })).status, 401);
  });

  test("the caller's address is the one that a trusted gateway tells", async () => {
    const { key } = await newKey({ allowIps: ['203.0.113.0/24'] });
    const from = (address: string) => ask({ ...bearer(key), 'x-forwarded-for': address });
    assert.equal((await from('203.0.113.7')).status, 200);
    assert.equal((await from('198.51.100.7, 203.0.113.7')).status, 200);
    assert.equal((await from('203.0.113.7, 198.51.100.7')).status, 401);
  });

  test('guesses are limited by the address of who guesses, and shut out nobody else', async () => {
    const { key } = await newKey();
    const guess = (address: string, guessed = createKey('acme', 'live')) =>
      ask({ 'x-api-key': guessed, 'x-forwarded-for': address });
    const statuses = [];
    for (let count = 0; count < 110; count += 1) {
      statuses.push((await guess('198.51.100.99')).status);
    }
    assert.deepEqual([statuses[0], statuses.at(-1)], [401, 429]);
    assert.equal((await guess('192.0.2.10')).status, 401);
    assert.equal((await guess('192.0.2.10', key)).status, 200);
  });

  test('a key in the address that the caller asked for is refused, reported, and in no log', async () => {
    const inOrders = `/api=${encodeURIComponent(orders)}`;
    const places: ((key: string) => [Record<string, string>, string])[] = [
      (key) => [{ 'x-original-uri': `/orders?api_key=${key}` }, ''],
      (key) => [{ 'x-forwarded-uri': `/orders?a=b&${key}` }, ''],
      (key) => [{ 'x-original-uri': `/orders/${key}/1` }, ''],
      (key) => [{}, `${inOrders}/orders/1?key=${key}`],
      (key) => [{}, `${inOrders}/orders/${key}?a=b`],
      (key) => [{}, `?api=${orders}&key=${key}`],
    ];
    for (const place of places) {
      const { key, record } = await newKey();
      const [headers, path] = place(key);
      const { status, body } = await ask({ ...bearer(key), ...headers }, { path });
      assert.equal(status, 400);
      if (!path.startsWith('?')) assert.equal(body.code, 'key_in_query');
      const events = await keeper.store.audit.list({ limit: 100, type: 'api_key.leaked' });
      const reports = events.filter((event) => JSON.stringify(event).includes(record.id));
      assert.equal(reports.length, 1, path);
      assert.ok(!first.logged().includes(key));
    }
  });

  test("settings are the operator's, exactly: what a caller's address mixes in loosens nothing", async () => {
    const { key } = await newKey();
    const wrong: [string, string][] = [
      ['', '#/api'],
      ['?api=https://nothing.example', '#/api'],
      [`?api=${orders}&api=${stock}`, '#/api'],
      [`?api=${orders}&scope=orders:delete`, '#/scope'],
      [`?api=${orders}&environment=prod`, '#/environment'],
      [`?api=${orders}&token=opaque`, '#/token'],
      [`?api=${orders}&sc0pe=orders:read`, '#/sc0pe'],
      // A prefix with a `?`, and what Envoy makes of it.
      [`?api=${orders}&scope=orders:write/orders/1?scope=orders:read`, '#/scope'],
      [`?api=${orders}&scope=orders:write/orders/1?a=b&scope=orders:read`, '#/scope'],
      [`/api=${encodeURIComponent(orders)}*`, '#/api'],
      [`/?api=${orders}`, '#/api'],
    ];
    for (const [path, pointer] of wrong) {
      const { status, body } = await ask(bearer(key), { path: path || '?' });
      const errors = body.errors as { pointer: string }[] | undefined;
      assert.deepEqual([status, errors?.[0]?.pointer], [400, pointer], path);
    }
  });

  test("as a prefix of the caller's path, no path or query of his changes what is asked", async () => {
    const { key } = await newKey();
    const prefix = `/api=${encodeURIComponent(orders)}&scope=orders%3Awrite`;
    const askRaw = async (path: string) => {
      const target = `/forward-auth${prefix}${path}`;
      const head = `GET ${target} HTTP/1.1\r\nHost: x\r\nX-API-Key: ${key}\r\nConnection: close\r\n\r\n`;
      const { status, body } = await sendRaw(first.url, head);
      return [status, JSON.parse(body).code];
    };
    for (const path of ['/', '', '/1?scope=orders:read&api=x', '/..;/x?api=', '//?', '/...']) {
      assert.deepEqual(await askRaw(path), [403, 'insufficient_scope'], path);
    }
    for (const way of ['/..', '/.', '/%2e%2E', '/.%2e', '/a/b/../..']) {
      const answer = await askRaw(`${way}/api=${encodeURIComponent(orders)}/x`);
      assert.deepEqual(answer, [400, 'invalid_request'], way);
    }
  });
});
