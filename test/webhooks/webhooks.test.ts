/** Events reach whoever is named, signed, at least once, whatever fails. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openStore } from '../../src/storage/open.ts';
import type { Store } from '../../src/storage/store.ts';
import { createShiftedClock } from '../support/clock.ts';
import { eachEngine, type TestStores } from '../support/stores.ts';
import {
  createRoom,
  leaked,
  nextSecret,
  type Received,
  secret,
  startReceiver,
  verified,
} from './webhook_rooms.ts';

const hour = 3_600_000;
const messageId = ({ headers }: Received) => headers['webhook-id'];

await eachEngine((stores: TestStores) => {
  const openStores = async (t: { after(end: () => unknown): void }, count = 1) => {
    const url = await stores.freshUrl();
    const opened: Store[] = [];
    for (let index = 0; index < count; index += 1) opened.push(await openStore({ url }));
    t.after(() => Promise.all(opened.map((store) => store.close())));
    return opened as [Store, ...Store[]];
  };

  describe('Webhooks', () => {
    test('A delivery is signed as in Standard Webhooks, with the current and the next secret', async (t) => {
      const [store] = await openStores(t);
      const receiver = await startReceiver(t);
      const clock = createShiftedClock();
      const hook = { url: receiver.url, secret: `${secret},${nextSecret}` };
      const room = createRoom(store, [hook], { clock });
      const at = Date.parse('2031-05-04T03:02:01.005Z');
      await room.notify(leaked('one', at));
      await room.drain();
      await room.close();
      const [delivery] = receiver.received;
      assert.ok(delivery);
      assert.equal(receiver.received.length, 1);
      assert.deepEqual(verified(delivery), {
        type: 'api_key.leaked',
        timestamp: '2031-05-04T03:02:01.005Z',
        data: leaked('one', at).data,
      });
      assert.deepEqual(verified(delivery, nextSecret), verified(delivery));
      assert.match(String(messageId(delivery)), /^msg_[\w-]{32}$/);
      const forged = { ...delivery, body: delivery.body.replace('key_1', 'key_2') };
      assert.throws(() => verified(forged), /No matching signature/);
      assert.throws(() => verified(delivery, `whsec_${Buffer.alloc(24).toString('base64')}`));
      assert.deepEqual(room.counts, ['delivered']);
      assert.equal(room.logged(), '[]');
    });

    test('Each endpoint receives the events that it subscribed to', async (t) => {
      const [store] = await openStores(t);
      const [all, some, others] = [
        await startReceiver(t),
        await startReceiver(t),
        await startReceiver(t),
      ];
      const hooks = [
        { url: all.url, secret },
        { url: some.url, secret: nextSecret, events: ['api_key.*'] },
        { url: others.url, secret, events: ['api_key.alert', 'webhook.*'] },
      ];
      const room = createRoom(store, hooks, { clock: createShiftedClock() });
      await room.notify(leaked('one', 0));
      await room.drain();
      await room.close();
      assert.equal(all.received.length, 1);
      assert.ok(some.received[0] && verified(some.received[0], nextSecret));
      assert.deepEqual(others.received, []);
    });

    test('A failed delivery is retried at growing intervals, signed anew under the same id, until it arrives', async (t) => {
      const [store] = await openStores(t);
      const receiver = await startReceiver(t);
      const clock = createShiftedClock();
      const room = createRoom(store, [{ url: receiver.url, secret }], { clock });
      receiver.answer = { status: 500 };
      await room.notify(leaked('one', 0));
      await room.drain();
      await room.drain();
      assert.equal(receiver.received.length, 1);
      clock.forward(6001);
      receiver.answer = { status: 302, headers: { location: receiver.url } };
      await room.drain();
      assert.equal(receiver.received.length, 2);
      clock.forward(6001);
      await room.drain();
      assert.equal(receiver.received.length, 2);
      clock.forward(24_001);
      receiver.answer = { status: 200 };
      await room.drain();
      clock.forward(48 * hour);
      await room.drain();
      await room.close();
      assert.equal(receiver.received.length, 3);
      assert.equal(new Set(receiver.received.map(messageId)).size, 1);
      const sent = receiver.received.map(({ headers }) => Number(headers['webhook-timestamp']));
      assert.ok(sent[2] !== undefined && sent[0] !== undefined && sent[2] > sent[0] + 10);
      assert.deepEqual(room.counts, ['failed', 'failed', 'delivered']);
      assert.ok(!room.logged().includes('of=acme'), 'an address may hold a secret');
    });

    test('A receiver that sends Retry-After is given that time', async (t) => {
      const [store] = await openStores(t);
      const receiver = await startReceiver(t);
      const clock = createShiftedClock();
      const room = createRoom(store, [{ url: receiver.url, secret }], { clock });
      receiver.answer = { status: 429, headers: { 'retry-after': '600' } };
      await room.notify(leaked('one', 0));
      await room.drain();
      clock.forward(590_000);
      await room.drain();
      assert.equal(receiver.received.length, 1);
      clock.forward(11_000);
      await room.drain();
      assert.equal(receiver.received.length, 2);
      await room.close();
    });

    test('A delivery that fails for a day, or is refused for good, is given up and recorded', async (t) => {
      const [store] = await openStores(t);
      const receiver = await startReceiver(t);
      const clock = createShiftedClock();
      const room = createRoom(store, [{ url: receiver.url, secret }], { clock });
      receiver.answer = { status: 503 };
      await room.notify(leaked('one', 0));
      let waited = 0;
      while (room.audit.events.length === 0) {
        await room.drain();
        clock.forward(0.5 * hour);
        waited += 0.5;
        assert.ok(waited < 30);
      }
      assert.ok(waited > 18, `given up after ${waited} h`);
      const [event] = room.audit.events;
      assert.equal(event?.type, 'webhook.dropped');
      assert.equal(event?.target?.kind, 'webhook');
      assert.equal(event?.details?.event, 'api_key.leaked');
      assert.equal(event?.details?.reason, 'status 503');
      assert.equal(room.counts.at(-1), 'dropped');
      assert.equal(receiver.received.length, Number(event?.details?.attempts));
      receiver.answer = { status: 410 };
      await room.notify(leaked('two', 0));
      await room.drain();
      assert.deepEqual(room.audit.types(), ['webhook.dropped', 'webhook.dropped']);
      const before = receiver.received.length;
      clock.forward(24 * hour);
      await room.drain();
      assert.equal(receiver.received.length, before);
      await room.close();
    });

    test('Many processes share the deliveries, and each event is sent once', async (t) => {
      const opened = await openStores(t, 3);
      const receiver = await startReceiver(t);
      const clock = createShiftedClock();
      const rooms = opened.map((store) =>
        createRoom(store, [{ url: receiver.url, secret }], { clock }),
      );
      const ids = Array.from({ length: 30 }, (_, index) => `event ${index}`);
      await Promise.all(ids.map((id, index) => rooms[index % 3]?.notify(leaked(id, 0))));
      await Promise.all(rooms.map((room) => room.drain()));
      await Promise.all(rooms.map((room) => room.close()));
      assert.equal(receiver.received.length, ids.length);
      assert.equal(new Set(receiver.received.map(messageId)).size, ids.length);
    });

    test('A repeated event is not sent again after it arrived or was given up', async (t) => {
      const opened = await openStores(t, 2);
      const receiver = await startReceiver(t);
      const clock = createShiftedClock();
      const rooms = opened.map((store) =>
        createRoom(store, [{ url: receiver.url, secret }], { clock }),
      );
      const tellAll = async (id: string) => {
        for (const room of rooms) {
          await room.notify(leaked(id, 0));
          await room.drain();
          clock.forward(2 * hour);
        }
      };
      await tellAll('arrives');
      receiver.answer = { status: 410 };
      await tellAll('is refused');
      await Promise.all(rooms.map((room) => room.close()));
      assert.equal(receiver.received.length, 2);
      assert.deepEqual(
        rooms.flatMap((room) => room.counts),
        ['delivered', 'dropped'],
      );
    });

    test('A delivery claimed by a process that died is sent by another', async (t) => {
      const [dead, alive] = await openStores(t, 2);
      assert.ok(alive);
      const receiver = await startReceiver(t);
      const clock = createShiftedClock();
      const hooks = [{ url: receiver.url, secret }];
      // Dies between the claim and the request.
      const claimOnly = {
        ...dead.deliveries,
        claim: async (options: Parameters<Store['deliveries']['claim']>[0]) => {
          await dead.deliveries.claim(options);
          return [];
        },
      };
      const dying = createRoom({ deliveries: claimOnly }, hooks, { clock });
      await dying.notify(leaked('one', 0));
      await dying.drain();
      // Dies between the request and its record.
      const deaf = createRoom(
        {
          deliveries: {
            ...alive.deliveries,
            finish: async () => assert.fail('the process died'),
          },
        },
        hooks,
        { clock },
      );
      clock.forward(61_000);
      await deaf.drain();
      assert.equal(receiver.received.length, 1);
      clock.forward(61_000);
      const other = createRoom(alive, hooks, { clock });
      await other.drain();
      assert.equal(receiver.received.length, 2);
      assert.equal(new Set(receiver.received.map(messageId)).size, 1);
      await Promise.all([dying, deaf, other].map((room) => room.close()));
    });

    test('A stop ends a hanging attempt, and its delivery is due again at once', async (t) => {
      const [store] = await openStores(t);
      const receiver = await startReceiver(t);
      const clock = createShiftedClock();
      const hooks = [{ url: receiver.url, secret }];
      receiver.answer = 'nothing';
      const room = createRoom(store, hooks, { clock });
      const hanging = room.notify(leaked('one', 0)).then(room.drain);
      while (receiver.received.length === 0) await new Promise((next) => setTimeout(next, 5));
      await room.close();
      await hanging;
      receiver.answer = { status: 204 };
      const next = createRoom(store, hooks, { clock });
      await next.drain();
      await next.close();
      assert.equal(receiver.received.length, 2);
      assert.deepEqual([room.counts, next.counts], [[], ['delivered']]);
    });

    test('A receiver that never answers does not delay others', async (t) => {
      const [store] = await openStores(t);
      const [slow, quick] = [await startReceiver(t), await startReceiver(t)];
      slow.answer = 'nothing';
      const hooks = [slow, quick].map(({ url }) => ({ url, secret }));
      const room = createRoom(store, hooks, { clock: createShiftedClock(), timeLimit: 300 });
      for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) await room.notify(leaked(id, 0));
      await room.drain();
      await room.close();
      assert.equal(quick.received.length, 6);
      assert.ok(slow.received.length >= 6);
      assert.equal(room.counts.filter((outcome) => outcome === 'failed').length, 6);
    });

    test('A private address that the operator did not allow is not called', async (t) => {
      const [store] = await openStores(t);
      const receiver = await startReceiver(t);
      const hooks = [{ url: receiver.url, secret }];
      const room = createRoom(store, hooks, { clock: createShiftedClock(), allow: [] });
      await room.notify(leaked('one', 0));
      await room.drain();
      await room.close();
      assert.deepEqual(receiver.received, []);
      assert.deepEqual(room.counts, ['failed']);
      assert.match(room.logged(), /OUTBOUND_REFUSED/);
    });

    test('An event is durable before its request is answered, and a later start delivers it', async (t) => {
      const [store] = await openStores(t);
      const receiver = await startReceiver(t);
      const clock = createShiftedClock();
      const hooks = [{ url: receiver.url, secret }];
      const room = createRoom(store, hooks, { clock });
      await room.close();
      await room.notify(leaked('one', 0));
      clock.forward(48 * hour);
      const next = createRoom(store, hooks, { clock });
      await next.drain();
      await next.close();
      assert.equal(receiver.received.length, 1);
    });
  });
});
