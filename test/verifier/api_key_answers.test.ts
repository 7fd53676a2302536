/** The short memory of API keys: how few questions it takes, and what it never lets through. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createKey } from '../../src/api_keys/model/key_format.ts';
import { protectFetch } from '../../src/verifier/index.ts';
import { inHeader, setUpKeys } from './support/api_keys.ts';
import { apiClient, type TestKey } from './support/key_endpoint.ts';
import { another, until } from './support/verifying.ts';

describe('Caching of API key verdicts', { concurrency: true }, () => {
  const all = (count: number, use: () => Promise<string>) =>
    Promise.all(Array.from({ length: count }, use));
  const count = (results: string[], wanted: string) =>
    results.filter((result) => result === wanted).length;

  test('Parallel uses of an API key share one request, and each is counted', async (context) => {
    const { apiKeys, code } = await setUpKeys(context, { cache: 0 });
    const { key } = apiKeys.make({ limit: 1000 });
    const results = await all(60, () => code(key));
    assert.equal(count(results, 'ok'), 60);
    assert.equal(apiKeys.requests.length, 1);
    assert.equal(apiKeys.told(), 60);
  });

  test('Uses that arrive during a request share its verdict', async (context) => {
    const { apiKeys, code } = await setUpKeys(context, { cache: 2 });
    const { key } = apiKeys.make();
    const release = apiKeys.hold();
    const first = code(key);
    await until(() => apiKeys.requests.length, 1);
    const others = all(50, () => code(key));
    release();
    assert.equal(count([await first, ...(await others)], 'ok'), 51);
    assert.equal(apiKeys.requests.length, 1);
    // They are told all the same, though nobody uses the key any more.
    await until(() => apiKeys.told(), 51);
    assert.equal(apiKeys.requests.length, 2);
  });

  test('Many API keys are verified in few requests', async (context) => {
    const { apiKeys, code } = await setUpKeys(context);
    const keys = Array.from({ length: 250 }, () => apiKeys.make().key);
    const results = await Promise.all([...keys, ...keys].map((key) => code(key)));
    assert.equal(count(results, 'ok'), 500);
    assert.ok(apiKeys.requests.length <= 5, String(apiKeys.requests.length));
    assert.ok(apiKeys.requests.every(({ length }) => length <= 100));
  });

  test('A cached refusal answers repeated uses', async (context) => {
    const { apiKeys, code } = await setUpKeys(context, { cache: 2 });
    const { key } = apiKeys.make({ reason: 'unknown' });
    for (let use = 0; use < 20; use += 1) assert.equal(await code(key), 'api_key_unknown');
    assert.equal(apiKeys.requests.length, 1);
  });

  test('A cached verdict is not used beyond its maximum age, so a revocation takes effect', async (context) => {
    const { apiKeys, code } = await setUpKeys(context);
    const made = apiKeys.make();
    assert.equal(await code(made.key), 'ok');
    made.reason = 'revoked';
    await until(() => code(made.key), 'api_key_revoked');
    made.reason = undefined;
    await until(() => code(made.key), 'ok');
  });

  test('A cached verdict does not outlive the API key', async (context) => {
    let shift = 0;
    const clock = { now: () => Date.now() + shift };
    const { apiKeys, code } = await setUpKeys(context, { cache: 2 }, { clock });
    const expires_at = new Date(Date.now() + 60_000).toISOString();
    const made = apiKeys.make({ answer: { expires_at } });
    assert.equal(await code(made.key), 'ok');
    shift = 61_000;
    made.reason = 'expired';
    assert.equal(await code(made.key), 'api_key_expired');
  });

  test('Without the cache option every use is verified anew', async (context) => {
    const { apiKeys, code } = await setUpKeys(context, { cache: 0 });
    const made = apiKeys.make();
    for (let use = 0; use < 5; use += 1) assert.equal(await code(made.key), 'ok');
    assert.equal(apiKeys.requests.length, 5);
    made.reason = 'revoked';
    assert.equal(await code(made.key), 'api_key_revoked');
  });

  for (const cache of [0, 1, 2]) {
    test(`A cached API key lets at most 5 % over its limit through in five processes (cache: ${cache})`, async (context) => {
      const at = await setUpKeys(context, { cache });
      const options = { api_keys: { ...apiClient, cache } };
      const others = Array.from({ length: 4 }, () => another(context, at.issuer, options));
      const codes = [at, ...others].map(({ code }) => code);
      const made = at.apiKeys.make({ limit: 1000 });
      let allowed = 0;
      for (let round = 0; round < 100; round += 1) {
        const results = await Promise.all(
          codes.flatMap((code) => Array.from({ length: 10 }, () => code(made.key))),
        );
        allowed += count(results, 'ok');
        assert.ok(results.every((result) => result === 'ok' || result === 'rate_limited'));
      }
      assert.ok(allowed >= 950 && allowed <= 1050, String(allowed));
      assert.equal(made.used, 1000);
    });
  }

  test('Cached uses that went over a limit are deducted from the next requests', async (context) => {
    const { apiKeys, code } = await setUpKeys(context, { cache: 2 });
    const made = apiKeys.make({ limit: 1000 });
    assert.equal(count(await all(5, () => code(made.key)), 'ok'), 5);
    for (let use = 0; use < 10; use += 1) assert.equal(await code(made.key), 'ok');
    assert.equal(made.used, 5);
    // Others used up the rest meanwhile.
    made.used = 1000;
    assert.equal(await code(made.key), 'rate_limited');
    made.used = 990;
    await until(() => made.used, 1000);
    assert.equal(await code(made.key), 'rate_limited');
  });

  test('Closing the verifier reports all cached uses', async (context) => {
    const { apiKeys, code, verifier } = await setUpKeys(context, { cache: 2 });
    const made = apiKeys.make();
    for (let use = 0; use < 30; use += 1) assert.equal(await code(made.key), 'ok');
    await verifier.close();
    assert.equal(made.used, 30);
    assert.equal(await code(made.key), 'closed');
  });

  test('The cache holds a bounded number of API keys', async (context) => {
    const { apiKeys, code, verifier } = await setUpKeys(context, { max_keys: 100 });
    for (let round = 0; round < 5; round += 1) {
      const strangers = Array.from({ length: 80 }, () => createKey('acme', 'live'));
      await Promise.all(strangers.map((key) => code(key)));
      assert.ok(verifier.metrics().api_keys <= 100);
    }
    assert.equal(await code(apiKeys.make().key), 'ok');
    await until(() => verifier.metrics().api_keys, 0);
  });

  test('A verdict about a limit says when to retry', async (context) => {
    const { apiKeys, verifier } = await setUpKeys(context);
    const handler = protectFetch(verifier, () => new Response('in'));
    const ask = (key: TestKey) => handler(new Request('https://a.example', inHeader(key.key)));
    const made = apiKeys.make({ limit: 1 });
    assert.equal((await ask(made)).status, 200);
    for (let use = 0; use < 2; use += 1) {
      const refused = await ask(made);
      assert.equal(refused.status, 429);
      assert.ok(Number(refused.headers.get('retry-after')) >= 29);
      assert.match(String(refused.headers.get('ratelimit')), /^"minute";r=0;t=(29|30)$/);
      assert.equal(refused.headers.get('ratelimit-policy'), '"minute";q=1;w=60');
      assert.equal(refused.headers.get('www-authenticate'), null);
      assert.equal(((await refused.json()) as { error: string }).error, 'rate_limited');
    }
    // Of an address that guesses: no limit of the key.
    const shutOut = await ask(apiKeys.make({ reason: 'rate_limited' }));
    assert.deepEqual([shutOut.status, shutOut.headers.get('ratelimit')], [429, null]);
  });
});
