/** Tiers that change while two processes run. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testSecret } from '../../harness/test_secret.ts';
import { effectiveLimits } from '../../src/api_keys/model/tiers.ts';
import { createServices } from '../../src/app/services.ts';
import { bySystem as by } from '../../src/audit/room.ts';
import { systemClock as clock } from '../../src/clock.ts';
import { declarationSchema } from '../../src/config/schema/declaration.ts';
import { randomId } from '../../src/digests.ts';
import { openStore } from '../../src/storage/open.ts';
import { eachEngine } from '../support/stores.ts';

const orders = 'https://orders.example';
const free = { requests_per_minute: 100 };
const limit = (perMinute: number) => ({ requests_per_minute: perMinute });

await eachEngine((stores) => {
  type Context = { after(end: () => Promise<void>): void };

  /** Processes on one store. `file`: what it says of API keys. */
  async function setUp(t: Context, file: object = { tiers: { free }, default_tier: 'free' }) {
    const url = await stores.freshUrl();
    const lines: Record<string, number> =
      'default_tier' in file ? { 'api_keys.default_tier': 7 } : {};
    const config = {
      declaration: declarationSchema.parse({
        apis: [{ identifier: orders, name: 'Orders', scopes: { read: 'Read' } }],
        api_keys: file,
      }),
      secrets: [Buffer.from(testSecret, 'base64url')],
      file: { name: 'cardea.yaml', lines },
      ...{ issuer: 'https://id.example', developmentMode: false },
    };
    const log = { debug() {}, info() {}, warn() {}, error() {} };
    const start = async () => {
      const store = await openStore({ url });
      const services = createServices({ config, store, clock, log });
      t.after(async () => {
        await services.close();
        await store.close();
      });
      await services.ready();
      return { services, tiers: await services.tiers() };
    };
    return [await start(), await start()] as const;
  }

  test('A tier that one process makes, changes or deletes is the same in another with its next look', async (t) => {
    const [one, other] = await setUp(t);
    const seen = async () => {
      await other.services.watch.catchUp();
      return other.services.keyPolicy.tiers;
    };
    await one.tiers.create('pro', limit(5), by);
    assert.deepEqual(await seen(), { free, pro: limit(5) });
    await one.tiers.replace('pro', limit(7), by);
    assert.deepEqual(await seen(), { free, pro: limit(7) });
    await one.tiers.remove('pro', by);
    assert.deepEqual(await seen(), { free });
  });

  test('Of twenty that create, change or delete one tier at once, one does, and one event says so', async (t) => {
    const processes = await setUp(t);
    const all = async (change: (at: number) => Promise<unknown>) => {
      const done = await Promise.allSettled(Array.from({ length: 20 }, (_, at) => change(at)));
      return done.filter(({ status }) => status === 'fulfilled').length;
    };
    const tiersOf = (at: number) => processes[at % 2 === 0 ? 0 : 1].tiers;
    assert.equal(await all((at) => tiersOf(at).create('pro', limit(at + 1), by)), 1);
    const { version: expectedVersion } = await tiersOf(0).get('pro');
    const onVersion = { ...by, expectedVersion };
    assert.equal(await all((at) => tiersOf(at).replace('pro', limit(at + 100), onVersion)), 1);
    assert.equal(await all((at) => tiersOf(at).remove('pro', by)), 1);
    const [{ services }] = processes;
    const events = await services.store.audit.list({
      target: { kind: 'tier', id: 'pro' },
      limit: 9,
    });
    const types = events.map(({ type }) => type);
    assert.deepEqual(types, ['tier.deleted', 'tier.updated', 'tier.created']);
  });

  test('The default tier cannot be deleted, and whoever saw it before it lost that does not take it back', async (t) => {
    const [{ tiers }] = await setUp(t, { tiers: { free } });
    const first = await tiers.create('first', { ...limit(1), is_default: true }, by);
    await assert.rejects(tiers.remove('first', by), { code: 'is_default' });
    const second = await tiers.create('second', { ...limit(2), is_default: true }, by);
    const stale = tiers.replace(...(['first', { ...limit(9), is_default: true }] as const), {
      ...by,
      expectedVersion: first.version,
    });
    await assert.rejects(stale, { code: 'version_mismatch' });
    await assert.rejects(tiers.remove('second', by), { code: 'is_default' });
    await tiers.remove('first', by);
    await tiers.replace('second', limit(2), { ...by, expectedVersion: second.version });
    await tiers.remove('second', by);
    assert.deepEqual(
      (await tiers.list()).map(({ name }) => name),
      ['free'],
    );
  });

  test('A tier of the file stays as the file has it, and so does its default', async (t) => {
    const [{ tiers }] = await setUp(t);
    for (const change of [
      () => tiers.create('free', limit(1), by),
      () => tiers.replace('free', limit(1), by),
      () => tiers.remove('free', by),
      () => tiers.create('pro', { is_default: true }, by),
    ]) {
      await assert.rejects(change, { code: 'managed_by_file' });
    }
  });

  test('API keys whose tier is deleted while they are made have the limits of the default tier', async (t) => {
    const [one, other] = await setUp(t);
    await one.tiers.create('pro', limit(5), by);
    await other.services.watch.catchUp();
    const keys = await other.services.apiKeys();
    const projects = await other.services.projects();
    const project = await projects.create({ name: randomId(), api: orders }, by);
    const input = {
      name: 'ci',
      api: orders,
      scopes: ['read'],
      project_id: project.id,
      tier: 'pro',
    };
    const made = await Promise.allSettled([
      one.tiers.remove('pro', by),
      ...Array.from({ length: 10 }, () => keys.create(input, { ...by, createdBy: 'operator' })),
    ]);
    assert.equal(made[0]?.status, 'fulfilled');
    await other.services.watch.catchUp();
    const { keyPolicy } = other.services;
    assert.deepEqual(effectiveLimits({}, 'pro', keyPolicy), {
      ...{ perMinute: free.requests_per_minute, perMonth: undefined },
    });
    await assert.rejects(keys.create(input, { ...by, createdBy: 'operator' }), /tier/);
  });
});
