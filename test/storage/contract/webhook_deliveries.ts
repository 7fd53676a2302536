/**
 * What the queue of webhook deliveries guarantees: to one caller, and to many on several connections.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { randomId } from '../../../src/digests.ts';
import type { WebhookDelivery } from '../../../src/storage/webhook_deliveries.ts';
import type { TestStores } from '../../support/stores.ts';
import { hostile } from './hostile.ts';
import { atOnce } from './races.ts';
import { minute, now, openAll, patienceMs, sharedStore } from './samples.ts';

function sampleDelivery(given: Partial<WebhookDelivery> = {}): WebhookDelivery {
  return {
    id: randomId(),
    endpoint: randomId(),
    message: 'msg_1',
    payload: '{"type":"api_key.leaked"}',
    attempts: 0,
    createdAt: now,
    dueAt: now,
    expiresAt: now + 10 * minute,
    ...given,
  };
}

export function webhookDeliveryContract(stores: TestStores) {
  describe('Webhook delivery storage', () => {
    const { store } = sharedStore(stores);
    const claim = (endpoint: string, at: number, limit = 9) =>
      store().webhookDeliveries.claim({ endpoint, now: at, until: at + minute, limit });

    test('A claimed delivery belongs to one worker until its lease ends, and its attempts are counted', async () => {
      const { webhookDeliveries } = store();
      const delivery = sampleDelivery();
      const { endpoint } = delivery;
      await webhookDeliveries.add([]);
      await webhookDeliveries.add([delivery]);
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
      const { webhookDeliveries } = store();
      const endpoint = randomId();
      const ids = ['a', 'b', 'c', 'd'].map((name) => `${endpoint}.${name}`);
      const [a, b, c, d] = ids as [string, string, string, string];
      const given = { a: now + 2, b: now + 1, c: now + 1, d: now };
      await webhookDeliveries.add([
        sampleDelivery({ id: a, endpoint, createdAt: given.a }),
        sampleDelivery({ id: c, endpoint, createdAt: given.c }),
        sampleDelivery({ id: b, endpoint, createdAt: given.b }),
        sampleDelivery({ id: d, endpoint, createdAt: given.d }),
        sampleDelivery({ id: `${endpoint}.over`, endpoint, expiresAt: now }),
        sampleDelivery(),
      ]);
      await webhookDeliveries.finish(d);
      const list = async (after?: { createdAt: number; id: string }, limit = 9) =>
        (await webhookDeliveries.waiting({ endpoint, now, after, limit })).map(({ id }) => id);
      assert.deepEqual(await list(), [b, c, a]);
      assert.deepEqual(await list(undefined, 1), [b]);
      assert.deepEqual(await list({ createdAt: now + 1, id: b }), [c, a]);
      assert.deepEqual(await list({ createdAt: now + 2, id: a }), []);
    });

    test('Only the holder of the newest claim can postpone a delivery', async () => {
      const { webhookDeliveries } = store();
      const { id, endpoint, ...delivery } = sampleDelivery();
      await webhookDeliveries.add([{ id, endpoint, ...delivery }]);
      await claim(endpoint, now);
      await claim(endpoint, now + minute);
      assert.equal(await webhookDeliveries.putOff(id, 1, { dueAt: now }), false);
      assert.deepEqual(await claim(endpoint, now + minute), []);
      assert.equal(await webhookDeliveries.putOff(id, 2, { dueAt: now + 5 }), true);
      assert.equal((await claim(endpoint, now + 5))[0]?.attempts, 3);
    });

    test('Why an attempt failed is told until another one fails', async () => {
      const { webhookDeliveries } = store();
      const { id, endpoint, ...delivery } = sampleDelivery();
      await webhookDeliveries.add([{ id, endpoint, ...delivery }]);
      const told = async () =>
        (await webhookDeliveries.waiting({ endpoint, now, limit: 1 })).map((one) => one.failure);
      assert.deepEqual(await told(), [undefined]);
      for (const [failure, expected] of [
        ['status 500', 'status 500'],
        [undefined, 'status 500'],
        ['ECONNREFUSED', 'ECONNREFUSED'],
      ] as const) {
        const [claimed] = await claim(endpoint, now);
        await webhookDeliveries.putOff(id, claimed?.attempts ?? 0, { dueAt: now, failure });
        assert.deepEqual(await told(), [expected]);
      }
      assert.equal((await claim(endpoint, now))[0]?.failure, 'ECONNREFUSED');
    });

    test('A finished delivery is never claimed, postponed or added again', async () => {
      const { webhookDeliveries } = store();
      const delivery = sampleDelivery();
      const { id, endpoint, expiresAt } = delivery;
      await webhookDeliveries.add([delivery]);
      await claim(endpoint, now);
      // Claimed by another, too, whose attempt is still under way.
      await claim(endpoint, now + minute);
      await webhookDeliveries.finish(id);
      await webhookDeliveries.finish(id);
      for (const attempts of [1, 2]) {
        assert.equal(await webhookDeliveries.putOff(id, attempts, { dueAt: now }), false);
      }
      await webhookDeliveries.add([delivery]);
      for (const at of [now, now + 5 * minute, expiresAt - 1, expiresAt]) {
        assert.deepEqual(await claim(endpoint, at), []);
      }
      await webhookDeliveries.finish(randomId());
    });

    test('Adding the same delivery again changes nothing', async () => {
      const { webhookDeliveries } = store();
      const delivery = sampleDelivery();
      const other = sampleDelivery({ endpoint: delivery.endpoint, dueAt: now + 1 });
      await webhookDeliveries.add([delivery]);
      await claim(delivery.endpoint, now);
      await webhookDeliveries.add([{ ...delivery, payload: 'another' }, other]);
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
      await store().webhookDeliveries.add(all);
      const order = [all[0], all[2], all[1], all[3]].map((delivery) => delivery?.id);
      const first = await claim(endpoint, now, 2);
      assert.deepEqual(new Set(first.map(({ id }) => id)), new Set(order.slice(0, 2)));
      const rest = await claim(endpoint, now, 2);
      assert.deepEqual(new Set(rest.map(({ id }) => id)), new Set(order.slice(2)));
    });

    test('A purge removes expired deliveries and nothing else', async () => {
      const { webhookDeliveries, purge } = store();
      const endpoint = randomId();
      const [old, fresh] = [
        sampleDelivery({ endpoint, expiresAt: now }),
        sampleDelivery({ endpoint }),
      ];
      await webhookDeliveries.add([old, fresh]);
      await purge({ now, limit: 99, auditBefore: 0 });
      const left = await claim(endpoint, now);
      assert.deepEqual(
        left.map(({ id }) => id),
        [fresh.id],
      );
      assert.equal(await webhookDeliveries.putOff(old.id, 0, { dueAt: now }), false);
    });

    test('Any text is returned as written, and an object in its place matches nothing', async () => {
      const { webhookDeliveries } = store();
      for (const text of hostile) {
        const delivery = sampleDelivery({ id: text, endpoint: text, message: text, payload: text });
        await webhookDeliveries.add([delivery]);
        assert.deepEqual(await claim(text, now), [
          { ...delivery, attempts: 1, dueAt: now + minute },
        ]);
      }
      const query = { $gt: '' } as unknown as string;
      await assert.rejects(webhookDeliveries.putOff(query, 1, { dueAt: now }));
      await assert.rejects(webhookDeliveries.finish(query));
      await assert.rejects(claim(query, now + 5 * minute));
      assert.equal((await claim('a', now + minute)).length, 1);
    });

    test('Each delivery goes to exactly one of many concurrent claims', async (t) => {
      const url = await stores.freshUrl();
      const connections = await openAll(t, { url, count: 4, answerMs: patienceMs });
      const endpoint = randomId();
      const ids = Array.from({ length: 40 }, () => sampleDelivery({ endpoint }));
      await connections[0]?.webhookDeliveries.add(ids);
      const claims = await atOnce(connections, ({ webhookDeliveries }) =>
        webhookDeliveries.claim({ endpoint, now, until: now + minute, limit: 3 }),
      );
      const claimed = claims.flat().map(({ id }) => id);
      assert.equal(new Set(claimed).size, claimed.length);
      assert.ok(claimed.length > 0);
    });
  });
}
