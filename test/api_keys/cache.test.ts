/** Remembered keys: quick, and never older than the request that asks. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKey } from '../../src/api_keys/model/key_format.ts';
import { createKeyCache, keyMarkerKinds } from '../../src/api_keys/verification/key_cache.ts';
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
          kinds: keyMarkerKinds,
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

  test('a remembered key costs no look-up, and those who ask at once share a read', async (t) => {
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

  test('each change of the key or of its project is seen by the next request', async (t) => {
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

  test('revocations of other things leave remembered keys alone', async (t) => {
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

  test('a change while the key is being read is not lost', async (t) => {
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

  test('a key that nobody has heard of is asked for once, and one made now is found', async (t) => {
    const { cache, newKey, asked } = await setUp(t);
    const guess = sha256(createKey('acme', 'live'));
    for (let time = 0; time < 5; time += 1) assert.equal(await cache.find(guess), undefined);
    assert.equal(asked.keys, 1);
    const { record } = await newKey();
    assert.equal((await cache.find(record.hash))?.record.id, record.id);
  });

  test('what was changed without a word is noticed within a minute', async (t) => {
    const { cache, newKey, clock, store } = await setUp(t);
    const { record } = await newKey();
    await cache.find(record.hash);
    await store.apiKeys.update({ ...record, disabledAt: clock.now(), version: 2 });
    assert.equal((await cache.find(record.hash))?.record.disabledAt, undefined);
    clock.advance(60_001);
    assert.notEqual((await cache.find(record.hash))?.record.disabledAt, undefined);
  });

  test('a process that slept through markers and their end trusts nothing that it remembers', async (t) => {
    const { cache, keeper, newKey, clock } = await setUp(t);
    const { record } = await newKey();
    await cache.find(record.hash);
    await keeper.change(record.id, { name: 'renamed' });
    clock.advance(3_600_000);
    assert.equal((await cache.find(record.hash))?.record.name, 'renamed');
  });

  test('under a storm of changes every answer is as new as its request', async (t) => {
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
