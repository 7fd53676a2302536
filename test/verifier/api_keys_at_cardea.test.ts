/** API keys at Cardea itself: two nodes that share a store, and a verifier that asks one of them. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createKey } from '../../src/api_keys/model/key_format.ts';
import { createVerifier, VerifierError, type VerifierOptions } from '../../src/verifier/index.ts';
import { declaration, orders } from '../flows/api_keys/configuration.ts';
import { apiSecret } from '../flows/api_keys/keys.ts';
import { openNodes } from '../flows/api_keys/nodes.ts';
import { postForm } from '../support/flows.ts';
import { sharedScene } from '../support/scenes.ts';
import { eachEngine } from '../support/stores.ts';
import { until } from './support/verifying.ts';

await eachEngine((stores) => {
  const ends: (() => unknown)[] = [];
  after(() => Promise.all(ends.map((end) => end())));
  const scene = sharedScene(stores, (url) => openNodes(url, { declaration }));

  /** Asks the node with this index, as one behind the issuer's address. */
  const verifierAt = (index: number, options: Partial<VerifierOptions> = {}) => {
    const { first, second } = scene();
    const node = index % 2 === 0 ? first : second;
    const verifier = createVerifier({
      issuer: first.issuer,
      audience: orders,
      api_keys: {
        client_id: 'orders-api',
        client_secret: apiSecret,
        prefix: 'acme',
      },
      client_address: (request) => (request as { address?: string }).address,
      fetch: (url, init) => fetch(url.replace(first.issuer, node.url), init),
      ...options,
    });
    ends.push(() => verifier.close());
    const code = async (key: string, address?: string) => {
      try {
        const verified = await verifier.verify({ token: key, ...(address && { address }) });
        return verified.kind;
      } catch (failure) {
        assert.ok(failure instanceof VerifierError, String(failure));
        return failure.code;
      }
    };
    return { verifier, code };
  };

  test("A handler gets the API key's record as it was created", async () => {
    const { first, second, newKey } = scene();
    const { verifier } = verifierAt(0);
    const { key, record } = await newKey({ tier: 'free', metadata: { team: 'blue' } });
    const verified = await verifier.verify(key, { scopes: 'orders:read' });
    assert.ok(verified.kind === 'api_key');
    assert.deepEqual(
      [verified.key_id, verified.project, verified.tier, verified.metadata],
      [record.id, record.projectId, 'free', { team: 'blue' }],
    );
    assert.equal(verified.rate_limit?.limit, 1000);
    assert.ok([first, second].every((node) => !node.logged().includes(key)));
  });

  test('A test API key does not open a live API, and neither does its exchanged token', async () => {
    const { first, newKey } = scene();
    const [live, tokensOnly, testing] = [
      verifierAt(0),
      verifierAt(0, { api_keys: undefined }),
      verifierAt(0, { environment: 'test' }),
    ];
    const credentialsOf = async (environment: 'live' | 'test') => {
      const { key } = await newKey({ environment });
      const { body } = await postForm(`${first.issuer}/token`, {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        ...{ subject_token: key, subject_token_type: 'urn:cardea:token-type:api_key' },
      });
      return { key, token: String(body.access_token) };
    };
    const ofTest = await credentialsOf('test');
    assert.equal(await live.code(ofTest.key), 'api_key_wrong_environment');
    assert.equal(await live.code(ofTest.token), 'wrong_environment');
    assert.equal(await tokensOnly.code(ofTest.token), 'wrong_environment');
    assert.equal(await testing.code(ofTest.key), 'api_key');
    assert.equal(await testing.code(ofTest.token), 'access_token');
    const ofLive = await credentialsOf('live');
    assert.equal(await live.code(ofLive.key), 'api_key');
    assert.equal(await live.code(ofLive.token), 'access_token');
    assert.equal(await tokensOnly.code(ofLive.token), 'access_token');
    assert.equal(await testing.code(ofLive.key), 'api_key_wrong_environment');
    assert.equal(await testing.code(ofLive.token), 'wrong_environment');
  });

  test('An API key disabled or revoked on one node is refused by a verifier that just asked another', async () => {
    const { keeper, newKey } = scene();
    const { code } = verifierAt(1);
    const { key, record } = await newKey();
    assert.equal(await code(key), 'api_key');
    await keeper.change(record.id, { disabledAt: Date.now() });
    await until(() => code(key), 'api_key_disabled');
    await keeper.change(record.id, { disabledAt: undefined });
    await until(() => code(key), 'api_key');
    await keeper.change(record.id, { revokedAt: Date.now() });
    await until(() => code(key), 'api_key_revoked');
  });

  test('An allowlist applies to the address that the API reports', async () => {
    const { newKey } = scene();
    const { code } = verifierAt(0);
    const { key } = await newKey({ allowIps: ['203.0.113.0/24', '2001:db8::/32'] });
    assert.equal(await code(key, '203.0.113.9'), 'api_key');
    assert.equal(await code(key, '2001:db8::1'), 'api_key');
    assert.equal(await code(key, '::ffff:203.0.113.9'), 'api_key');
    assert.equal(await code(key, '198.51.100.1'), 'api_key_ip_not_allowed');
    assert.equal(await code(key), 'api_key_ip_not_allowed');
  });

  test('Made-up caller addresses do not keep others from being answered', async () => {
    const { newKey } = scene();
    const { code } = verifierAt(0);
    const { key } = await newKey();
    const addresses = [
      '::1.2.3.4',
      '64:ff9b::1.2.3.4',
      '0:0:0:0:0:ffff:1.2.3.4',
      '::1%x',
      '::',
      '1',
    ];
    for (const address of addresses) {
      const answers = await Promise.all([
        code(key, '203.0.113.9'),
        code(createKey('acme', 'live'), address),
      ]);
      assert.deepEqual(answers, ['api_key', 'api_key_unknown'], address);
    }
  });

  test('A limit holds within 5 % at five times its rate through four verifiers and two nodes', async () => {
    const { newKey } = scene();
    const codes = [0, 1, 2, 3].map((index) => verifierAt(index).code);
    const { key } = await newKey({ limits: { requestsPerMonth: 1000 } });
    const counts: Record<string, number> = {};
    for (let round = 0; round < 50; round += 1) {
      const uses = codes.flatMap((code) => Array.from({ length: 25 }, () => code(key)));
      for (const result of await Promise.all(uses)) counts[result] = (counts[result] ?? 0) + 1;
    }
    const { api_key: allowed = 0, quota_exceeded: refused = 0 } = counts;
    assert.equal(allowed + refused, 5000, JSON.stringify(counts));
    assert.ok(allowed >= 950 && allowed <= 1050, String(allowed));
  });
});
