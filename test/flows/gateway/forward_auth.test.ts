/** `/forward-auth` (docs/integrations/forward-auth.md): who passes, and what a caller is told who does not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKey } from '../../../src/api_keys/model/key_format.ts';
import { basic } from '../../support/flows.ts';
import { sharedScene } from '../../support/scenes.ts';
import { eachEngine } from '../../support/stores.ts';
import { orders, stock } from './gateway_configuration.ts';
import { bearer, identityOf, openGatewayScene, ordersSettings } from './gateway_scene.ts';

await eachEngine((stores) => {
  const scene = sharedScene(stores, openGatewayScene);

  test('An API key is accepted in either header, as its owner, and is not passed on', async () => {
    const { ask, newKey } = scene();
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

  test('The response is the same for every method of the caller', async () => {
    const { ask, newKey, first } = scene();
    const { key } = await newKey();
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND']) {
      assert.equal((await ask(bearer(key), { method })).status, 200, method);
      const refused = await fetch(`${first.url}/forward-auth?api=${orders}`, { method });
      await refused.arrayBuffer();
      assert.equal(refused.status, 401, method);
    }
  });

  test('A caller learns that a credential is invalid but not why, and the log has the reason', async () => {
    const { ask, newKey, first } = scene();
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

  test('A request without a credential gets a challenge, and two credentials are refused', async () => {
    const { ask, newKey } = scene();
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

  test('A key is taken with the schemes that the operator allows, and nothing else is', async () => {
    const { ask, newKey } = scene();
    const { key } = await newKey();
    const status = async (authorization: string) => (await ask({ authorization })).status;
    for (const allowed of [basic(key, ''), basic(key, 'x'), `ApiKey ${key}`, `apikey  ${key}`]) {
      assert.equal(await status(allowed), 200, allowed);
    }
    for (const refused of [`Token ${key}`, basic('x', key), 'ApiKey nonsense', `Basic ${key}`]) {
      assert.equal(await status(refused), 401, refused);
    }
    const both = await ask({ authorization: basic(key, ''), 'x-api-key': key });
    assert.deepEqual([both.status, both.body.code], [400, 'invalid_request']);
  });

  test('A missing scope is answered with 403 and its name, and a reached limit with 429 and Retry-After', async () => {
    const { ask, newKey } = scene();
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

  test('An API key that is rotated, disabled or revoked on one node is refused by the next request on another', async () => {
    const { ask, newKey, keeper, second } = scene();
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

  test("The caller's address is the one that a trusted gateway reports", async () => {
    const { ask, newKey } = scene();
    const { key } = await newKey({ allowIps: ['203.0.113.0/24'] });
    const from = (address: string) => ask({ ...bearer(key), 'x-forwarded-for': address });
    assert.equal((await from('203.0.113.7')).status, 200);
    assert.equal((await from('198.51.100.7, 203.0.113.7')).status, 200);
    assert.equal((await from('203.0.113.7, 198.51.100.7')).status, 401);
  });

  test("A caller whose header contradicts the gateway's is not mistaken for the gateway", async () => {
    const { ask, newKey } = scene();
    const { key } = await newKey({ allowIps: ['127.0.0.0/8'] });
    const from = (headers: Record<string, string>) => ask({ ...bearer(key), ...headers });
    const told = { 'x-forwarded-for': '198.51.100.7' };
    assert.equal((await from({})).status, 200);
    assert.equal((await from(told)).status, 401);
    assert.equal((await from({ ...told, forwarded: 'for=203.0.113.7' })).status, 401);
    assert.equal((await from({ ...told, forwarded: 'for=127.0.0.1' })).status, 401);
  });

  test("Guesses are limited by the guesser's address, and valid API keys from elsewhere are not refused", async () => {
    const { ask, newKey } = scene();
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
    for (let use = 0; use < 4; use += 1) {
      const { key: first } = await newKey();
      assert.equal((await guess('198.51.100.99', first)).status, 200);
      assert.equal((await guess('198.51.100.99')).status, 429);
    }
  });
});
