/**
 * What the queue of deliveries guarantees: to one caller, and to many on several connections.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { randomId } from '../../../src/digests.ts';
import type { Delivery } from '../../../src/storage/deliveries.ts';
import type { TestStores } from '../../support/stores.ts';
import { hostile } from './hostile.ts';
import { atOnce } from './races.ts';
import { minute, now, openAll, patienceMs, sharedStore } from './samples.ts';

function sampleDelivery(given: Partial<Delivery> = {}): Delivery {
  return {
    id: randomId(),
    endpoint: randomId(),
    message: 'msg_1',
    payload: '{"type":"api_key.leaked"}',
    note: '',
    attempts: 0,
    createdAt: now,
    dueAt: now,
    expiresAt: now + 10 * minute,
    ...given,
  };
}

export function deliveryContract(stores: TestStores) {
  describe('Delivery storage', () => {
    const { store } = sharedStore(stores);
    const claim = (endpoint: string, at: number, limit = 9) =>
      store().deliveries.claim({ endpoint, now: at, until: at + minute, limit });

    test('A claimed delivery belongs to one worker until its lease ends, and its attempts are counted', async () => {
      const { deliveries } = store();
      const delivery = sampleDelivery();
      const { endpoint } = delivery;
      await deliveries.add([]);
      await deliveries.add([delivery]);
      assert.deepEqual(await claim(endpoint, now - 1), []);
      const first = { ...delivery, attempts: 1, dueAt: now + minute };
      assert.deepEqual(await claim(endpoint, now), [first]);
      assert.deepEqual(await claim(endpoint, now + minute - 1), []);
      assert.deepEqual(await claim(endpoint, now + minute), [
        { ...delivery, attempts: 2, dueAt: now + 2 * minute },
      ]);
      assert.deepEqual(await claim(randomId(), now + 5 * minute), []);
      assert.deepEqual(await claim(endpoint, delivery.expiresAt), []);
    });

    test('What waits for an endpoint is listed oldest first, page by page, without what is done or over', async () => {
      const { deliveries } = store();
      const endpoint = randomId();
      const ids = ['a', 'b', 'c', 'd'].map((name) => `${endpoint}.${name}`);
      const [a, b, c, d] = ids as [string, string, string, string];
      const given = { a: now + 2, b: now + 1, c: now + 1, d: now };
      await deliveries.add([
        sampleDelivery({ id: a, endpoint, createdAt: given.a }),
        sampleDelivery({ id: c, endpoint, createdAt: given.c }),
        sampleDelivery({ id: b, endpoint, createdAt: given.b }),
        sampleDelivery({ id: d, endpoint, createdAt: given.d }),
        sampleDelivery({ id: `${endpoint}.over`, endpoint, expiresAt: now }),
        sampleDelivery(),
      ]);
      await deliveries.finish(d);
      const list = async (after?: { createdAt: number; id: string }, limit = 9) =>
        (await deliveries.waiting({ endpoint, now, after, limit })).map(({ id }) => id);
      assert.deepEqual(await list(), [b, c, a]);
      assert.deepEqual(await list(undefined, 1), [b]);
      assert.deepEqual(await list({ createdAt: now + 1, id: b }), [c, a]);
      assert.deepEqual(await list({ createdAt: now + 2, id: a }), []);
    });

    test('What is told of deliveries is listed newest first, page by page, also when they are done', async () => {
      const { deliveries } = store();
      const endpoint = randomId();
      const of = (name: string, createdAt: number, note = 'waits') =>
        sampleDelivery({ id: `${endpoint}.${name}`, endpoint, createdAt, note });
      const all = [of('a', now), of('b', now + 1), of('c', now + 1), of('d', now + 2)];
      const [a, b, c, d] = all as [Delivery, Delivery, Delivery, Delivery];
      await deliveries.add([c, a, d, b, of('untold', now, ''), sampleDelivery({ note: 'other' })]);
      await deliveries.add([{ ...of('over', now + 3), expiresAt: now }]);
      const list = async (limit: number) => {
        const told: string[] = [];
        for (let after: string | undefined; ; ) {
          const page = await deliveries.told({ endpoint, now, after, limit });
          told.push(...page.items.map(({ id, note }) => `${id.split('.')[1]} ${note}`));
          after = page.next;
          if (after === undefined) return told;
        }
      };
      const waiting = () => deliveries.countWaiting({ endpoint, now, most: 9 });
      for (const limit of [1, 2, 9])
        assert.deepEqual(await list(limit), ['d waits', 'c waits', 'b waits', 'a waits']);
      assert.equal(await waiting(), 5);
      await deliveries.finish(d.id, 'sent');
      await deliveries.finish(c.id);
      await claim(endpoint, now);
      assert.equal(await deliveries.putOff(b.id, 1, { dueAt: now + 9, note: 'try later' }), true);
      assert.equal(await deliveries.putOff(a.id, 1, { dueAt: now + 9 }), true);
      assert.equal(await deliveries.putOff(a.id, 0, { dueAt: now, note: 'of another' }), false);
      assert.deepEqual(await list(9), ['d sent', 'c waits', 'b try later', 'a waits']);
      assert.equal(await waiting(), 3);
      assert.equal(await deliveries.countWaiting({ endpoint, now, most: 2 }), 2);
      const { items } = await deliveries.told({ endpoint, now, limit: 1 });
      assert.equal(items[0]?.payload, '');
      assert.deepEqual(await deliveries.find(d.id, now), items[0]);
      assert.deepEqual((await deliveries.find(b.id, now))?.note, 'try later');
      assert.equal(await deliveries.find(d.id, d.expiresAt), undefined);
      assert.equal(await deliveries.find(randomId(), now), undefined);
    });

    test('Only the holder of the newest claim can postpone a delivery', async () => {
      const { deliveries } = store();
      const { id, endpoint, ...delivery } = sampleDelivery();
      await deliveries.add([{ id, endpoint, ...delivery }]);
      await claim(endpoint, now);
      await claim(endpoint, now + minute);
      assert.equal(await deliveries.putOff(id, 1, { dueAt: now }), false);
      assert.deepEqual(await claim(endpoint, now + minute), []);
      assert.equal(await deliveries.putOff(id, 2, { dueAt: now + 5 }), true);
      assert.equal((await claim(endpoint, now + 5))[0]?.attempts, 3);
    });

    test('Why an attempt failed is told until another one fails', async () => {
      const { deliveries } = store();
      const { id, endpoint, ...delivery } = sampleDelivery();
      await deliveries.add([{ id, endpoint, ...delivery }]);
      const told = async () =>
        (await deliveries.waiting({ endpoint, now, limit: 1 })).map((one) => one.failure);
      assert.deepEqual(await told(), [undefined]);
      for (const [failure, expected] of [
        ['status 500', 'status 500'],
        [undefined, 'status 500'],
        ['ECONNREFUSED', 'ECONNREFUSED'],
      ] as const) {
        const [claimed] = await claim(endpoint, now);
        await deliveries.putOff(id, claimed?.attempts ?? 0, { dueAt: now, failure });
        assert.deepEqual(await told(), [expected]);
      }
      assert.equal((await claim(endpoint, now))[0]?.failure, 'ECONNREFUSED');
    });

    test('A finished delivery is never claimed, postponed or added again', async () => {
      const { deliveries } = store();
      const delivery = sampleDelivery();
      const { id, endpoint, expiresAt } = delivery;
      await deliveries.add([delivery]);
      await claim(endpoint, now);
      // Claimed by another, too, whose attempt is still under way.
      await claim(endpoint, now + minute);
      await deliveries.finish(id);
      await deliveries.finish(id);
      for (const attempts of [1, 2]) {
        assert.equal(await deliveries.putOff(id, attempts, { dueAt: now }), false);
      }
      await deliveries.add([delivery]);
      for (const at of [now, now + 5 * minute, expiresAt - 1, expiresAt]) {
        assert.deepEqual(await claim(endpoint, at), []);
      }
      await deliveries.finish(randomId());
    });

    test('Adding the same delivery again changes nothing', async () => {
      const { deliveries } = store();
      const delivery = sampleDelivery();
      const other = sampleDelivery({ endpoint: delivery.endpoint, dueAt: now + 1 });
      await deliveries.add([delivery]);
      await claim(delivery.endpoint, now);
      await deliveries.add([{ ...delivery, payload: 'another' }, other]);
      assert.deepEqual(
        (await claim(delivery.endpoint, now + 1)).map(({ id }) => id),
        [other.id],
      );
      const [again] = await claim(delivery.endpoint, now + minute);
      assert.equal(again?.payload, delivery.payload);
    });

    test('The deliveries due longest come first, up to the requested number', async () => {
      const endpoint = randomId();
      const all = [30, 10, 20, 0].map((late) => sampleDelivery({ endpoint, dueAt: now - late }));
      await store().deliveries.add(all);
      const order = [all[0], all[2], all[1], all[3]].map((delivery) => delivery?.id);
      const first = await claim(endpoint, now, 2);
      assert.deepEqual(new Set(first.map(({ id }) => id)), new Set(order.slice(0, 2)));
      const rest = await claim(endpoint, now, 2);
      assert.deepEqual(new Set(rest.map(({ id }) => id)), new Set(order.slice(2)));
    });

    test('A purge removes expired deliveries and nothing else', async () => {
      const { deliveries, purge } = store();
      const endpoint = randomId();
      const [old, fresh] = [
        sampleDelivery({ endpoint, expiresAt: now }),
        sampleDelivery({ endpoint }),
      ];
      await deliveries.add([old, fresh]);
      await purge({ now, limit: 99, auditBefore: 0 });
      const left = await claim(endpoint, now);
      assert.deepEqual(
        left.map(({ id }) => id),
        [fresh.id],
      );
      assert.equal(await deliveries.putOff(old.id, 0, { dueAt: now }), false);
    });

    test('Any text is returned as written, and an object in its place matches nothing', async () => {
      const { deliveries } = store();
      for (const text of hostile) {
        const delivery = sampleDelivery({
          id: text,
          endpoint: text,
          message: text,
          payload: text,
          note: text,
        });
        await deliveries.add([delivery]);
        assert.deepEqual(await claim(text, now), [
          { ...delivery, attempts: 1, dueAt: now + minute },
        ]);
      }
      const query = { $gt: '' } as unknown as string;
      await assert.rejects(deliveries.putOff(query, 1, { dueAt: now }));
      await assert.rejects(deliveries.finish(query));
      await assert.rejects(claim(query, now + 5 * minute));
      assert.equal((await claim('a', now + minute)).length, 1);
    });

    test('Each delivery goes to exactly one of many concurrent claims', async (t) => {
      const url = await stores.freshUrl();
      const connections = await openAll(t, { url, count: 4, answerMs: patienceMs });
      const endpoint = randomId();
      const ids = Array.from({ length: 40 }, () => sampleDelivery({ endpoint }));
      await connections[0]?.deliveries.add(ids);
      const claims = await atOnce(connections, ({ deliveries }) =>
        deliveries.claim({ endpoint, now, until: now + minute, limit: 3 }),
      );
      const claimed = claims.flat().map(({ id }) => id);
      assert.equal(new Set(claimed).size, claimed.length);
      assert.ok(claimed.length > 0);
    });
  });
}
