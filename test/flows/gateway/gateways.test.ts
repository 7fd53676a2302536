/**
 * The configurations in docs/integrations/gateways, each run by its gateway in front of an API: those who may
 * pass do, as who they are, and those who may not get the answer that Cardea has for them.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { Agent, request } from 'undici';
import { parse } from 'yaml';
import { startDemoApi } from '../../../demo/api.ts';
import { identityHeaders } from '../../../src/gateway/identity_headers.ts';
import { createVerifier } from '../../../src/verifier/index.ts';
import { basic, postForm } from '../../support/flows.ts';
import { apiSecret } from '../api_keys/keys.ts';
import { behindEachGateway, portOf } from './behind_gateways.ts';
import { jobSecret, orders } from './gateway_configuration.ts';

behindEachGateway((scene, kind) => {
  // Not the address that is trusted as the gateway's.
  const dispatcher = new Agent({ localAddress: '127.0.0.5' });
  after(() => dispatcher.close());

  const ask = async (
    headers: Record<string, string>,
    { path = '/orders/1?a=b', method = 'GET' as 'GET' | 'POST' } = {},
  ) => {
    const body = method === 'POST' ? 'a body' : null;
    const answer = await request(`${scene().gateway.url}${path}`, {
      ...{ dispatcher, method, headers, body },
    });
    return {
      status: answer.statusCode,
      headers: answer.headers,
      text: await answer.body.text(),
    };
  };
  const lastSeen = () => {
    const seen = scene().backend.seen.at(-1);
    assert.ok(seen);
    return seen;
  };

  test("An API key passes the gateway, and the backend gets the caller's identity and a JWT", async () => {
    const { cardea, newKey } = scene();
    const { key, record } = await newKey({ tier: 'free' });
    const verifier = createVerifier({ issuer: cardea.issuer, audience: orders });
    const ways: Record<string, string>[] = [
      { authorization: `Bearer ${key}` },
      { 'X-API-Key': key },
    ];
    for (const headers of ways) {
      for (const method of ['GET', 'POST'] as const) {
        const answer = await ask(headers, { method });
        assert.deepEqual([answer.status, answer.text], [200, 'passed']);
        assert.match(String(answer.headers.ratelimit), /^"minute";r=9\d\d;t=/);
        const seen = lastSeen();
        assert.deepEqual([seen.method, seen.url], [method, '/orders/1?a=b']);
        assert.equal(seen.headers['cardea-subject'], record.projectId);
        assert.equal(seen.headers['cardea-api-key-id'], record.id);
        assert.equal(seen.headers['cardea-scopes'], 'orders:read');
        assert.equal(seen.headers['cardea-tier'], 'free');
        assert.ok(!JSON.stringify(seen).includes(key));
        const { claims } = await verifier.verify(seen.headers.authorization?.slice(7) ?? '');
        assert.equal(claims.sub, record.projectId);
      }
    }
    await verifier.close();
  });

  test('An access token passes the gateway as its client', async () => {
    const { cardea } = scene();
    const { body } = await postForm(
      `${cardea.issuer}/token`,
      { grant_type: 'client_credentials', resource: orders },
      { authorization: basic('job', jobSecret) },
    );
    const authorization = `Bearer ${body.access_token}`;
    assert.equal((await ask({ authorization })).status, 200);
    assert.equal(lastSeen().headers.authorization, authorization);
    assert.equal(lastSeen().headers['cardea-client'], 'job');
    assert.ok(!lastSeen().headers['cardea-api-key-id']);
  });

  test('A refused caller gets the status, the challenge and Retry-After through the gateway', async () => {
    const { backend, newKey } = scene();
    const passedBefore = backend.seen.length;
    const none = await ask({});
    assert.equal(none.status, 401);
    assert.equal(none.headers['www-authenticate'], `Bearer realm="${orders}"`);
    assert.match(String(none.headers['content-type']), /^application\/problem\+json/);
    assert.equal(JSON.parse(none.text).code, 'unauthorized');

    const { key: revoked } = await newKey({ revokedAt: Date.now() });
    const dead = await ask({ 'X-API-Key': revoked });
    assert.equal(dead.status, 401);
    assert.match(String(dead.headers['www-authenticate']), /error="invalid_token"/);

    const { key: powerless } = await newKey({ scopes: ['orders:write'] });
    const scope = await ask({ 'X-API-Key': powerless });
    assert.equal(scope.status, 403);
    assert.match(String(scope.headers['www-authenticate']), /error="insufficient_scope"/);
    assert.equal(JSON.parse(scope.text).code, 'insufficient_scope');
    assert.equal(backend.seen.length, passedBefore);

    const { key: tiny } = await newKey({ tier: 'tiny' });
    const answers = [];
    for (let use = 0; use < 4; use += 1) answers.push(await ask({ 'X-API-Key': tiny }));
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 200, 429],
    );
    const limited = answers.at(-1);
    assert.ok(Number(limited?.headers['retry-after']) >= 1);
    assert.match(String(limited?.headers.ratelimit), /^"minute";r=0;t=\d+$/);
    assert.equal(JSON.parse(limited?.text ?? '').code, 'rate_limited');
    const two = await ask({ authorization: `Bearer ${tiny}`, 'X-API-Key': tiny });
    assert.deepEqual([two.status, JSON.parse(two.text).code], [400, 'invalid_request']);
  });

  test('An API key that is ended is refused by the next request through the gateway', async () => {
    const { keeper, newKey } = scene();
    const { key, record } = await newKey();
    assert.equal((await ask({ 'X-API-Key': key })).status, 200);
    await keeper.change(record.id, { revokedAt: Date.now() });
    assert.equal((await ask({ 'X-API-Key': key })).status, 401);
  });

  test("An allowlist applies to the caller's real address, whatever the caller claims", async () => {
    const { newKey } = scene();
    const { key } = await newKey({ allowIps: ['127.0.0.5/32'] });
    assert.equal((await ask({ 'X-API-Key': key })).status, 200);
    const { key: elsewhere } = await newKey({ allowIps: ['203.0.113.0/24'] });
    for (const name of ['X-Forwarded-For', 'X-Real-IP', 'True-Client-IP', 'Forwarded']) {
      const value = name === 'Forwarded' ? 'for=203.0.113.7' : '203.0.113.7';
      assert.equal((await ask({ 'X-API-Key': elsewhere, [name]: value })).status, 401, name);
    }
  });

  test('An API key in the URL is refused, reported and not passed to the backend', async () => {
    const { cardea, keeper, backend, gateway, newKey } = scene();
    const { key, record } = await newKey();
    const passedBefore = backend.seen.length;
    const { status, text } = await ask({ 'X-API-Key': key }, { path: `/orders?api_key=${key}` });
    assert.deepEqual([status, JSON.parse(text).code], [400, 'key_in_query']);
    assert.equal(backend.seen.length, passedBefore);
    const [event] = await keeper.store.audit.list({ limit: 1, type: 'api_key.leaked' });
    assert.ok(JSON.stringify(event).includes(record.id));
    for (const logged of [cardea.logged(), gateway.logged()]) assert.ok(!logged.includes(key));
  });

  test('An opaque token passes where the gateway authenticates as the API', async () => {
    const { cardea, backend } = scene();
    const proof = Buffer.from(`notes-api:${encodeURIComponent(apiSecret)}`).toString('base64');
    const changes: Record<typeof kind.name, [string, string][]> = {
      nginx: [
        ['api=https://orders.example&scope=orders:read', 'api=https://notes.example'],
        ['# proxy_set_header Cardea-Gateway', 'proxy_set_header Cardea-Gateway'],
        ['b3JkZXJzLWFwaTpzZWNyZXQ=', proof],
      ],
      envoy: [
        ['orders.example&scope=orders%3Aread', 'notes.example'],
        ['# authorization_request:', 'authorization_request:'],
        ['#   headers_to_add:', '  headers_to_add:'],
        ['#     - key:', '    - key:'],
        ['#       value: Basic b3JkZXJzLWFwaTpzZWNyZXQ=', `      value: Basic ${proof}`],
      ],
      caddy: [
        ['api=https://orders.example&scope=orders:read', 'api=https://notes.example'],
        ['# header_up Cardea-Gateway', 'header_up Cardea-Gateway'],
        ['b3JkZXJzLWFwaTpzZWNyZXQ=', proof],
      ],
      traefik: [
        ['api=https://orders.example&scope=orders:read', 'api=https://notes.example'],
        ['Cardea-Gateway-Authorization: ""', `Cardea-Gateway-Authorization: Basic ${proof}`],
      ],
    };
    const { body } = await postForm(
      `${cardea.issuer}/token`,
      { grant_type: 'client_credentials', resource: 'https://notes.example' },
      { authorization: basic('job', jobSecret) },
    );
    const ports = { cardea: portOf(cardea.url), backend: backend.port };
    const ofNotes = await kind.start({ ports, changes: changes[kind.name] });
    const authorization = `Bearer ${body.access_token}`;
    const forged = { authorization, 'Cardea-Gateway-Authorization': 'Basic eDp5' };
    const { statusCode } = await request(ofNotes.url, { headers: forged });
    assert.equal(statusCode, 200);
    assert.equal(lastSeen().headers['cardea-client'], 'job');
    assert.equal(lastSeen().headers.authorization, authorization);
    assert.ok(!('cardea-gateway-authorization' in lastSeen().headers) || kind.name === 'nginx');
    await ofNotes.close();
  });

  test('The demonstration API accepts the JWT that the gateway passes on', async () => {
    const { cardea, newKey } = scene();
    const issuer = cardea.issuer;
    const api = await startDemoApi({ issuer, port: 0, audience: orders });
    const address = api.address();
    assert.ok(typeof address === 'object' && address);
    const ports = { cardea: portOf(cardea.url), backend: address.port };
    const inFront = await kind.start({ ports });
    const { key, record } = await newKey();
    const ordersOf = await request(inFront.url, { headers: { 'x-api-key': key } });
    const answer = (await ordersOf.body.json()) as Record<string, unknown>;
    assert.deepEqual([ordersOf.statusCode, answer.for], [200, record.projectId]);
    await inFront.close();
    api.closeAllConnections();
    api.close();
  });

  test('No request passes the gateway while Cardea is down', async () => {
    const { backend, newKey } = scene();
    const { key } = await newKey();
    const passedBefore = backend.seen.length;
    const ports = { cardea: 9, backend: backend.port };
    const alone = await kind.start({ ports });
    const { statusCode, body } = await request(alone.url, { headers: { 'x-api-key': key } });
    await body.text();
    assert.equal(statusCode, 503);
    assert.equal(backend.seen.length, passedBefore);
    await alone.close();
  });
});

const folder = new URL('../../../docs/integrations/gateways/', import.meta.url);
const textOf = (name: string) => readFileSync(new URL(name, folder), 'utf8');

test('Each gateway replaces every header that the backend may trust', () => {
  const replaced = [...identityHeaders, 'Authorization', 'X-API-Key'];
  const nginx = textOf('nginx.conf');
  for (const name of replaced)
    assert.match(nginx, new RegExp(`^ {4}proxy_set_header ${name} `, 'm'));

  const { middlewares } = parse(textOf('traefik.yml')).http;
  const { authResponseHeadersRegex } = middlewares.cardea.forwardAuth;
  // Go writes the flag where JavaScript takes it as a parameter.
  const pattern = new RegExp(authResponseHeadersRegex.replace('(?i)', ''), 'i');
  for (const name of replaced) {
    assert.match(name, pattern);
    assert.match(name.replaceAll('-', '_'), pattern);
  }

  const caddy = textOf('Caddyfile');
  for (const name of identityHeaders) {
    assert.ok(caddy.includes(`request_header ${name} {rp.header.${name}}`), name);
  }
  assert.match(caddy, /request_header Authorization \{rp.header.Authorization}/);
  assert.match(caddy, /request_header -X-API-Key/);

  const [listener] = parse(textOf('envoy.yaml')).static_resources.listeners;
  const manager = listener.filter_chains[0].filters[0].typed_config;
  const { authorization_response } = manager.http_filters[0].typed_config.http_service;
  const copied = authorization_response.allowed_upstream_headers.patterns as { exact: string }[];
  assert.deepEqual(
    copied.map(({ exact }) => exact).sort(),
    replaced.map((name) => name.toLowerCase()).sort(),
  );
});
