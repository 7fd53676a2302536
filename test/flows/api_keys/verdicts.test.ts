/** The metric of verdicts about keys, whichever way a key is used. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKey } from '../../../src/api_keys/model/key_format.ts';
import { refusalReasons } from '../../../src/api_keys/model/verdict.ts';
import type { ApiKeyRecord } from '../../../src/storage/api_keys.ts';
import { basic, postForm } from '../../support/flows.ts';
import { startTestServer } from '../../support/server.ts';
import { onSqlite } from '../../support/stores.ts';
import { declaration, orders } from './configuration.ts';
import { apiSecret, ask, openKeeper } from './keys.ts';

onSqlite((stores) => {
  test('Each use of an API key is counted once under its verdict, and other requests are not counted', async (t) => {
    const store = await stores.freshUrl();
    const server = await startTestServer({ store, declaration });
    const keeper = await openKeeper(store);
    t.after(async () => {
      await server.close();
      await keeper.store.close();
    });
    const project = await keeper.project();
    const keyWith = async (members: Partial<ApiKeyRecord> = {}) =>
      (await keeper.key({ projectId: project.id, ...members })).key;
    const counted = async () => {
      const metrics = await server.measured();
      const metric = metrics.find(({ name }) => name === 'cardea_api_key_verifications_total');
      const values = metric?.values.map(({ labels, value }) => [labels.outcome, value]) ?? [];
      return Object.fromEntries(values) as Record<string, number>;
    };
    /** What came to the counts, but for those that stayed. */
    const added = async (use: () => Promise<unknown>) => {
      const before = await counted();
      await use();
      const changes = Object.entries(await counted()).map(([name, count]) => [
        name,
        count - (before[name] ?? 0),
      ]);
      return Object.fromEntries(changes.filter(([, count]) => count !== 0));
    };
    const none = Object.fromEntries(['valid', ...refusalReasons].map((name) => [name, 0]));
    assert.deepEqual(await counted(), none);

    const key = await keyWith();
    const [ended, monthly] = [{ revokedAt: Date.now() }, { tier: 'monthly' }];
    const wrong: [string, object][] = [
      ['unknown', { key: createKey('acme', 'live') }],
      ['malformed', { key: 'acme_live_no' }],
      ['revoked', { key: await keyWith(ended) }],
      ['expired', { key: await keyWith({ expiresAt: Date.now() - 1 }) }],
      ['disabled', { key: await keyWith({ disabledAt: Date.now() }) }],
      ['ip_not_allowed', { key: await keyWith({ allowIps: ['203.0.113.7'] }) }],
      ['insufficient_scope', { key, scopes: ['orders:write'] }],
      ['wrong_environment', { key, environment: 'test' }],
    ];
    for (const [reason, question] of wrong) {
      assert.deepEqual(await added(() => ask(server.url, question)), { [reason]: 1 });
    }
    const over = async (members: Partial<ApiKeyRecord>, uses: number) => {
      const limited = await keyWith(members);
      return added(async () => {
        for (let use = 0; use < uses; use += 1) await ask(server.url, { key: limited });
      });
    };
    assert.deepEqual(await over({ tier: 'tiny' }, 4), { valid: 3, rate_limited: 1 });
    assert.deepEqual(await over(monthly, 4), { valid: 2, quota_exceeded: 2 });

    const batch = () => ask(server.url, { keys: [key, { key }, 'acme_live_no'] });
    assert.deepEqual(await added(batch), { valid: 2, malformed: 1 });
    const atGateway = (query: string, credential: string) =>
      fetch(`${server.url}/forward-auth?api=${orders}${query}`, {
        headers: { 'x-api-key': credential },
      });
    assert.deepEqual(await added(() => atGateway('', key)), { valid: 1 });
    // To hand over a token the key is looked at once more, which is no second use.
    assert.deepEqual(await added(() => atGateway('&token=jwt', key)), { valid: 1 });
    const gone = createKey('acme', 'live');
    assert.deepEqual(await added(() => atGateway('', gone)), { unknown: 1 });
    const introspect = (token: string) =>
      postForm(
        `${server.issuer}/introspect`,
        { token },
        { authorization: basic('orders-api', apiSecret) },
      );
    assert.deepEqual(await added(() => introspect(key)), { valid: 1 });
    assert.deepEqual(await added(() => introspect('no key')), {});
    const exchange = (subject_token: string) =>
      postForm(`${server.issuer}/token`, {
        ...{ grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange', subject_token },
        subject_token_type: 'urn:cardea:token-type:api_key',
      });
    assert.deepEqual(await added(() => exchange(key)), { valid: 1 });
    assert.deepEqual(await added(() => exchange(gone)), { unknown: 1 });
    const refused = () => ask(server.url, { key }, basic('orders-api', 'not its secret'));
    assert.deepEqual(await added(refused), {});
  });
});
