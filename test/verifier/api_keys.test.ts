/** API keys in the place of tokens, asked about at an endpoint that keeps the contract of Cardea's. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createKey } from '../../src/api_keys/model/key_format.ts';
import {
  createVerifier,
  protectFetch,
  tokenOf,
  type VerifierOptions,
} from '../../src/verifier/index.ts';
import { bearer, inHeader, setUpKeys } from './support/api_keys.ts';
import { apiClient } from './support/key_endpoint.ts';
import { refusalOf, setUp } from './support/verifying.ts';

describe('API key verification', { concurrency: true }, () => {
  test('An API key is accepted where a token is and identifies its bearer in the same way', async (context) => {
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
        ...{ scopes: ['orders:read'], quota: null, binding: 'none', revocation: 'checked' },
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

  test('A key is taken with the schemes that the API allows, and nothing else is', async (context) => {
    const { apiKeys, code } = await setUpKeys(context, { schemes: ['basic', 'token'] });
    const { key } = apiKeys.make();
    const codeOf = (authorization: string) => code({ headers: { authorization } });
    const inBasic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
    for (const allowed of [inBasic(`${key}:`), inBasic(`${key}:x`), `Token ${key}`]) {
      assert.equal(await codeOf(allowed), 'ok', allowed);
    }
    for (const refused of [`ApiKey ${key}`, inBasic(`x:${key}`), inBasic('a:b'), 'Token x']) {
      assert.equal(await codeOf(refused), 'missing_token', refused);
    }
    await assert.rejects(setUpKeys(context, { schemes: ['bearer'] as never }), /schemes must be/);
  });

  test('An API key works with handlers that were written for tokens', async (context) => {
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
    assert.equal(answer.headers.get('ratelimit-policy'), '"minute";q=50;w=60');
    assert.equal(answer.headers.get('ratelimit'), '"minute";r=49;t=30');
    const other = await ask(await issuer.issue());
    assert.deepEqual(await other.json(), ['alice', 'shop']);
    assert.equal(other.headers.get('ratelimit'), null);
  });

  test('A malformed API key is refused locally and is not sent anywhere', async (context) => {
    const { apiKeys, code } = await setUpKeys(context, { prefix: 'acme' });
    const { key } = apiKeys.make();
    const typo = key.slice(0, 20) + (key[20] === 'a' ? 'b' : 'a') + key.slice(21);
    for (const input of [
      typo,
      inHeader(typo),
      inHeader(key.slice(0, -1)),
      inHeader(`${key}x`),
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

  test('An API key in two places at once, or under the DPoP scheme, is refused', async (context) => {
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

  test('An empty API key header left by a gateway is ignored', async (context) => {
    const { verifier, code, issuer } = await setUpKeys(context);
    const authorization = `Bearer ${await issuer.issue()}`;
    for (const empty of ['', ' ']) {
      const taken = await verifier.verify({ headers: { authorization, 'x-api-key': empty } });
      assert.equal(taken.kind, 'access_token');
      assert.equal(await code({ headers: { 'x-api-key': empty } }), 'missing_token');
    }
  });

  test('An API key in a URL is refused in every case and reported with its ends only', async (context) => {
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

  test('An API key is refused as a malformed token where API keys are not enabled', async (context) => {
    const { issuer, code } = await setUp(context);
    const { key } = issuer.apiKeys.make();
    assert.equal(await code(key), 'malformed_token');
    assert.equal(await code(inHeader(key)), 'missing_token');
    assert.equal(issuer.apiKeys.requests.length, 0);
  });

  test('Only an API key is accepted where API keys are required', async (context) => {
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
  test('Each reason for refusing an API key has its own code, and the caller does not learn the reason', async (context) => {
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

  test('An API key of another API of the same client, or of another environment, is refused', async (context) => {
    const { apiKeys, code } = await setUpKeys(context, {}, { environment: 'any' });
    const { key } = apiKeys.make({ answer: { api: 'https://stock.example' } });
    assert.equal(await code(key), 'api_key_wrong_audience');
    assert.equal(await code(apiKeys.make({}, 'test').key), 'ok');
    const lied = apiKeys.make({ answer: { environment: 'live' } }, 'test');
    assert.equal(await code(lied.key), 'api_key_wrong_environment');
  });

  test('An API key must have the required scopes', async (context) => {
    const { apiKeys, code, verifier } = await setUpKeys(context);
    const { key } = apiKeys.make();
    assert.equal(await code(key, 'orders:read'), 'ok');
    const refusal = await refusalOf(verifier.verify(bearer(key), { scopes: 'orders:write' }));
    assert.deepEqual([refusal.code, refusal.status], ['insufficient_scope', 403]);
    assert.match(String(refusal.wwwAuthenticate), /scope="orders:write"/);
  });

  test('A handler cannot give an API key more rights for the next handler', async (context) => {
    const { apiKeys, verifyKey } = await setUpKeys(context);
    const { key } = apiKeys.make();
    const { scopes, metadata } = await verifyKey(key);
    assert.throws(() => (scopes as string[]).push('orders:write'), TypeError);
    assert.throws(() => Object.assign(metadata, { team: 'b' }), TypeError);
    assert.deepEqual((await verifyKey(key)).scopes, ['orders:read']);
  });

  test("An API key is verified with the caller's address, and its cached verdict applies to that address", async (context) => {
    const client_address = (request: unknown) => (request as { address?: string }).address;
    const { apiKeys, code } = await setUpKeys(context, {}, { client_address });
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

describe('API key options', () => {
  const bad: [string, object, RegExp][] = [
    ['no secret', { client_id: 'a' }, /api_keys.client_secret/],
    ['no client', { client_secret: 'b' }, /api_keys.client_id/],
    ['a cache beyond the promise', { cache: 2.1 }, /api_keys.cache must be a number from 0 to 2/],
    ['a prefix that no key has', { prefix: 'Acme' }, /api_keys.prefix/],
    ['a text as flag', { required: 'yes' }, /api_keys.required/],
    ['a text as flag for tokens', { ask_for_tokens: 1 }, /api_keys.ask_for_tokens/],
    ['endless memory', { max_keys: Number.POSITIVE_INFINITY }, /api_keys.max_keys/],
    ['a name that does not exist', { ttl: 1 }, /api_keys has no option "ttl"/],
  ];
  const good = { issuer: 'https://id.example', audience: 'https://orders.example' };
  for (const [name, changes, message] of bad) {
    test(`API key options with ${name} are refused with the option's name`, () => {
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

  test('API keys cannot be combined with a required token binding', () => {
    const options = { ...good, api_keys: apiClient, dpop: { required: true } };
    assert.throws(() => createVerifier(options), /exclude each other/);
    assert.throws(
      () => createVerifier({ ...good, api_keys: 'key' } as unknown as VerifierOptions),
      /api_keys must be an object/,
    );
  });
});
