/** API keys in the place of tokens, asked about at an endpoint that keeps the contract of Cardea's. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { createKey } from '../../src/api_keys/format.ts';
import {
  type ApiKeyOptions,
  createVerifier,
  protectFetch,
  tokenOf,
  type VerifiedApiKey,
  type VerifierOptions,
} from '../../src/verifier/index.ts';
import { apiClient, type TestKey } from './support/key_endpoint.ts';
import { refusalOf, setUp, until } from './support/verifying.ts';

type Cleanup = Parameters<typeof setUp>[0];

async function setUpKeys(
  context: Cleanup,
  keyOptions: Partial<ApiKeyOptions> = {},
  options: Partial<VerifierOptions> = {},
) {
  const at = await setUp(context, { api_keys: { ...apiClient, ...keyOptions }, ...options });
  const { apiKeys } = at.issuer;
  return {
    ...at,
    apiKeys,
    verifyKey: async (input: Parameters<typeof at.verifier.verify>[0]): Promise<VerifiedApiKey> => {
      const verified = await at.verifier.verify(input);
      assert.ok(verified.kind === 'api_key');
      return verified;
    },
  };
}

const bearer = (key: string) => ({ headers: { authorization: `Bearer ${key}` } });
const inHeader = (key: string) => ({ headers: { 'x-api-key': key } });
/** Everything that a failure would show to who logs it. */
const shown = (value: unknown) => inspect(value, { depth: 20, showHidden: true });

describe('an API key', { concurrency: true }, () => {
  test('is taken where a token is, and says the same of its bearer', async (context) => {
    const { apiKeys, issuer, verifyKey, verifier } = await setUpKeys(context);
    const { id, key } = apiKeys.make({
      limit: 1000,
      answer: { expires_at: '2099-01-01T00:00:00.000Z' },
    });
    for (const input of [key, { token: key }, bearer(key), inHeader(key)]) {
      const { rate_limit: rateLimit, ...rest } = await verifyKey(input);
      assert.equal(rateLimit?.limit, 1000);
      assert.deepEqual(rest, {
        ...{ kind: 'api_key', key_id: id, project: 'project_1', user: undefined, tier: 'free' },
        ...{ environment: 'live', expires_at: '2099-01-01T00:00:00.000Z', metadata: { team: 'a' } },
        ...{ scopes: ['orders:read'], binding: 'none', revocation: 'checked' },
        claims: {
          ...{ iss: issuer.issuer, sub: 'project_1', aud: issuer.audience, client_id: id },
          ...{ jti: id, scope: 'orders:read', exp: 4070908800 },
          ...{ api_key_id: id, environment: 'live', project: 'project_1', act: { sub: id } },
        },
      });
    }
    const token = await issuer.issue();
    assert.equal((await verifier.verify(token)).kind, 'access_token');
    const { user, claims } = await verifyKey(
      apiKeys.make({ answer: { project: undefined, user: 'user_1' } }).key,
    );
    assert.deepEqual([user, claims.sub, 'exp' in claims], ['user_1', 'user_1', false]);
  });

  test('opens to handlers that were written for tokens', async (context) => {
    const { apiKeys, verifier, issuer } = await setUpKeys(context);
    const handler = protectFetch(
      verifier,
      (request, { claims }) => Response.json([claims.sub, tokenOf(request).claims.client_id]),
      { scopes: 'orders:read' },
    );
    const { id, key } = apiKeys.make({ limit: 50 });
    const ask = (credential: string) =>
      handler(new Request('https://orders.example/items', bearer(credential)));
    const answer = await ask(key);
    assert.deepEqual(await answer.json(), ['project_1', id]);
    assert.equal(answer.headers.get('ratelimit-policy'), '"api-key";q=50');
    assert.equal(answer.headers.get('ratelimit'), '"api-key";r=49;t=30');
    const other = await ask(await issuer.issue());
    assert.deepEqual(await other.json(), ['alice', 'shop']);
    assert.equal(other.headers.get('ratelimit'), null);
  });

  test('is refused for its form alone when nobody made it, and sent nowhere', async (context) => {
    const { apiKeys, code } = await setUpKeys(context, { prefix: 'acme' });
    const { key } = apiKeys.make();
    const typo = key.slice(0, 20) + (key[20] === 'a' ? 'b' : 'a') + key.slice(21);
    for (const input of [
      typo,
      inHeader(typo),
      inHeader(key.slice(0, -1)),
      inHeader(`${key}x`),
      inHeader(''),
      inHeader('secret of another service'),
      inHeader(createKey('other', 'live')),
    ]) {
      assert.equal(await code(input), 'api_key_malformed');
    }
    // Not by its form a key of this API: a token, which it is not either.
    assert.equal(await code(createKey('other', 'live')), 'malformed_token');
    assert.equal(await code(createKey('acme', 'test')), 'api_key_wrong_environment');
    assert.equal(apiKeys.requests.length, 0);
  });

  test('is refused in two places at once, and by the DPoP scheme', async (context) => {
    const { apiKeys, code, issuer } = await setUpKeys(context);
    const { key } = apiKeys.make();
    const token = await issuer.issue();
    for (const authorization of [`Bearer ${key}`, `Bearer ${token}`, 'Basic YTpi', '']) {
      const headers = { authorization, 'x-api-key': key };
      assert.equal(await code({ headers }), 'invalid_request');
    }
    assert.equal(await code({ token, ...inHeader(key) }), 'invalid_request');
    assert.equal(await code({ headers: { 'x-api-key': [key, key] } }), 'invalid_request');
    const twice = new Headers(inHeader(key).headers);
    twice.append('x-api-key', key);
    assert.equal(await code({ headers: twice }), 'api_key_malformed');
    assert.equal(await code({ headers: { authorization: `DPoP ${key}` } }), 'token_not_bound');
    assert.equal(apiKeys.requests.length, 0);
  });

  test('in a URL is refused whatever else comes, and told to the operator by its ends only', async (context) => {
    const { apiKeys, code, events, issuer, verifier } = await setUpKeys(context);
    const { key } = apiKeys.make();
    const token = await issuer.issue();
    const urls = [
      ...[`/?key=${key}`, `/a?b=c&${key}`, `https://orders.example/?api_key=${key}#a`],
      `/?access_token=${key}`,
    ];
    for (const url of urls) {
      assert.equal(await code({ ...bearer(token), url }), 'key_in_query');
      assert.equal(await code({ ...inHeader(key), url }), 'key_in_query');
    }
    assert.equal(await code({ ...bearer(token), url: `/?key=${key.slice(0, -1)}` }), 'ok');
    const told = events.filter(({ type }) => type === 'key_in_query');
    const display = `acme_liv…${key.slice(-4)}`;
    assert.deepEqual(told, Array(2 * urls.length).fill({ type: 'key_in_query', display }));
    assert.equal(verifier.metrics().refused_total.key_in_query, told.length);
    assert.equal(apiKeys.requests.length, 0);
  });

  test('is no more than a malformed token where keys are not taken', async (context) => {
    const { issuer, code } = await setUp(context);
    const { key } = issuer.apiKeys.make();
    assert.equal(await code(key), 'malformed_token');
    assert.equal(await code(inHeader(key)), 'missing_token');
    assert.equal(issuer.apiKeys.requests.length, 0);
  });

  test('alone is taken where keys are required', async (context) => {
    const { apiKeys, issuer, code } = await setUpKeys(context, { required: true });
    assert.equal(await code(await issuer.issue()), 'api_key_required');
    assert.equal(await code(apiKeys.make().key), 'ok');
  });

  const reasons: [string, string, number][] = [
    ['unknown', 'api_key_unknown', 401],
    ['malformed', 'api_key_malformed', 401],
    ['revoked', 'api_key_revoked', 401],
    ['expired', 'api_key_expired', 401],
    ['disabled', 'api_key_disabled', 401],
    ['ip_not_allowed', 'api_key_ip_not_allowed', 401],
    ['wrong_environment', 'api_key_wrong_environment', 401],
    ['insufficient_scope', 'insufficient_scope', 403],
    ['rate_limited', 'rate_limited', 429],
    ['quota_exceeded', 'quota_exceeded', 429],
    ['a word of a later version', 'api_key_unknown', 401],
    ['constructor', 'api_key_unknown', 401],
  ];
  test('is refused for each reason with its code, and whoever holds it learns nothing', async (context) => {
    const { apiKeys, verifier } = await setUpKeys(context);
    const texts = new Set<string>();
    for (const [reason, code, status] of reasons) {
      const refusal = await refusalOf(verifier.verify(apiKeys.make({ reason }).key));
      assert.equal(refusal.code, code, reason);
      assert.equal(refusal.status, status, reason);
      assert.equal(refusal.wwwAuthenticate === undefined, status === 429);
      assert.equal(refusal.retryAfter === undefined, status !== 429);
      if (status === 401) texts.add(`${refusal.message} ${refusal.wwwAuthenticate}`);
    }
    assert.equal(texts.size, 1);
  });

  test('of another API of the same client, or of another environment, is refused', async (context) => {
    const { apiKeys, code } = await setUpKeys(context, {}, { environment: 'any' });
    const { key } = apiKeys.make({ answer: { api: 'https://stock.example' } });
    assert.equal(await code(key), 'api_key_wrong_audience');
    assert.equal(await code(apiKeys.make({}, 'test').key), 'ok');
    const lied = apiKeys.make({ answer: { environment: 'live' } }, 'test');
    assert.equal(await code(lied.key), 'api_key_wrong_environment');
  });

  test('needs the scopes that are asked for', async (context) => {
    const { apiKeys, code, verifier } = await setUpKeys(context);
    const { key } = apiKeys.make();
    assert.equal(await code(key, 'orders:read'), 'ok');
    const refusal = await refusalOf(verifier.verify(bearer(key), { scopes: 'orders:write' }));
    assert.deepEqual([refusal.code, refusal.status], ['insufficient_scope', 403]);
    assert.match(String(refusal.wwwAuthenticate), /scope="orders:write"/);
  });

  test('cannot be given more by one handler for the next', async (context) => {
    const { apiKeys, verifyKey } = await setUpKeys(context);
    const { key } = apiKeys.make();
    const { scopes, metadata } = await verifyKey(key);
    assert.throws(() => (scopes as string[]).push('orders:write'), TypeError);
    assert.throws(() => Object.assign(metadata, { team: 'b' }), TypeError);
    assert.deepEqual((await verifyKey(key)).scopes, ['orders:read']);
  });

  test('is asked about with the address of who uses it, and remembered for that one', async (context) => {
    const { apiKeys, code } = await setUpKeys(context, {
      client_address: (request) => (request as { address?: string }).address,
    });
    const { key } = apiKeys.make({ allowed: ['203.0.113.7', 'fe80::1'] });
    const from = (address: string) => code({ ...inHeader(key), address } as never);
    assert.equal(await from('203.0.113.7'), 'ok');
    assert.equal(await from('203.0.113.8'), 'api_key_ip_not_allowed');
    assert.equal(await from('203.0.113.7'), 'ok');
    assert.equal(await from('fe80::1%eth0'), 'ok');
    assert.equal(await from('not an address'), 'api_key_ip_not_allowed');
    assert.equal(await code(key), 'api_key_ip_not_allowed');
    assert.deepEqual(
      [...new Set(apiKeys.requests.flat().map(({ ip }) => ip))],
      ['203.0.113.7', '203.0.113.8', 'fe80::1', undefined],
    );
  });
});

describe('the answer of a moment ago', { concurrency: true }, () => {
  const all = (count: number, use: () => Promise<string>) =>
    Promise.all(Array.from({ length: count }, use));
  const count = (results: string[], wanted: string) =>
    results.filter((result) => result === wanted).length;

  test('covers parallel calls with one round trip, and each is counted', async (context) => {
    const { apiKeys, code } = await setUpKeys(context, { cache: 0 });
    const { key } = apiKeys.make({ limit: 1000 });
    const results = await all(60, () => code(key));
    assert.equal(count(results, 'ok'), 60);
    assert.equal(apiKeys.requests.length, 1);
    assert.equal(apiKeys.told(), 60);
  });

  test('covers those that come while it is under way', async (context) => {
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

  test('of many keys takes few requests', async (context) => {
    const { apiKeys, code } = await setUpKeys(context);
    const keys = Array.from({ length: 250 }, () => apiKeys.make().key);
    const results = await Promise.all([...keys, ...keys].map((key) => code(key)));
    assert.equal(count(results, 'ok'), 500);
    assert.ok(apiKeys.requests.length <= 5, String(apiKeys.requests.length));
    assert.ok(apiKeys.requests.every(({ length }) => length <= 100));
  });

  test('says no to more of the same', async (context) => {
    const { apiKeys, code } = await setUpKeys(context, { cache: 2 });
    const { key } = apiKeys.make({ reason: 'unknown' });
    for (let use = 0; use < 20; use += 1) assert.equal(await code(key), 'api_key_unknown');
    assert.equal(apiKeys.requests.length, 1);
  });

  test('is not believed once it is older than it may be: a revocation holds', async (context) => {
    const { apiKeys, code } = await setUpKeys(context);
    const made = apiKeys.make();
    assert.equal(await code(made.key), 'ok');
    made.reason = 'revoked';
    await until(() => code(made.key), 'api_key_revoked');
    made.reason = undefined;
    await until(() => code(made.key), 'ok');
  });

  test('does not outlive the key', async (context) => {
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

  test('is not asked for without the option', async (context) => {
    const { apiKeys, code } = await setUpKeys(context, { cache: 0 });
    const made = apiKeys.make();
    for (let use = 0; use < 5; use += 1) assert.equal(await code(made.key), 'ok');
    assert.equal(apiKeys.requests.length, 5);
    made.reason = 'revoked';
    assert.equal(await code(made.key), 'api_key_revoked');
  });

  for (const cache of [0, 1, 2]) {
    test(`lets no more through than the limit and 5 %, in five processes (cache: ${cache})`, async (context) => {
      const at = await setUpKeys(context, { cache });
      const others = Array.from({ length: 4 }, () => anotherWith(context, at.issuer, cache));
      const codes = [at.code, ...others];
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

  test('is paid first: what went beyond a limit is missing from the next', async (context) => {
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

  test('is told to the end: closing counts what is left', async (context) => {
    const { apiKeys, code, verifier } = await setUpKeys(context, { cache: 2 });
    const made = apiKeys.make();
    for (let use = 0; use < 30; use += 1) assert.equal(await code(made.key), 'ok');
    await verifier.close();
    assert.equal(made.used, 30);
    assert.equal(await code(made.key), 'closed');
  });

  test('is kept of so many keys and no more', async (context) => {
    const { apiKeys, code, verifier } = await setUpKeys(context, { max_keys: 100 });
    for (let round = 0; round < 5; round += 1) {
      const strangers = Array.from({ length: 80 }, () => createKey('acme', 'live'));
      await Promise.all(strangers.map((key) => code(key)));
      assert.ok(verifier.metrics().api_keys <= 100);
    }
    assert.equal(await code(apiKeys.make().key), 'ok');
    await until(() => verifier.metrics().api_keys, 0);
  });

  test('of a limit is told with when to come back', async (context) => {
    const { apiKeys, verifier } = await setUpKeys(context);
    const handler = protectFetch(verifier, () => new Response('in'));
    const ask = (key: TestKey) => handler(new Request('https://a.example', inHeader(key.key)));
    const made = apiKeys.make({ limit: 1 });
    assert.equal((await ask(made)).status, 200);
    for (let use = 0; use < 2; use += 1) {
      const refused = await ask(made);
      assert.equal(refused.status, 429);
      assert.ok(Number(refused.headers.get('retry-after')) >= 29);
      assert.match(String(refused.headers.get('ratelimit')), /^"api-key";r=0;t=(29|30)$/);
      assert.equal(refused.headers.get('ratelimit-policy'), '"api-key";q=1');
      assert.equal(refused.headers.get('www-authenticate'), null);
      assert.equal(((await refused.json()) as { error: string }).error, 'rate_limited');
    }
    // Of an address that guesses: no limit of the key.
    const shutOut = await ask(apiKeys.make({ reason: 'rate_limited' }));
    assert.deepEqual([shutOut.status, shutOut.headers.get('ratelimit')], [429, null]);
  });
});

function anotherWith(
  context: Cleanup,
  issuer: { issuer: string; audience: string },
  cache: number,
) {
  const { issuer: url, audience } = issuer;
  const verifier = createVerifier({ issuer: url, audience, api_keys: { ...apiClient, cache } });
  context.after(() => verifier.close());
  return async (key: string) => {
    try {
      await verifier.verify(key);
      return 'ok';
    } catch (failure) {
      return (failure as { code: string }).code;
    }
  };
}

describe('when Cardea does not answer about keys', { concurrency: true }, () => {
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
    test(`${name}: keys are refused with 503`, async (context) => {
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

  test('who chose so accepts what was valid a moment ago, within its limit, and nothing else', async (context) => {
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

  test('who comes back to more than one request can tell is answered', async (context) => {
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

  test('not even who chose so accepts for longer than max_staleness', async (context) => {
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

  test('because the API may not ask: accepts nothing, and says so', async (context) => {
    const at = await setUpKeys(context, { cache: 0 }, { when_blind: 'accept' });
    const { key } = at.apiKeys.make();
    assert.equal(await at.code(key), 'ok');
    at.apiKeys.answerInstead((response) => response.writeHead(401).end());
    assert.equal(await at.code(key), 'api_keys_unavailable');
    const told = at.events.find(({ type }) => type === 'fetch_failed');
    assert.ok(told && 'reason' in told && told.reason === 'answered 401');
  });

  test('neither key nor secret gets out, also where a fetch tells all in its errors', async (context) => {
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

describe('options of API keys', () => {
  const bad: [string, object, RegExp][] = [
    ['no secret', { client_id: 'a' }, /api_keys.client_secret/],
    ['no client', { client_secret: 'b' }, /api_keys.client_id/],
    ['a cache beyond the promise', { cache: 2.1 }, /api_keys.cache must be a number from 0 to 2/],
    ['a prefix that no key has', { prefix: 'Acme' }, /api_keys.prefix/],
    ['a text as flag', { required: 'yes' }, /api_keys.required/],
    ['a text as address', { client_address: '::1' }, /api_keys.client_address/],
    ['endless memory', { max_keys: Number.POSITIVE_INFINITY }, /api_keys.max_keys/],
    ['a name that does not exist', { ttl: 1 }, /api_keys has no option "ttl"/],
  ];
  const good = { issuer: 'https://id.example', audience: 'https://orders.example' };
  for (const [name, changes, message] of bad) {
    test(`with ${name} are refused by name`, () => {
      const given = name.startsWith('no ') ? changes : { ...apiClient, ...changes };
      const options = { ...good, api_keys: given } as VerifierOptions;
      assert.throws(
        () => createVerifier(options),
        (failure) =>
          failure instanceof TypeError &&
          message.test(failure.message) &&
          !failure.message.includes(apiClient.client_secret),
      );
    });
  }

  test('do not go with a binding that keys cannot have', () => {
    const options = { ...good, api_keys: apiClient, dpop: { required: true } };
    assert.throws(() => createVerifier(options), /exclude each other/);
    assert.throws(
      () => createVerifier({ ...good, api_keys: 'key' } as unknown as VerifierOptions),
      /api_keys must be an object/,
    );
  });
});
