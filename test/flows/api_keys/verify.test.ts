/** `/api-keys/verify`, on two nodes that share a store. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { createKey } from '../../../src/api_keys/model/key_format.ts';
import { createProofKey } from '../../support/dpop_proof.ts';
import { basic, postForm } from '../../support/flows.ts';
import { sharedScene } from '../../support/scenes.ts';
import type { TestServer } from '../../support/server.ts';
import { eachEngine } from '../../support/stores.ts';
import { declaration, jobSecret, orders, stock } from './configuration.ts';
import { apiSecret, ask, stockSecret } from './keys.ts';
import { openNodes } from './nodes.ts';

await eachEngine((stores) => {
  const scene = sharedScene(stores, (url) => openNodes(url, { declaration }));
  const reasonOn = async (node: TestServer, question: object) => {
    const { body } = await ask(node.url, question);
    return body.valid === true ? 'valid' : body.reason;
  };
  const tokenFor = async (clientId: string, secret: string, resource: string, headers = {}) => {
    const fields = { grant_type: 'client_credentials', resource };
    const { body } = await postForm(`${scene().first.issuer}/token`, fields, {
      authorization: basic(clientId, secret),
      ...headers,
    });
    assert.equal(typeof body.access_token, 'string');
    return `Bearer ${body.access_token}`;
  };

  test('A valid API key is described without anything that could be used in its place', async () => {
    const { newKey, first } = scene();
    const { key, record } = await newKey({ tier: 'free', metadata: { team: 'blue' } });
    const { status, headers, body } = await ask(first.url, {
      key,
      scopes: ['orders:read'],
      ip: '203.0.113.7',
    });
    assert.equal(status, 200);
    assert.equal(headers.get('cache-control'), 'no-store');
    const { rate_limit, quota, ...rest } = body;
    assert.deepEqual(rest, {
      valid: true,
      key_id: record.id,
      api: orders,
      project: record.projectId,
      environment: 'live',
      scopes: ['orders:read'],
      tier: 'free',
      expires_at: null,
      metadata: { team: 'blue' },
    });
    const { limit, remaining, reset } = rate_limit as Record<string, number>;
    assert.deepEqual([limit, remaining], [1000, 999]);
    const month = quota as Record<string, number>;
    assert.deepEqual([month.limit, month.remaining], [100_000, 99_999]);
    assert.ok(reset && reset >= 1 && reset <= 60);
    assert.match(
      headers.get('ratelimit-policy') ?? '',
      /^"minute";q=1000;w=60, "month";q=100000;w=2\d{6}$/,
    );
    assert.match(headers.get('ratelimit') ?? '', /^"minute";r=999;t=\d+, "month";r=99999;t=\d+$/);
    for (const logged of [first.logged(), JSON.stringify(body)]) {
      assert.ok(!logged.includes(key) && !logged.includes(record.hash));
    }
  });

  test("Only the API's own client can verify its API keys, and no other API's", async () => {
    const { newKey, first } = scene();
    const { key } = await newKey();
    const refusals: [string, number, string][] = [
      ['', 401, 'invalid_client'],
      ['Basic', 401, 'invalid_client'],
      ['constructor x', 401, 'invalid_client'],
      ['Basic !!!', 401, 'invalid_client'],
      [`Basic ${btoa('orders-api:%')}`, 401, 'invalid_client'],
      [basic('orders-api', `${apiSecret}x`), 401, 'invalid_client'],
      [basic('orders-api', ''), 401, 'invalid_client'],
      [basic('nobody', 'nobody'), 401, 'invalid_client'],
      [basic('job', jobSecret), 403, 'not_an_api'],
      ['Bearer x.y.z', 401, 'invalid_client'],
      [`Bearer ${key}`, 401, 'invalid_client'],
    ];
    for (const [authorization, status, code] of refusals) {
      const answer = await ask(first.url, { key }, authorization);
      assert.deepEqual([answer.status, answer.body.code], [status, code], authorization);
      assert.match(answer.headers.get('content-type') ?? '', /^application\/problem\+json/);
      const challenge = answer.headers.get('www-authenticate');
      assert.equal(challenge?.startsWith('Basic realm="api-keys"') ?? false, status === 401);
    }
    const other = await ask(first.url, { key }, basic('stock-api', stockSecret));
    assert.deepEqual(other.body, { valid: false, reason: 'unknown' });
  });

  test("The verification endpoint accepts the API client's access token for itself and no other token", async () => {
    const { newKey, first } = scene();
    const { key } = await newKey();
    const own = await ask(first.url, { key }, await tokenFor('orders-api', apiSecret, orders));
    assert.equal(own.body.valid, true);
    // What was sent to another API is in that one's hands.
    const elsewhere = await tokenFor('orders-api', apiSecret, stock);
    assert.equal((await ask(first.url, { key }, elsewhere)).status, 401);
    const job = await tokenFor('job', jobSecret, orders);
    assert.equal((await ask(first.url, { key }, job)).status, 401);
    // Bound to a key that nobody proves to have.
    const proof = await (await createProofKey()).prove('POST', `${first.issuer}/token`);
    const bound = await tokenFor('orders-api', apiSecret, orders, { DPoP: proof });
    assert.equal((await ask(first.url, { key }, bound)).status, 401);
  });

  test('A change on one node applies to the next request on the other', async () => {
    const { newKey, keeper, first, second } = scene();
    const { key, record } = await newKey();
    for (let round = 0; round < 10; round += 1) {
      assert.equal(await reasonOn(second, { key }), 'valid');
      await keeper.change(record.id, { disabledAt: Date.now() });
      assert.equal(await reasonOn(second, { key }), 'disabled');
      await keeper.change(record.id, { disabledAt: undefined });
    }
    assert.equal(await reasonOn(first, { key }), 'valid');
    await keeper.store.revocations.put({
      key: `api_key:${record.id}`,
      expiresAt: Date.now() + 60_000,
    });
    assert.equal(await reasonOn(second, { key }), 'revoked');
    assert.equal(await reasonOn(first, { key }), 'revoked');
  });

  test('A newly created API key is known on every node at once', async () => {
    const { newKey, first, second } = scene();
    for (let round = 0; round < 5; round += 1) {
      const { key } = await newKey();
      assert.equal(await reasonOn(second, { key }), 'valid');
      assert.equal(await reasonOn(first, { key }), 'valid');
    }
  });

  test('A reached limit is reported in the body and in the header fields', async () => {
    const { newKey, first, second } = scene();
    const { key } = await newKey({ tier: 'tiny' });
    const answers = [];
    for (let use = 0; use < 5; use += 1) answers.push(await ask(first.url, { key }));
    const valid = answers.filter(({ body }) => body.valid).length;
    // The minute may have turned in between, but it slides.
    assert.equal(valid, 3);
    const last = answers.find(({ body }) => !body.valid);
    assert.ok(last);
    assert.equal(last.body.reason, 'rate_limited');
    const { limit, remaining } = last.body.rate_limit as Record<string, number>;
    assert.deepEqual([limit, remaining], [3, 0]);
    assert.match(last.headers.get('ratelimit') ?? '', /^"minute";r=0;t=\d+$/);

    const { key: monthly } = await newKey({ tier: 'monthly' });
    const reasons = [];
    for (let use = 0; use < 3; use += 1) reasons.push(await reasonOn(second, { key: monthly }));
    assert.deepEqual(reasons, ['valid', 'valid', 'quota_exceeded']);
  });

  test('A rotated API key reports when it was rotated and when it ends', async () => {
    const { newKey, first } = scene();
    const expiresAt = Math.floor(Date.now() / 1000) * 1000 + 3_600_000;
    const { key, record } = await newKey({ replacedBy: 'key_next', expiresAt });
    const { headers, body } = await ask(first.url, { key });
    assert.equal(headers.get('deprecation'), `@${Math.floor(record.updatedAt / 1000)}`);
    assert.equal(Date.parse(headers.get('sunset') ?? ''), expiresAt);
    assert.equal(body.expires_at, new Date(expiresAt).toISOString());
    const fresh = await newKey();
    assert.equal((await ask(first.url, { key: fresh.key })).headers.get('deprecation'), null);
  });

  test('A batch is answered item by item in its order', async () => {
    const { newKey, first } = scene();
    const [one, two] = [await newKey(), await newKey({ environment: 'test' })];
    const { status, headers, body } = await ask(first.url, {
      keys: [
        { key: one.key, scopes: ['orders:write'] },
        two.key,
        { key: two.key, environment: 'live' },
        { key: 'nonsense' },
        { key: createKey('acme', 'live') },
      ],
    });
    assert.equal(status, 200);
    assert.equal(headers.get('ratelimit'), null);
    const results = body.results as { valid: boolean; reason?: string; key_id?: string }[];
    assert.deepEqual(
      results.map(({ valid, reason, key_id }) => (valid ? key_id : reason)),
      ['insufficient_scope', two.record.id, 'wrong_environment', 'malformed', 'unknown'],
    );
  });

  test('An invalid field is named in the error', async () => {
    const { newKey, first } = scene();
    const { key } = await newKey();
    const wrong: [unknown, string][] = [
      [{}, '#/key'],
      [{ key, extra: 1 }, '#/extra'],
      [{ key: 7 }, '#/key'],
      [{ key, scopes: 'orders:read' }, '#/scopes'],
      [{ key, scopes: [''] }, '#/scopes/0'],
      [{ key, ip: '1.2.3' }, '#/ip'],
      [{ key, environment: 'prod' }, '#/environment'],
      [{ keys: [] }, '#/keys'],
      [{ keys: Array(101).fill(key) }, '#/keys'],
      [{ keys: [{ key }, { key, extra: 1 }] }, '#/keys/1/extra'],
      [{ keys: [key], ip: '203.0.113.7' }, '#/ip'],
      ['{"key":"x","__proto__":{}}', '#/__proto__'],
    ];
    for (const [question, pointer] of wrong) {
      const { status, body } = await ask(first.url, question);
      const errors = body.errors as { pointer: string }[] | undefined;
      assert.deepEqual([status, errors?.[0]?.pointer], [400, pointer], JSON.stringify(question));
      assert.ok(!JSON.stringify(body).includes(key));
    }
    for (const text of ['', '{', 'null', '[]', '"x"']) {
      const { status, body } = await ask(first.url, text);
      assert.deepEqual([status, body.code], [400, 'invalid_request'], text);
    }
  });

  test('An API key in a URL is refused, reported as leaked and kept out of the log', async () => {
    const { newKey, keeper, first } = scene();
    const { key } = await newKey();
    const response = await fetch(`${first.url}/api-keys/verify?key=${key}`, { method: 'POST' });
    const body = (await response.json()) as { code: string };
    assert.deepEqual([response.status, body.code], [400, 'key_in_query']);
    assert.ok(!first.logged().includes(key));
    assert.match(first.logged(), /an API key was sent where others can read it/);
    const events = await keeper.store.audit.list({ type: 'api_key.leaked', limit: 10 });
    assert.deepEqual(
      events.map(({ details }) => details?.source),
      ['query_string'],
    );
    const other = await fetch(`${first.url}/api-keys/verify?a=b`, { method: 'POST' });
    assert.equal(other.status, 400);
    assert.equal((await fetch(`${first.url}/api-keys/verify`)).status, 405);
  });

  test('An API key in the URL of the exchange, introspection and revocation endpoints is refused, whatever the body and method', async () => {
    const { newKey, keeper, first } = scene();
    for (const path of ['token', 'introspect', 'revoke']) {
      const { key, record } = await newKey();
      const fields = { token: key };
      const address = `${first.issuer}/${path}?token=${key}`;
      const { status, body } = await postForm(address, fields, {
        authorization: basic('orders-api', apiSecret),
      });
      assert.deepEqual([status, body.error], [400, 'invalid_request'], path);
      assert.match(String(body.error_description), /^An API key was sent in the URL/);
      const events = await keeper.store.audit.list({ type: 'api_key.leaked', limit: 10 });
      assert.ok(
        events.some(({ details }) => details?.key_id === record.id),
        path,
      );
      assert.equal(await reasonOn(first, { key }), 'valid');
      assert.equal((await fetch(address)).status, 400);
      assert.ok(!first.logged().includes(key));
    }
    for (const path of ['token', 'introspect', 'revoke', 'api-keys/verify']) {
      const { key, record } = await newKey();
      const { status } = await fetch(`${first.issuer}/${path}?a=${key}`);
      const events = await keeper.store.audit.list({ type: 'api_key.leaked', limit: 10 });
      assert.deepEqual([status, events[0]?.details?.key_id], [400, record.id], path);
    }
  });

  test('Any verification request gets one of the documented responses', async () => {
    const { newKey, first } = scene();
    const { key } = await newKey();
    const members = fc.dictionary(
      fc.constantFrom('key', 'keys', 'scopes', 'ip', 'environment', '__proto__', 'x'),
      fc.oneof(
        fc.anything({ maxDepth: 2 }),
        fc.constantFrom(key, '203.0.113.7', 'live'),
        fc.string({ unit: 'binary' }),
      ),
    );
    const question = fc.oneof(
      members.map((value) => JSON.stringify(value) ?? ''),
      fc.json(),
      fc.string({ unit: 'binary' }),
    );
    await fc.assert(
      fc.asyncProperty(question, async (text) => {
        const { status, body } = await ask(first.url, text);
        assert.ok(status === 200 || status === 400 || status === 413, `${status} for ${text}`);
        if (status === 200) assert.ok('valid' in body || 'results' in body);
        else assert.equal(typeof body.code, 'string');
      }),
      { numRuns: 150 },
    );
  });
});
