/** Tokens that come of API keys, and what a verifier does without asking: two nodes of Cardea, and verifiers. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createKey } from '../../src/api_keys/model/key_format.ts';
import {
  type ApiKeyOptions,
  createVerifier,
  VerifierError,
  type VerifierOptions,
} from '../../src/verifier/index.ts';
import { declaration, orders } from '../flows/api_keys/configuration.ts';
import { apiSecret } from '../flows/api_keys/keys.ts';
import { openNodes } from '../flows/api_keys/nodes.ts';
import { postForm } from '../support/flows.ts';
import { sharedScene } from '../support/scenes.ts';
import { eachEngine } from '../support/stores.ts';
import { until } from './support/verifying.ts';

const network = '203.0.113.0/24';
const inside = '203.0.113.7';

await eachEngine((stores) => {
  const ends: (() => unknown)[] = [];
  after(() => Promise.all(ends.map((end) => end())));
  const scene = sharedScene(stores, (url) => openNodes(url, { declaration }));

  const verifierWith = (
    keyOptions: Partial<ApiKeyOptions> | undefined,
    options: Partial<VerifierOptions> = {},
  ) => {
    const { issuer } = scene().first;
    const credentials = { client_id: 'orders-api', client_secret: apiSecret };
    const verifier = createVerifier({
      ...{ issuer, audience: orders },
      api_keys: keyOptions && { ...credentials, ...keyOptions },
      client_address: (request) => (request as { address?: string }).address,
      ...options,
    });
    ends.push(() => verifier.close());
    const code = async (token: string, address?: string) => {
      try {
        const { kind } = await verifier.verify({ token, ...(address && { address }) });
        return kind;
      } catch (failure) {
        assert.ok(failure instanceof VerifierError, String(failure));
        return failure.code;
      }
    };
    return { verifier, code };
  };

  const exchanged = async (key: string): Promise<string> => {
    const { status, body } = await postForm(`${scene().first.url}/token`, {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: key,
      subject_token_type: 'urn:cardea:token-type:api_key',
    });
    assert.equal(status, 200, JSON.stringify(body));
    return String(body.access_token);
  };

  const counted = (keyId: string, wanted: string) =>
    until(async () => {
      const range = { from: '2000-01-01', to: '9999-12-31' };
      const rows = await scene().keeper.store.usage.query({ ...range, keyId, limit: 10 });
      const sum = (name: 'allowed' | 'limited' | 'denied') =>
        rows.reduce((total, row) => total + row[name], 0);
      return `allowed ${sum('allowed')}, limited ${sum('limited')}, denied ${sum('denied')}`;
    }, wanted);

  test("A token of an API key is accepted from the key's networks only by a verifier that knows the caller's address", async () => {
    const { newKey } = scene();
    const allowIps = ['127.0.0.1', network, '2001:db8::/32'];
    const { key, record } = await newKey({ allowIps, tier: 'free' });
    const token = await exchanged(key);
    const { verifier, code } = verifierWith(undefined);
    for (const address of [inside, '2001:db8::1', `::ffff:${inside}`]) {
      assert.equal(await code(token, address), 'access_token', address);
    }
    for (const address of [
      '198.51.100.7',
      '2001:db9::1',
      '::ffff:198.51.100.7',
      'here',
      undefined,
    ]) {
      assert.equal(await code(token, address), 'address_not_allowed', address);
    }
    const verified = await verifier.verify({ token, address: inside } as never);
    assert.ok(verified.kind === 'access_token');
    assert.deepEqual(verified.api_keys, [
      {
        ...{ id: record.id, allow_ips: allowIps },
        ...{ requests_per_minute: 1000, requests_per_month: 100_000 },
      },
    ]);
    const unaware = verifierWith(undefined, { client_address: undefined });
    assert.equal(await unaware.code(token), 'access_token');
  });

  test('With ask_for_tokens a token counts as a use of its API key, and one limit covers both', async () => {
    const { newKey } = scene();
    const { key, record } = await newKey({ tier: 'tiny' });
    const token = await exchanged(key);
    const { verifier, code } = verifierWith({ ask_for_tokens: true });
    const verified = await verifier.verify(token);
    assert.ok(verified.kind === 'access_token');
    assert.deepEqual([verified.rate_limit?.limit, verified.rate_limit?.remaining], [3, 1]);
    assert.equal(await code(key), 'api_key');
    assert.equal(await code(token), 'rate_limited');
    await counted(record.id, 'allowed 3, limited 1, denied 0');
    // Who does not ask cannot know.
    assert.equal(await verifierWith(undefined).code(token), 'access_token');
  });

  test('With ask_for_tokens many long tokens are answered in time', async () => {
    const { newKey } = scene();
    const allowIps = ['127.0.0.1', ...Array.from({ length: 99 }, (_, at) => `2001:db8:${at}::/48`)];
    const { key } = await newKey({ allowIps });
    const tokens = await Promise.all(Array.from({ length: 14 }, () => exchanged(key)));
    const { code } = verifierWith({ ask_for_tokens: true });
    const codes = await Promise.all(tokens.map((token) => code(token, '2001:db8:7::1')));
    assert.deepEqual([...new Set(codes)], ['access_token']);
    const again = await Promise.all(tokens.map((token) => code(token, '2001:db8:7::1')));
    assert.deepEqual([...new Set(again)], ['access_token']);
  });

  test('Uses that a verifier allowed just before a revocation count as allowed, and its own refusals as denied', async () => {
    const { newKey, keeper } = scene();
    const { key, record } = await newKey();
    const { verifier, code } = verifierWith({ cache: 2 });
    for (let use = 0; use < 20; use += 1) assert.equal(await code(key), 'api_key');
    await keeper.change(record.id, { revokedAt: Date.now() });
    // Its last uses are told by now or with the next question, which finds the key revoked.
    await until(() => code(key), 'api_key_revoked');
    const allowed = verifier.metrics().verified_total;
    for (let use = 0; use < 20; use += 1) assert.equal(await code(key), 'api_key_revoked');
    const refused = verifier.metrics().refused_total.api_key_revoked ?? 0;
    await verifier.close();
    await counted(record.id, `allowed ${allowed}, limited 0, denied ${refused}`);
  });

  test("An API key in an API's URL is reported as leaked, and an invented one is not", async () => {
    const { newKey, keeper, first, second } = scene();
    const { key, record } = await newKey();
    const { key: another } = await newKey({ api: 'https://stock.example' });
    const { verifier, code } = verifierWith({});
    assert.equal(await code(key), 'api_key');
    for (const leaked of [key, another, createKey('acme', 'live')]) {
      const request = { headers: {}, url: `/orders?key=${leaked}` };
      await assert.rejects(verifier.verify(request), { code: 'key_in_query' });
    }
    await verifier.close();
    const events = await keeper.store.audit.list({ type: 'api_key.leaked', limit: 10 });
    assert.deepEqual(
      events.map(({ details }) => [details?.key_id, details?.source]),
      [[record.id, 'query_string']],
    );
    assert.ok(!`${first.logged()}${second.logged()}`.includes(key));
  });

  test('Each use that a verifier refuses by a limit is counted once as limited', async () => {
    const { newKey } = scene();
    const { key, record } = await newKey({ tier: 'tiny' });
    const { verifier, code } = verifierWith({ cache: 2 });
    const codes = [];
    for (let use = 0; use < 20; use += 1) codes.push(await code(key));
    const allowed = codes.filter((each) => each === 'api_key').length;
    await verifier.close();
    await counted(record.id, `allowed ${allowed}, limited ${20 - allowed}, denied 0`);
  });
});
