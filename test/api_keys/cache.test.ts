/** Remembered keys: quick, and never older than the request that asks. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKey } from '../../src/api_keys/model/key_format.ts';
import { createKeyCache } from '../../src/api_keys/verification/key_cache.ts';
import { createMarkerWatch } from '../../src/caching/marker_watch.ts';
import { randomId, sha256 } from '../../src/digests.ts';
import { openStore } from '../../src/storage/open.ts';
import type { Store } from '../../src/storage/store.ts';
import { createMovableClock } from '../support/rooms.ts';
import { eachEngine } from '../support/stores.ts';
import { createKeeper } from './verifiers.ts';

await eachEngine((stores) => {
  type Context = { after(end: () => Promise<void>): void };

  /** One process that remembers keys, counted by what it asks of the store; and another that changes them. */
  async function setUp(t: Context) {
    const clock = createMovableClock(Date.now());
    const url = await stores.freshUrl();
    const [mine, others] = [await openStore({ url }), await openStore({ url })];
    t.after(async () => {
      await Promise.all([mine.close(), others.close()]);
    });
    const asked = { keys: 0, sequence: 0, changes: 0 };
    const { cache, intercept } = createCache(mine);
    const keeper = createKeeper(others, clock);
    const newKey = async (members = {}) => {
      const project = await keeper.project();
      return { project, ...(await keeper.key({ projectId: project.id, ...members })) };
    };
    return { clock, store: others, cache, keeper, newKey, asked, intercept };

    function createCache(store: Store) {
      const hooks: { afterRead?: (() => Promise<void>) | undefined } = {};
      const cache = createKeyCache({
        keys: {
          find: store.apiKeys.find,
          async findByHash(hash) {
            asked.keys += 1;
            const record = await store.apiKeys.findByHash(hash);
            await hooks.afterRead?.();
            return record;
          },
        },
        projects: store.projects,
        users: store.users,
        markers: store.revocations,
        watch: createMarkerWatch({
          markers: {
            sequence() {
              asked.sequence += 1;
              return store.revocations.sequence();
            },
            changes(options) {
              asked.changes += 1;
              return store.revocations.changes(options);
            },
          },
          clock,
        }),
        clock,
      });
      return { cache, intercept: hooks };
    }
  }

  test('A cached API key needs no lookup, and concurrent requests share one read', async (t) => {
    const { cache, newKey, asked } = await setUp(t);
    const { record } = await newKey();
    await cache.find(record.hash);
    assert.equal(asked.keys, 1);
    asked.sequence = 0;
    const found = await Promise.all(Array.from({ length: 500 }, () => cache.find(record.hash)));
    assert.ok(found.every((known) => known?.record.id === record.id));
    assert.equal(asked.keys, 1);
    assert.ok(asked.sequence <= 2, `${asked.sequence} reads`);
    assert.equal(asked.changes, 0);
  });

  test('The next request sees each change to the API key or its project', async (t) => {
    const { cache, keeper, newKey, asked, clock, store } = await setUp(t);
    const { record, project } = await newKey();
    const bystander = await newKey();
    const now = clock.now();
    await cache.find(record.hash);
    await cache.find(bystander.record.hash);
    await keeper.change(record.id, { name: 'renamed' });
    assert.equal((await cache.find(record.hash))?.record.name, 'renamed');
    await keeper.changeProject(project.id, { disabledAt: now });
    assert.equal((await cache.find(record.hash))?.project?.disabledAt, now);
    // The marker alone: whoever revoked died before the record said so.
    await store.revocations.put({ key: `api_key:${record.id}`, expiresAt: now + 60_000 });
    assert.equal((await cache.find(record.hash))?.isRevoked, true);
    assert.equal((await cache.find(record.hash))?.isRevoked, true);
    const before = asked.keys;
    await cache.find(bystander.record.hash);
    assert.equal(asked.keys, before);
  });

  test('Unrelated revocations leave cached API keys alone', async (t) => {
    const { cache, newKey, asked, clock, store } = await setUp(t);
    const { record } = await newKey();
    await cache.find(record.hash);
    for (const kind of ['token', 'family', 'client', 'session', 'api_key']) {
      await store.revocations.put({
        key: `${kind}:${randomId()}`,
        expiresAt: clock.now() + 60_000,
      });
      await cache.find(record.hash);
    }
    assert.equal(asked.keys, 1);
  });

  test('A change made while the API key is being read is not lost', async (t) => {
    const { cache, keeper, newKey, intercept } = await setUp(t);
    const { record } = await newKey();
    intercept.afterRead = async () => {
      intercept.afterRead = undefined;
      await keeper.change(record.id, { name: 'changed meanwhile' });
      // Another request hears of the change before the old record is remembered.
      const known = await cache.find(record.hash);
      assert.equal(known?.record.name, 'changed meanwhile');
    };
    await cache.find(record.hash);
    assert.equal((await cache.find(record.hash))?.record.name, 'changed meanwhile');
  });

  test('An unknown API key is looked up once, and a newly created one is found', async (t) => {
    const { cache, newKey, asked } = await setUp(t);
    const guess = sha256(createKey('acme', 'live'));
    for (let time = 0; time < 5; time += 1) assert.equal(await cache.find(guess), undefined);
    assert.equal(asked.keys, 1);
    const { record } = await newKey();
    assert.equal((await cache.find(record.hash))?.record.id, record.id);
  });

  test('A change that no process announced is noticed within a minute', async (t) => {
    const { cache, newKey, clock, store } = await setUp(t);
    const { record } = await newKey();
    await cache.find(record.hash);
    await store.apiKeys.update({ ...record, disabledAt: clock.now(), version: 2 });
    assert.equal((await cache.find(record.hash))?.record.disabledAt, undefined);
    clock.advance(60_001);
    assert.notEqual((await cache.find(record.hash))?.record.disabledAt, undefined);
  });

  test('A process that sleeps past the expiry of revocation markers trusts nothing in its cache', async (t) => {
    const { cache, keeper, newKey, clock } = await setUp(t);
    const { record } = await newKey();
    await cache.find(record.hash);
    await keeper.change(record.id, { name: 'renamed' });
    clock.advance(3_600_000);
    assert.equal((await cache.find(record.hash))?.record.name, 'renamed');
  });

  test('Under a storm of changes every verdict is as fresh as its request', async (t) => {
    const { cache, keeper, newKey } = await setUp(t);
    const { record } = await newKey();
    let changed = 0;
    const wrong: string[] = [];
    const change = async () => {
      for (let count = 1; count <= 40; count += 1) {
        await keeper.change(record.id, { name: String(count) });
        changed = count;
      }
    };
    const ask = async () => {
      while (changed < 40) {
        const asOf = changed;
        const name = Number((await cache.find(record.hash))?.record.name) || 0;
        if (name < asOf) wrong.push(`${name} after ${asOf}`);
        await new Promise(setImmediate);
      }
    };
    await Promise.all([change(), ...Array.from({ length: 8 }, ask)]);
    assert.deepEqual(wrong, []);
  });
});
