/**
 * What documents, counters and audit events guarantee to one caller.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { randomId } from '../../../src/digests.ts';
import type { TestStores } from '../../support/stores.ts';
import { minute, now, openAll, sampleEvent, sharedStore } from './samples.ts';

export function smallStoreContract(stores: TestStores) {
  describe('Document storage', () => {
    const { store } = sharedStore(stores);

    test('A document is created once and changed only from its version, which counts up', async () => {
      const { documents } = store();
      assert.equal(await documents.get('keyset'), undefined);
      assert.equal(await documents.compareAndSet('keyset', 1, 'early'), false);
      assert.equal(await documents.compareAndSet('keyset', 0, { keys: [1] }), true);
      assert.equal(await documents.compareAndSet('keyset', 0, { keys: [2] }), false);
      assert.deepEqual(await documents.get('keyset'), { version: 1, value: { keys: [1] } });
      assert.equal(await documents.compareAndSet('keyset', 1, null), true);
      assert.equal(await documents.compareAndSet('keyset', 1, 'late'), false);
      assert.deepEqual(await documents.get('keyset'), { version: 2, value: null });
      assert.equal(await documents.get('other'), undefined);
    });
  });

  describe('Counter storage', () => {
    const { store } = sharedStore(stores);

    test("The first addition opens a counter's window, and reading does not", async () => {
      const { counters } = store();
      const key = randomId();
      const end = now + 5 + minute;
      assert.deepEqual(await counters.add(key, 0, minute, now), {
        count: 0,
        resetAt: now + minute,
      });
      assert.deepEqual(await counters.add(key, 2, minute, now + 5), { count: 2, resetAt: end });
      assert.deepEqual(await counters.add(key, 3, 9 * minute, end - 1), { count: 5, resetAt: end });
      assert.deepEqual(await counters.add(key, 0, minute, end - 1), { count: 5, resetAt: end });
      assert.deepEqual(await counters.add(key, 0, minute, end), {
        count: 0,
        resetAt: end + minute,
      });
      assert.deepEqual(await counters.add(key, 1, minute, end), {
        count: 1,
        resetAt: end + minute,
      });
    });

    test('Several counters are read at once, each as it stands by then', async () => {
      const { counters } = store();
      const [one, two, fresh] = [randomId(), randomId(), randomId()];
      await counters.add(one, 3, minute, now);
      await counters.add(two, 5, 2 * minute, now);
      assert.deepEqual(await counters.read([two, fresh, one, two], now + 1), [5, 0, 3, 5]);
      assert.deepEqual(await counters.read([one, two], now + minute), [0, 5]);
      assert.deepEqual(await counters.read([], now), []);
    });

    test('Several counters are counted together, or none if one of them is full', async () => {
      const { counters } = store();
      const [one, two, fresh] = [randomId(), randomId(), randomId()];
      const add = (...keys: string[]) =>
        counters.addAll(
          keys.map((key) => ({ key, amount: 1, windowMs: minute, limit: key === two ? 2 : 9 })),
          now,
        );
      const countOf = async (key: string, at = now) =>
        (await counters.add(key, 0, minute, at)).count;
      assert.equal(await add(one, two), undefined);
      assert.equal(await add(two), undefined);
      assert.deepEqual(await add(fresh, one, two), { count: 2, resetAt: now + minute });
      assert.deepEqual(await Promise.all([one, two, fresh].map((key) => countOf(key))), [1, 2, 0]);

      // The first that is full is answered, also by a mere look.
      const look = [
        { key: two, amount: 0, windowMs: minute, limit: 2 },
        { key: one, amount: 1, windowMs: minute, limit: 1 },
      ];
      assert.deepEqual(await counters.addAll(look, now), { count: 2, resetAt: now + minute });
      assert.equal(await countOf(one), 1);
      // A window that has ended is no longer full.
      assert.equal(await counters.addAll(look, now + minute), undefined);
      assert.deepEqual(
        [await countOf(one, now + minute), await countOf(two, now + minute)],
        [1, 0],
      );
      assert.equal(await counters.addAll([], now), undefined);
    });

    test('A returned count never goes below zero and opens no window', async () => {
      const { counters } = store();
      const [one, fresh] = [randomId(), randomId()];
      await counters.add(one, 3, minute, now);
      const giveBack = (amount: number, at = now + 1) =>
        counters.addAll(
          [one, fresh].map((key) => ({ key, amount, windowMs: minute })),
          at,
        );
      const stateOf = (key: string) => counters.add(key, 0, minute, now + 1);
      const end = now + minute;
      assert.equal(await giveBack(-1), undefined);
      assert.deepEqual(await stateOf(one), { count: 2, resetAt: end });
      await giveBack(-5);
      assert.deepEqual(await stateOf(one), { count: 0, resetAt: end });
      assert.deepEqual(await stateOf(fresh), { count: 0, resetAt: end + 1 });
      await counters.add(one, 3, minute, now);
      await giveBack(-1, end);
      assert.deepEqual(await stateOf(one), { count: 3, resetAt: end });
    });

    test('A reset counter starts anew', async () => {
      const { counters } = store();
      const key = randomId();
      await counters.add(key, 7, minute, now);
      await counters.reset(key);
      assert.deepEqual(await counters.add(key, 1, minute, now + 1), {
        count: 1,
        resetAt: now + 1 + minute,
      });
    });
  });

  describe('Audit event storage', () => {
    test('Audit events are listed newest first, by subject, in pages', async (t) => {
      const [store] = await openAll(t, { url: await stores.freshUrl(), count: 1 });
      assert.ok(store);
      const { audit } = store;
      const events = [
        sampleEvent({ at: now, type: 'sign_in.failed', outcome: 'failure' }),
        sampleEvent({ at: now + 1, userId: 'bert' }),
        sampleEvent({ at: now + 2, clientId: 'job', userId: undefined, actor: 'operator' }),
        sampleEvent({ at: now + 3 }),
      ].map((event) => JSON.parse(JSON.stringify(event)));
      await audit.append([]);
      await audit.append(events.slice(0, 3));
      await audit.append(events.slice(3));
      const newest = events.toReversed();
      assert.deepEqual(await audit.list({ limit: 10 }), newest);
      assert.deepEqual(await audit.list({ limit: 2 }), newest.slice(0, 2));
      assert.deepEqual(await audit.list({ limit: 2, before: now + 2 }), newest.slice(2));
      assert.deepEqual(await audit.list({ limit: 9, type: 'sign_in.failed' }), newest.slice(3));
      assert.deepEqual(await audit.list({ limit: 9, userId: 'bert' }), newest.slice(2, 3));
      assert.deepEqual(await audit.list({ limit: 9, clientId: 'job' }), newest.slice(1, 2));
      assert.deepEqual(
        await audit.list({ limit: 9, type: 'token.issued', userId: 'alice', clientId: 'shop' }),
        newest.slice(0, 1),
      );
    });

    test('Audit events of the same millisecond are all listed, even across pages', async (t) => {
      const [store] = await openAll(t, { url: await stores.freshUrl(), count: 1 });
      assert.ok(store);
      const events = Array.from({ length: 5 }, (_, index) => sampleEvent({ id: `e${index}` }));
      await store.audit.append(events);
      const seen: string[] = [];
      let last: { at: number; id: string } | undefined;
      do {
        const page = await store.audit.list({ limit: 2, before: last?.at, beforeId: last?.id });
        seen.push(...page.map(({ id }) => id));
        last = page.at(-1);
      } while (last);
      assert.deepEqual(seen, ['e4', 'e3', 'e2', 'e1', 'e0']);
    });

    test('Folded audit events are one event with an exact count, whichever process adds', async (t) => {
      const [store, other] = await openAll(t, { url: await stores.freshUrl(), count: 2 });
      assert.ok(store && other);
      const first = sampleEvent({ type: 'sign_in.failed', details: { said: `it's "1"` } });
      const folded = (count: number, lastAt: number) => ({ ...first, count, lastAt });
      await store.audit.fold([]);
      await store.audit.append([sampleEvent({ id: 'another', at: first.at - 1 })]);
      await Promise.all(
        Array.from({ length: 40 }, (_, index) =>
          (index % 2 ? store : other).audit.fold([
            folded(2, first.at + index),
            { ...folded(1, first.at), id: 'beside' },
          ]),
        ),
      );
      const events = await store.audit.list({ limit: 9, type: 'sign_in.failed' });
      assert.deepEqual(
        events.find(({ id }) => id === first.id),
        JSON.parse(JSON.stringify(folded(80, first.at + 39))),
      );
      assert.equal(events.find(({ id }) => id === 'beside')?.count, 40);
      assert.equal((await store.audit.list({ limit: 9 })).length, 3);
    });

    test('Audit events are appended in order, up to the first that is there already', async (t) => {
      const [store] = await openAll(t, { url: await stores.freshUrl(), count: 1 });
      assert.ok(store);
      const { audit } = store;
      const [first, second, third] = [sampleEvent(), sampleEvent(), sampleEvent()];
      assert.equal(await audit.append([first, second]), 2);
      assert.equal(await audit.append([first]), 0);
      assert.equal(await audit.append([third, second, sampleEvent()]), 1);
      assert.equal((await audit.list({ limit: 10 })).length, 3);
    });

    test('Routine events are stored like all others, and once however often they are appended', async (t) => {
      const [store] = await openAll(t, { url: await stores.freshUrl(), count: 1 });
      assert.ok(store);
      const events = Array.from({ length: 5 }, (_, index) =>
        JSON.parse(JSON.stringify(sampleEvent({ at: now + index, clientId: 'job' }))),
      );
      const routine = true;
      await store.audit.append([], { routine });
      await Promise.all([
        store.audit.append(events.slice(0, 3), { routine }),
        store.audit.append(events.slice(2), { routine }),
        store.audit.append(events),
      ]);
      await store.audit.append(events, { routine });
      const listed = await store.audit.list({ limit: 10, clientId: 'job' });
      assert.deepEqual(listed, events.toReversed());
    });
  });
}
