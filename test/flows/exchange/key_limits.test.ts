/** What an API key is exchanged for is worth what the key is: its limits, its networks, its usage. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJwt } from 'jose';
import { alice } from '../../../harness/sign_in.ts';
import { lookUps, operationsDuring } from '../../support/store_operations.ts';
import { eachEngine } from '../../support/stores.ts';
import { until } from '../../verifier/support/verifying.ts';
import { orders, stock } from './configuration.ts';
import { accessTokenType, sceneOn, tokenOf } from './scene.ts';

const network = '203.0.113.0/24';
const inside = '203.0.113.7';
const outside = '198.51.100.7';

await eachEngine((stores) => {
  const scene = sceneOn(stores);

  const counted = (keyId: string, ...wanted: [number, number, number]) =>
    until(async () => (await scene().usageOf(keyId)).join(' '), wanted.join(' '));

  test("A token names the limits and networks of every API key it derives from, including the actor's", async () => {
    const { newKey, exchangeKey, exchange } = scene();
    const limits = { requests_per_minute: 60, requests_per_month: 1000 };
    const allow_ips = ['127.0.0.0/8', '2001:db8::/32'];
    const one = await newKey({ limits, allow_ips });
    const other = await newKey({ tier: 'tiny' });
    const [subject_token, actor_token] = [
      tokenOf(await exchange('orders-api', tokenOf(await exchangeKey(one.key)))),
      tokenOf(await exchange('orders-api', tokenOf(await exchangeKey(other.key)))),
    ];
    assert.deepEqual(decodeJwt(subject_token).api_keys, [{ id: one.id, ...limits, allow_ips }]);
    const actor = { actor_token, actor_token_type: accessTokenType };
    const acting = tokenOf(await exchange('orders-api', subject_token, actor));
    assert.deepEqual(decodeJwt(acting).api_keys, [
      { id: one.id, ...limits, allow_ips },
      { id: other.id, requests_per_minute: 3 },
    ]);
  });

  test("The tokens of an API key share the key's rate limit at the gateway across all nodes", async () => {
    const { newKey, exchangeKey, exchange, gatewayAnswer, one, other } = scene();
    const limits = { requests_per_minute: 6 };
    const { id, key } = await newKey({ limits });
    const first = tokenOf(await exchangeKey(key));
    const second = tokenOf(await exchange('orders-api', first));
    const settings = { scope: 'orders:read' };
    const passed = await gatewayAnswer(first, settings);
    assert.equal(passed.status, 200);
    assert.equal(passed.headers.get('ratelimit-policy'), '"minute";q=6;w=60');
    const uses = [first, second, key, first, second, key, first, second].map((token, at) =>
      gatewayAnswer(token, settings, { node: at % 2 ? one : other }),
    );
    const statuses = (await Promise.all(uses)).map(({ status }) => status).sort();
    assert.deepEqual(statuses, [200, 200, 200, 200, 429, 429, 429, 429]);
    for (const token of [first, second, key]) {
      const refused = await gatewayAnswer(token, settings);
      assert.equal(refused.status, 429);
      assert.ok(Number(refused.headers.get('retry-after')) >= 1);
      assert.match(refused.headers.get('ratelimit') ?? '', /^"minute";r=0;t=\d+$/);
    }
    // The exchange was a use, too.
    await counted(id, 6, 7, 0);
  });

  test('The monthly quota of an API key applies to its tokens', async () => {
    const { newKey, exchangeKey, atGateway, gatewayAnswer } = scene();
    const { key } = await newKey({ limits: { requests_per_month: 3 } });
    const token = tokenOf(await exchangeKey(key));
    assert.deepEqual([await atGateway(token), await atGateway(token)], [200, 200]);
    const refused = await gatewayAnswer(token, { refuse_with: '403' });
    assert.equal(refused.status, 403);
    assert.equal(refused.headers.get('cardea-error'), 'quota_exceeded');
  });

  test("The tokens of an API key pass from the key's networks only, even when the key merely acts", async () => {
    const { one, newKey, exchange, gatewayAnswer, serviceToken, other } = scene();
    const { id, key } = await newKey({ allow_ips: [network, '127.0.0.1'] });
    const first = tokenOf(await scene().exchangeKey(key));
    const second = tokenOf(await exchange('orders-api', first));
    const acting = tokenOf(
      await exchange('orders-api', await serviceToken('job', orders), {
        ...{ actor_token: second, actor_token_type: accessTokenType },
      }),
    );
    const from = async (token: string, address: string) =>
      (await gatewayAnswer(token, {}, { from: address })).status;
    for (const token of [first, second, acting]) {
      assert.equal(await from(token, inside), 200);
      assert.equal(await from(token, outside), 401);
    }
    assert.ok((one.logged() + other.logged()).includes('"outcome":"ip_not_allowed"'));
    await counted(id, 4, 0, 3);
  });

  test('A refused token counts as denied for its API key and is reported with the tier', async () => {
    const { newKey, exchangeKey, gatewayAnswer, exchange } = scene();
    const { id, key } = await newKey({ tier: 'tiny', limits: { requests_per_minute: 100 } });
    const narrow = tokenOf(await exchangeKey(key, { scope: 'orders:read' }));
    const passed = await gatewayAnswer(narrow, { scope: 'orders:read' });
    assert.equal(passed.headers.get('cardea-tier'), 'tiny');
    const again = tokenOf(await exchange('orders-api', narrow));
    assert.equal((await gatewayAnswer(again, {})).headers.get('cardea-tier'), 'tiny');
    const refused = await gatewayAnswer(narrow, { scope: 'orders:write' });
    assert.equal(refused.status, 403);
    assert.match(refused.headers.get('www-authenticate') ?? '', /insufficient_scope/);
    assert.equal((await gatewayAnswer(narrow, { environment: 'test' })).status, 401);
    await counted(id, 3, 0, 2);
  });

  test("An introspection by the API counts as a use of the API key, and one by the token's own client does not", async () => {
    const { one, session, newKey, exchangeKey, exchange, introspect } = scene();
    const { id, key } = await newKey({
      scopes: ['orders:read'],
      limits: { requests_per_minute: 3 },
    });
    const token = tokenOf(await exchangeKey(key));
    const told = await introspect(token);
    assert.equal(told.body.active, true);
    assert.equal(told.headers.get('ratelimit-policy'), '"minute";q=3;w=60');
    // For another client, which is not the API that it is for.
    assert.deepEqual((await introspect(token, {}, 'job')).body, { active: false });
    assert.equal((await introspect(token)).body.active, true);
    const refused = await introspect(token);
    assert.equal(refused.status, 200);
    const { rate_limit, ...rest } = refused.body;
    assert.deepEqual(rest, { active: false, reason: 'rate_limited' });
    assert.deepEqual(Object.keys(rate_limit as object), ['limit', 'remaining', 'reset', 'window']);
    await counted(id, 3, 1, 0);

    const { id: another, key: passedOn } = await newKey({ scopes: ['items:read'] });
    const own = tokenOf(await exchange('orders-api', tokenOf(await exchangeKey(passedOn))));
    const { accessToken } = await session().newTokens(one, { resource: orders });
    const forStock = tokenOf(
      await exchange('orders-api', accessToken, {
        ...{ resource: stock, actor_token: own, actor_token_type: accessTokenType },
      }),
    );
    assert.equal((await introspect(forStock, {}, 'orders-api')).body.active, true);
    assert.equal((await introspect(forStock, {}, 'stock-api')).body.active, true);
    await counted(another, 2, 0, 0);
  });

  test("An API reports the caller's address with each use, and without one no allowlist matches", async () => {
    const { newKey, exchangeKey, introspect } = scene();
    const { key } = await newKey({ allow_ips: [network, '127.0.0.1'] });
    const notAllowed = { active: false, reason: 'ip_not_allowed' };
    for (const credential of [key, tokenOf(await exchangeKey(key))]) {
      assert.equal((await introspect(credential, { ip: inside })).body.active, true);
      assert.deepEqual((await introspect(credential, { ip: outside })).body, notAllowed);
      assert.deepEqual((await introspect(credential)).body, notAllowed);
      const wrong = await introspect(credential, { ip: 'here' });
      assert.deepEqual([wrong.status, wrong.body.error], [400, 'invalid_request']);
    }
  });

  test('A token used many times costs the store no more than its API key does', async () => {
    const { newKey, exchangeKey, gatewayAnswer, store, other } = scene();
    const person = await store.users.findByUsername(alice.username);
    for (const owner of [{}, { user_id: person?.id, scopes: ['orders:read'] }]) {
      const { key } = await newKey({ ...owner, limits: { requests_per_minute: 100_000 } });
      const token = tokenOf(await exchangeKey(key));
      for (const credential of [key, token]) {
        await gatewayAnswer(credential);
        const operations = await operationsDuring(other, async () => {
          for (let count = 0; count < 20; count += 1) await gatewayAnswer(credential);
        });
        assert.deepEqual(lookUps(operations), {});
        assert.ok((operations['revocations.sequence'] ?? 0) >= 20);
      }
    }
  });
});
