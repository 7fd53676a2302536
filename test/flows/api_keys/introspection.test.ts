/** API keys at the introspection endpoint (RFC 7662). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKey } from '../../../src/api_keys/model/key_format.ts';
import { basic, postForm } from '../../support/flows.ts';
import { startTestServer } from '../../support/server.ts';
import { eachEngine } from '../../support/stores.ts';
import { declaration, jobSecret, orders } from './configuration.ts';
import { apiSecret, openKeeper, stockSecret } from './keys.ts';

const inactive = { active: false };

await eachEngine((stores) => {
  test("An API key is active at introspection by its API's client and inactive for everybody else", async (t) => {
    const store = await stores.freshUrl();
    const server = await startTestServer({ store, declaration });
    const keeper = await openKeeper(store);
    t.after(async () => {
      await server.close();
      await keeper.store.close();
    });
    const introspect = async (token: string, authorization: string, fields = {}) => {
      const { status, body } = await postForm(
        `${server.issuer}/introspect`,
        { token, ...fields },
        { authorization },
      );
      assert.equal(status, 200);
      return body;
    };
    const own = basic('orders-api', apiSecret);
    const project = await keeper.project();
    const expiresAt = Date.now() + 3_600_000;
    const { key, record } = await keeper.key({ projectId: project.id, expiresAt, tier: 'tiny' });
    const expected = {
      active: true,
      iss: server.issuer,
      token_type: 'api_key',
      scope: 'orders:read',
      sub: project.id,
      aud: orders,
      jti: record.id,
      iat: Math.floor(record.createdAt / 1000),
      exp: Math.floor(expiresAt / 1000),
      environment: 'live',
    };
    for (const hint of [{}, { token_type_hint: 'access_token' }, { token_type_hint: 'api_key' }]) {
      assert.deepEqual(await introspect(key, own, hint), expected);
    }
    // An introspection is a use of the key: this was the fourth, of three a minute.
    const { rate_limit, ...over } = await introspect(key, own);
    assert.deepEqual(over, { active: false, reason: 'rate_limited' });
    assert.equal((rate_limit as { limit: number }).limit, 3);

    const { key: another, record: live } = await keeper.key({ projectId: project.id });
    assert.deepEqual(await introspect(another, basic('stock-api', stockSecret)), inactive);
    assert.deepEqual(await introspect(another, basic('job', jobSecret)), inactive);
    assert.deepEqual(await introspect(createKey('acme', 'live'), own), inactive);
    assert.equal((await introspect(another, own)).active, true);
    await keeper.change(live.id, { revokedAt: Date.now() });
    assert.deepEqual(await introspect(another, own), inactive);
    const { key: homebound } = await keeper.key({
      projectId: project.id,
      allowIps: ['203.0.113.0/24'],
    });
    assert.deepEqual(await introspect(homebound, own), { active: false, reason: 'ip_not_allowed' });
    assert.equal((await introspect(homebound, own, { ip: '203.0.113.7' })).active, true);
    assert.ok(!server.logged().includes(key));
  });
});
