/** What a key may be used for, and what each refusal is called. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKey } from '../../src/api_keys/model/key_format.ts';
import type { VerificationRequest } from '../../src/api_keys/verification/key_verification.ts';
import { randomId } from '../../src/digests.ts';
import type { ApiKeyRecord } from '../../src/storage/api_keys.ts';
import { openStore } from '../../src/storage/open.ts';
import type { ProjectRecord } from '../../src/storage/projects.ts';
import { createMovableClock } from '../support/rooms.ts';
import { eachEngine } from '../support/stores.ts';
import { createKeeper, createVerifier, orders, stock } from './verifiers.ts';

await eachEngine((stores) => {
  async function setUp(t: { after(end: () => Promise<void>): void }) {
    const clock = createMovableClock(Date.now());
    const store = await openStore({ url: await stores.freshUrl() });
    const verifier = createVerifier(store, { clock });
    t.after(async () => {
      await verifier.usage.close();
      await store.close();
    });
    const keeper = createKeeper(store, clock);
    const keyOf = async (
      members: Partial<ApiKeyRecord> = {},
      owner: Partial<ProjectRecord> = {},
    ) => {
      const project = await keeper.project(owner);
      return { project, ...(await keeper.key({ projectId: project.id, ...members })) };
    };
    const reasonFor = async (key: string, request: Partial<VerificationRequest> = {}) => {
      const verdict = await verifier.verify({ key, ...request });
      return verdict.valid ? 'valid' : verdict.reason;
    };
    return { clock, store, verifier, keeper, keyOf, reasonFor };
  }

  test('A live API key is valid and is returned with its record, owner and scopes', async (t) => {
    const { verifier, keyOf } = await setUp(t);
    const { key, record, project } = await keyOf({ metadata: { team: 'blue' } });
    for (let time = 0; time < 2; time += 1) {
      const verdict = await verifier.verify({ key, api: [orders], scopes: ['orders:read'] });
      assert.ok(verdict.valid);
      assert.equal(verdict.record.id, record.id);
      assert.equal(verdict.project?.id, project.id);
      assert.deepEqual(verdict.scopes, ['orders:read']);
      assert.equal(verdict.tier, undefined);
      assert.equal(verdict.rateLimit, undefined);
    }
  });

  test('Each reason for refusing an API key has its own code', async (t) => {
    const { clock, store, keeper, keyOf, reasonFor } = await setUp(t);
    const now = clock.now();
    const { key } = await keyOf();
    const typo = `${key.slice(0, -1)}${key.endsWith('0') ? '1' : '0'}`;
    assert.equal(await reasonFor(typo), 'malformed');
    for (const text of [
      '',
      'acme_live_',
      'a'.repeat(4000),
      `${key} `,
      `\u0000${key}`,
      'é_live_x',
    ]) {
      assert.equal(await reasonFor(text), 'malformed');
    }
    assert.equal(await reasonFor(createKey('acme', 'live')), 'unknown');
    assert.equal(await reasonFor(key, { api: [stock] }), 'unknown');
    assert.equal(await reasonFor(key, { api: [] }), 'unknown');
    assert.equal(await reasonFor((await keyOf({ revokedAt: now })).key), 'revoked');
    assert.equal(await reasonFor((await keyOf({ expiresAt: now })).key), 'expired');
    assert.equal(await reasonFor((await keyOf({ expiresAt: now + 1000 })).key), 'valid');
    assert.equal(await reasonFor((await keyOf({ disabledAt: now })).key), 'disabled');
    assert.equal(await reasonFor((await keyOf({}, { disabledAt: now })).key), 'disabled');
    assert.equal(await reasonFor((await keyOf({}, { api: stock })).key), 'disabled');
    assert.equal(await reasonFor(key, { environment: 'test' }), 'wrong_environment');
    assert.equal(await reasonFor(key, { environment: 'live' }), 'valid');
    assert.equal(await reasonFor(key, { scopes: ['orders:write'] }), 'insufficient_scope');
    const gone = await keyOf({ api: 'https://gone.example' }, { api: 'https://gone.example' });
    assert.equal(await reasonFor(gone.key), 'disabled');
    assert.equal(await reasonFor(gone.key, { api: [orders] }), 'unknown');
    const outdated = await keyOf({ scopes: ['orders:read', 'orders:burn'] });
    assert.equal(await reasonFor(outdated.key), 'insufficient_scope');
    const orphan = await keyOf();
    await store.projects.remove(orphan.project.id);
    assert.equal(await reasonFor(orphan.key), 'disabled');
    assert.equal(await reasonFor((await keeper.key({ userId: randomId() })).key), 'disabled');
  });

  test('An API key that expires while cached is refused', async (t) => {
    const { clock, keyOf, reasonFor } = await setUp(t);
    const { key } = await keyOf({ expiresAt: clock.now() + 5000 });
    assert.equal(await reasonFor(key), 'valid');
    clock.advance(4999);
    assert.equal(await reasonFor(key), 'valid');
    clock.advance(1);
    assert.equal(await reasonFor(key), 'expired');
  });

  test('An allowlist covers IPv4 and IPv6, and an unknown address is not on it', async (t) => {
    const { keyOf, reasonFor } = await setUp(t);
    const { key } = await keyOf({ allowIps: ['203.0.113.0/24', '2001:db8::/32'] });
    for (const ip of ['203.0.113.7', '::ffff:203.0.113.7', '2001:db8::1']) {
      assert.equal(await reasonFor(key, { ip }), 'valid', ip);
    }
    for (const ip of ['203.0.114.7', '2001:db9::1', '', 'localhost', '203.0.113.7:80', undefined]) {
      assert.equal(await reasonFor(key, { ip }), 'ip_not_allowed', String(ip));
    }
  });

  test('An API key never has more rights than its owner', async (t) => {
    const { store, clock, keeper, verifier, keyOf, reasonFor } = await setUp(t);
    const both = ['orders:read', 'orders:write'];
    const { key } = await keyOf({ scopes: both }, { scopes: ['orders:read'] });
    const verdict = await verifier.verify({ key });
    assert.deepEqual(verdict.valid && verdict.scopes, ['orders:read']);
    assert.equal(await reasonFor(key, { scopes: ['orders:write'] }), 'insufficient_scope');

    const now = clock.now();
    const user = {
      ...{ id: randomId(), username: 'alice', emailVerified: false, claims: {}, roles: [] },
      ...{ createdAt: now, updatedAt: now, version: 1 },
    };
    await store.users.create(user);
    const own = await keeper.key({ userId: user.id, scopes: both });
    assert.equal(await reasonFor(own.key, { scopes: ['orders:read'] }), 'valid');
    assert.equal(await reasonFor(own.key, { scopes: ['orders:write'] }), 'insufficient_scope');
    await store.users.update({ ...user, disabledAt: now, version: 2 });
    await store.revocations.put({ key: `user:${user.id}`, expiresAt: now + 60_000 });
    assert.equal(await reasonFor(own.key), 'disabled');
    await store.users.update({ ...user, version: 3 });
    assert.equal(await reasonFor(own.key), 'valid');
    await store.users.remove(user.id);
    await store.revocations.put({ key: `user:${user.id}`, expiresAt: now + 60_000 });
    assert.equal(await reasonFor(own.key), 'disabled');
  });

  test('A malformed API key never reaches the store, and an unknown one does so once', async (t) => {
    const { clock, store } = await setUp(t);
    let looks = 0;
    const findByHash = (hash: string) => {
      looks += 1;
      return store.apiKeys.findByHash(hash);
    };
    const { verify, usage } = createVerifier(store, { clock, keys: { findByHash } });
    await verify({ key: 'acme_live_no' });
    assert.equal(looks, 0);
    const guess = createKey('acme', 'live');
    await Promise.all([verify({ key: guess }), verify({ key: guess })]);
    await verify({ key: guess });
    assert.equal(looks, 1);
    await usage.close();
  });

  test('An address that guesses is throttled on every process, and no valid API key is accepted from there', async (t) => {
    const { clock, store, verifier, keyOf, reasonFor } = await setUp(t);
    const { key } = await keyOf();
    const [cold, elsewhere] = [await keyOf(), await keyOf()];
    assert.equal(await reasonFor(key), 'valid');
    const ip = '2001:db8:0:1::1';
    const sameNetwork = '2001:db8:0:1:ffff::9';
    for (let guess = 0; guess < 100; guess += 1) {
      assert.equal(await reasonFor(createKey('acme', 'live'), { ip }), 'unknown');
    }
    assert.equal(await reasonFor(createKey('acme', 'live'), { ip: sameNetwork }), 'rate_limited');
    assert.equal(await reasonFor(cold.key, { ip }), 'valid');
    assert.equal(await reasonFor(key, { ip }), 'valid');
    // Another network, and what another API says of this one.
    assert.equal(await reasonFor(cold.key, { ip, api: [orders] }), 'valid');
    assert.equal(await reasonFor(elsewhere.key, { ip: '2001:db8:0:2::1' }), 'valid');
    // A good key is nothing that another API may tell from an invention.
    const asked = { ip, api: [stock] };
    for (let guess = 0; guess < 100; guess += 1) {
      assert.equal(await reasonFor(createKey('acme', 'live'), asked), 'unknown');
    }
    assert.equal(await reasonFor(key, asked), 'rate_limited');

    const other = createVerifier(store, { clock });
    const guesses: string[] = [];
    for (let guess = 0; guess < 15; guess += 1) {
      const verdict = await other.verify({ key: createKey('acme', 'live'), ip });
      if (!verdict.valid) guesses.push(verdict.reason);
    }
    assert.equal(guesses.filter((reason) => reason === 'unknown').length, 10);
    // Also where it was never used before, and the one after it.
    for (const { key: first } of [await keyOf(), await keyOf()]) {
      assert.ok((await other.verify({ key: first, ip })).valid);
    }
    clock.advance(600_001);
    assert.equal(await reasonFor(createKey('acme', 'live'), { ip }), 'unknown');
    await Promise.all([other.usage.close(), verifier.usage.flush()]);
  });

  test('A check without counting changes nothing', async (t) => {
    const { verifier, store, keyOf } = await setUp(t);
    const { key, record } = await keyOf({ tier: 'tiny' });
    for (let time = 0; time < 10; time += 1) {
      assert.ok((await verifier.verify({ key, count: false })).valid);
    }
    await verifier.usage.flush();
    assert.deepEqual(await store.apiKeys.lastUses([record.id]), []);
  });
});
