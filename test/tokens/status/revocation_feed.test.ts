/** Following the revocations in the store: each is applied, in order, and what is claimed about it is true. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { StoreUnavailableError } from '../../../src/storage/errors.ts';
import type { Revocation, RevocationStore } from '../../../src/storage/revocations.ts';
import { createRevocationFeed } from '../../../src/tokens/status/revocation_feed.ts';
import { openAll } from '../../storage/contract/samples.ts';
import { createMovableClock, openTestStore } from '../../support/rooms.ts';
import { eachEngine } from '../../support/stores.ts';

type Changes = Pick<RevocationStore, 'changes'>;

/** A feed that looks only when it is told to. */
function follow(t: TestContext, store: Changes, apply?: (revocation: Revocation) => void) {
  const clock = createMovableClock();
  const applied: string[] = [];
  const logged: string[] = [];
  let looks = 0;
  const feed = createRevocationFeed({
    store,
    clock,
    log: {
      info: (_fields, message) => logged.push(message),
      warn: (_fields, message) => logged.push(message),
    },
    pollEveryMs: 1_000_000,
    async apply(revocation) {
      apply?.(revocation);
      applied.push(revocation.key);
    },
    afterPoll: () => {
      looks += 1;
    },
  });
  t.after(() => feed.close());
  return { feed, clock, applied, logged, looks: () => looks };
}

const put = (store: { revocations: RevocationStore }, key: string) =>
  store.revocations.put({ key, expiresAt: createMovableClock().now() + 60_000 });

await eachEngine((stores) => {
  test('A revocation by any of many processes is applied in every process', async (t) => {
    const opened = await openAll(t, { url: await stores.freshUrl(), count: 3 });
    const followers = opened.map(({ revocations }) => follow(t, revocations));
    for (const { feed } of followers) await feed.start();
    const keys = Array.from({ length: 60 }, (_, number) => `user:${number}`);
    await Promise.all([
      ...keys.map((key, number) => put(opened[number % 3] ?? assert.fail(), key)),
      ...followers.flatMap(({ feed }) => [feed.poke(), feed.poke()]),
    ]);
    for (const { feed, applied } of followers) {
      await feed.poke();
      assert.deepEqual([...new Set(applied)].toSorted(), keys.toSorted());
    }
  });

  test('A poke applies every revocation acknowledged before it, even during a read', async (t) => {
    const [store] = await openAll(t, { url: await stores.freshUrl(), count: 1 });
    assert.ok(store);
    const { feed, applied } = follow(t, store.revocations);
    await feed.start();
    for (let number = 0; number < 20; number += 1) {
      const under = feed.poke();
      await put(store, `user:${number}`);
      await feed.poke();
      assert.ok(applied.includes(`user:${number}`));
      await under;
    }
  });
});

test('A repeated revocation is applied again', async (t) => {
  const store = await openTestStore(t);
  const { feed, applied } = follow(t, store.revocations);
  await feed.start();
  for (const key of ['user:1', 'user:2', 'user:1']) {
    await put(store, key);
    await feed.poke();
  }
  assert.deepEqual(applied, ['user:1', 'user:2', 'user:1']);
});

test('A backlog of more than a page is read to its end', async (t) => {
  const store = await openTestStore(t);
  const keys = Array.from({ length: 2500 }, (_, number) => `user:${number}`);
  await Promise.all(keys.map((key) => put(store, key)));
  const { feed, applied } = follow(t, store.revocations);
  await feed.start();
  assert.equal(new Set(applied).size, keys.length);
  assert.equal(applied.length, keys.length);
});

test('The feed claims no freshness during a store outage and misses nothing afterwards', async (t) => {
  const store = await openTestStore(t);
  let lost = false;
  const lossy: Changes = {
    async changes(options) {
      if (lost) throw new StoreUnavailableError('lost');
      return store.revocations.changes(options);
    },
  };
  const { feed, clock, applied, logged, looks } = follow(t, lossy);
  await feed.start();
  const knownAt = clock.now();
  assert.equal(feed.upToDateAt(), knownAt);
  lost = true;
  for (let second = 0; second < 5; second += 1) {
    clock.advance(1000);
    await put(store, `user:${second}`);
    await feed.poke();
    assert.equal(feed.upToDateAt(), knownAt);
  }
  assert.equal(looks(), 5, 'who waits is told of each look');
  assert.equal(logged.length, 1, 'an outage is one line');
  assert.deepEqual(applied, []);
  lost = false;
  await feed.poke();
  assert.equal(feed.upToDateAt(), clock.now());
  assert.equal(applied.length, 5);
  assert.equal(logged.length, 2);
});

test('A start without the store fails instead of beginning with empty lists', async (t) => {
  const { feed } = follow(t, {
    async changes() {
      throw new StoreUnavailableError('lost');
    },
  });
  await assert.rejects(feed.start(), StoreUnavailableError);
  assert.equal(feed.upToDateAt(), 0);
});

test('A revocation that could not be applied is retried by the next read, and no freshness is claimed until then', async (t) => {
  const store = await openTestStore(t);
  let failures = 2;
  const { feed, clock, applied } = follow(t, store.revocations, ({ key }) => {
    if (key !== 'b' || failures === 0) return;
    failures -= 1;
    throw new StoreUnavailableError('lost');
  });
  await feed.start();
  const knownAt = clock.now();
  for (const key of ['a', 'b', 'c']) await put(store, key);
  for (const expected of [['a'], ['a']]) {
    clock.advance(1000);
    await feed.poke();
    assert.deepEqual(applied, expected);
    assert.equal(feed.upToDateAt(), knownAt);
  }
  await feed.poke();
  assert.deepEqual(applied, ['a', 'b', 'c']);
  assert.equal(feed.upToDateAt(), clock.now());
});

test('The claimed freshness is the instant at which a read began, not at which it ended', async (t) => {
  const store = await openTestStore(t);
  const slow: Changes = {
    async changes(options) {
      const page = await store.revocations.changes(options);
      clock.advance(3000);
      await put(store, 'too late for this look');
      return page;
    },
  };
  const { feed, clock, applied } = follow(t, slow);
  const began = clock.now();
  await feed.start();
  assert.deepEqual(applied, []);
  assert.equal(feed.upToDateAt(), began);
});
