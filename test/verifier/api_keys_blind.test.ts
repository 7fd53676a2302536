/** API keys while nobody answers about them: what is refused, and what its user may choose to accept. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bearer, setUpKeys, shown } from './support/api_keys.ts';
import { refusalOf, until } from './support/verifying.ts';

describe('API keys while Cardea does not answer', { concurrency: true }, () => {
  type At = Awaited<ReturnType<typeof setUpKeys>>;
  const ways: Record<string, (at: At) => unknown> = {
    'because it is gone': ({ issuer }) => issuer.stop(),
    'but hangs': ({ issuer }) => issuer.become('hang'),
    'but fails': ({ issuer }) => issuer.become('fail'),
    'but redirects': ({ apiKeys }) =>
      apiKeys.answerInstead((response) => response.writeHead(307, { location: '/' }).end()),
    'but talks nonsense': ({ apiKeys }) =>
      apiKeys.answerInstead((response) => response.end('{"results":[{"valid":true}]}')),
    'but says too little': ({ apiKeys }) =>
      apiKeys.answerInstead((response) => response.end('{"results":[]}')),
  };
  for (const [name, lose] of Object.entries(ways)) {
    test(`API keys are refused with 503 when Cardea does not answer ${name}`, async (context) => {
      const at = await setUpKeys(context, { cache: 0 }, { timeout: 0.5 });
      const { key } = at.apiKeys.make();
      assert.equal(await at.code(key), 'ok');
      await lose(at);
      const refusal = await refusalOf(at.verifier.verify(key));
      assert.deepEqual([refusal.code, refusal.status], ['api_keys_unavailable', 503]);
      assert.equal(at.verifier.metrics().blind, true);
      const isBlind = (event: object) => 'source' in event && event.source === 'api_keys';
      assert.ok(at.events.some(isBlind));
      assert.ok(!shown([refusal, at.events]).includes(key.slice(12)));
    });
  }

  test('The when_blind option accepts recently valid API keys within their limits and nothing else', async (context) => {
    let shift = 0;
    const clock = { now: () => Date.now() + shift };
    const at = await setUpKeys(context, { cache: 0 }, { when_blind: 'accept', clock });
    const { apiKeys, code, verifyKey } = at;
    const [free, limited, revoked, unmet, brief] = [
      apiKeys.make(),
      apiKeys.make({ limit: 10 }),
      apiKeys.make(),
      apiKeys.make(),
      apiKeys.make({ answer: { expires_at: new Date(Date.now() + 60_000).toISOString() } }),
    ];
    for (const { key } of [free, limited, revoked, brief]) assert.equal(await code(key), 'ok');
    revoked.reason = 'revoked';
    assert.equal(await code(revoked.key), 'api_key_revoked');
    await at.issuer.stop();

    assert.equal((await verifyKey(free.key)).revocation, 'unknown');
    for (let use = 0; use < 9; use += 1) assert.equal(await code(limited.key), 'ok');
    assert.equal(await code(limited.key), 'api_keys_unavailable');
    assert.equal(await code(revoked.key), 'api_keys_unavailable');
    assert.equal(await code(unmet.key), 'api_keys_unavailable');
    shift = 61_000;
    assert.equal(await code(brief.key), 'api_keys_unavailable');
    shift = 0;

    await at.issuer.start();
    await until(() => code(unmet.key), 'ok');
    // What was let through meanwhile is counted.
    await until(() => limited.used, 10);
    assert.equal(await code(limited.key), 'rate_limited');
    assert.equal(at.verifier.metrics().blind, false);
  });

  test('Uses that pile up to more than one report holds are all reported after an outage', async (context) => {
    const { apiKeys, code, issuer } = await setUpKeys(
      context,
      { cache: 0 },
      { when_blind: 'accept' },
    );
    const made = apiKeys.make({ limit: 400 });
    assert.equal(await code(made.key), 'ok');
    await issuer.stop();
    for (let use = 0; use < 250; use += 1) assert.equal(await code(made.key), 'ok');
    made.used = 400;
    await issuer.start();
    await until(() => code(made.key), 'rate_limited');
    made.used = 0;
    await until(() => code(made.key), 'ok');
    await until(() => made.used >= 251, true);
  });

  test('The when_blind option accepts no API key for longer than max_staleness', async (context) => {
    const { apiKeys, code, issuer } = await setUpKeys(
      context,
      {},
      { when_blind: 'accept', max_staleness: 3 },
    );
    const { key } = apiKeys.make();
    assert.equal(await code(key), 'ok');
    await issuer.stop();
    await until(() => code(key), 'api_keys_unavailable');
  });

  test('An API whose client may not verify API keys accepts none and says so', async (context) => {
    const at = await setUpKeys(context, { cache: 0 }, { when_blind: 'accept' });
    const { key } = at.apiKeys.make();
    assert.equal(await at.code(key), 'ok');
    at.apiKeys.answerInstead((response) => response.writeHead(401).end());
    assert.equal(await at.code(key), 'api_keys_unavailable');
    const told = at.events.find(({ type }) => type === 'fetch_failed');
    assert.ok(told && 'reason' in told && told.reason === 'answered 401');
  });

  test('No error reveals an API key or secret, even if the fetch function puts them in its errors', async (context) => {
    const at = await setUpKeys(
      context,
      {},
      {
        fetch: (url, init) =>
          url.endsWith('/api-keys/verify')
            ? Promise.reject(Object.assign(new Error(String(init.body)), { init }))
            : fetch(url, init),
      },
    );
    const { key } = at.apiKeys.make();
    const refusal = await refusalOf(at.verifier.verify(bearer(key)));
    assert.equal(refusal.code, 'api_keys_unavailable');
    const out = shown([refusal, at.events, at.verifier, at.verifier.metrics()]);
    assert.ok(!out.includes(key) && !out.includes('Basic '));
    const verified = await setUpKeys(context);
    const accepted = verified.apiKeys.make();
    assert.ok(!shown(await verified.verifyKey(accepted.key)).includes(accepted.key));
  });
});
