/** Unusual use of a key is told once, on whichever node it is seen, and usual use never is. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { createAlerts } from '../../src/api_keys/alerts.ts';
import { createAnnounce } from '../../src/api_keys/announcements.ts';
import type { ApiKeyRecord } from '../../src/storage/api_keys.ts';
import { openStore } from '../../src/storage/open.ts';
import type { Store } from '../../src/storage/store.ts';
import type { WebhookEvent } from '../../src/webhooks/outbox.ts';
import { createAuditTrail, createMovableClock } from '../support/rooms.ts';
import { eachEngine, type TestStores } from '../support/stores.ts';
import { createKeeper, declaration } from './verifiers.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const networkKeys = [randomBytes(32)];
const policy = declaration.api_keys.alerts;

type Told = {
  events: WebhookEvent[];
  counts: unknown[];
  audit: ReturnType<typeof createAuditTrail>;
};

await eachEngine((stores: TestStores) => {
  /** Questions to the store that are not answered yet. */
  const asked = new Set<Promise<unknown>>();
  const noted = <T>(question: Promise<T>): Promise<T> => {
    asked.add(question);
    return question.finally(() => asked.delete(question));
  };

  const setUp = async (t: { after(end: () => unknown): void }) => {
    const url = await stores.freshUrl();
    const [store, other] = [await openStore({ url }), await openStore({ url })];
    t.after(() => Promise.all([store.close(), other.close()]));
    // Ahead of the real time, by which a server removes what has expired; at the start of an hour.
    const start = Math.ceil(Date.now() / day) * day + hour;
    const clock = createMovableClock(start);
    const told: Told = { events: [], counts: [], audit: createAuditTrail() };
    const announce = createAnnounce({
      projects: store.projects,
      audit: told.audit,
      notify: async (event) => void told.events.push(event),
      count: (notice) => void told.counts.push(notice),
    });
    /** One process. */
    const startAlerts = (
      of: Store = store,
      given: Partial<typeof policy> = {},
      hashKeys = networkKeys,
    ) =>
      createAlerts({
        policy: { ...policy, ...given },
        artifacts: { ...of.artifacts, find: (...given) => noted(of.artifacts.find(...given)) },
        counters: of.counters,
        log: { warn: (fields, message) => assert.fail(`${message} ${JSON.stringify(fields)}`) },
        ...{ announce, clock, networkKeys: hashKeys },
      });
    const keeper = createKeeper(store, clock);
    const project = await keeper.project({ ownerId: 'alice' });
    const { record } = await keeper.key({ projectId: project.id });
    return { store, other, clock, told, startAlerts, record };
  };

  /** Uses a key from these addresses, one after the other, in a process that then ends. */
  const useFrom = async (
    alerts: ReturnType<typeof createAlerts>,
    record: ApiKeyRecord,
    ...ips: (string | undefined)[]
  ) => {
    for (const ip of ips) alerts.observe({ record, ip, outcome: 'allowed' });
    await alerts.close();
  };

  describe('new networks', () => {
    test('the first network is no news, another one is told with the owner, and no restart tells it again', async (t) => {
      const { startAlerts, record, told } = await setUp(t);
      await useFrom(startAlerts(), record, '203.0.113.7', '203.0.113.8', undefined, 'nonsense');
      await useFrom(startAlerts(), record, '203.0.113.200', '::ffff:203.0.113.9');
      assert.equal(told.events.length, 0);
      await useFrom(startAlerts(), record, '198.51.100.1');
      assert.equal(told.events.length, 1);
      assert.equal(told.events[0]?.type, 'api_key.alert');
      const { data } = told.events[0] ?? {};
      assert.equal(data?.what, 'new_network');
      assert.equal(data?.network, '198.51.100.0/24');
      assert.equal(data?.key_id, record.id);
      assert.equal(data?.owner_id, 'alice');
      assert.deepEqual(told.audit.types(), ['api_key.alert']);
      assert.deepEqual(told.counts, [{ event: 'alert', what: 'new_network' }]);
      await useFrom(startAlerts(), record, '198.51.100.2', '203.0.113.1');
      assert.equal(told.events.length, 1);
    });

    test('an IPv6 network is a /48', async (t) => {
      const { startAlerts, record, told } = await setUp(t);
      await useFrom(startAlerts(), record, '2001:db8:1::1');
      await useFrom(startAlerts(), record, '2001:db8:1:ffff::1');
      assert.equal(told.events.length, 0);
      await useFrom(startAlerts(), record, '2001:db8:2::1');
      assert.equal(told.events[0]?.data.network, '2001:db8:2::/48');
    });

    test('many uses at once on two nodes are told once', async (t) => {
      const { startAlerts, record, told, store, other } = await setUp(t);
      await useFrom(startAlerts(), record, '203.0.113.7');
      const ips = Array.from({ length: 20 }, (_, index) => `198.51.100.${index}`);
      await Promise.all([
        useFrom(startAlerts(store), record, ...ips),
        useFrom(startAlerts(other), record, ...ips),
      ]);
      assert.equal(new Set(told.events.map(({ id }) => id)).size, 1);
      await useFrom(startAlerts(other), record, '198.51.100.77');
      assert.equal(new Set(told.events.map(({ id }) => id)).size, 1);
    });

    test('what is not told as there was one in this hour is told in the next one', async (t) => {
      const { startAlerts, record, told, clock } = await setUp(t);
      const networks = () => told.events.map(({ data }) => data.network);
      await useFrom(startAlerts(), record, '203.0.113.7');
      await useFrom(startAlerts(), record, '198.51.100.1');
      await useFrom(startAlerts(), record, '192.0.2.1');
      assert.deepEqual(networks(), ['198.51.100.0/24']);
      clock.advance(hour);
      await useFrom(startAlerts(), record, '198.51.100.1', '192.0.2.1');
      assert.deepEqual(networks(), ['198.51.100.0/24', '192.0.2.0/24']);
    });

    test('a network is known as long as it is used, and new again long after', async (t) => {
      const { startAlerts, record, told, clock } = await setUp(t);
      await useFrom(startAlerts(), record, '203.0.113.7');
      for (let month = 0; month < 5; month += 1) {
        clock.advance(50 * day);
        await useFrom(startAlerts(), record, '203.0.113.7');
      }
      assert.equal(told.events.length, 0);
      clock.advance(200 * day);
      await useFrom(startAlerts(), record, '203.0.113.7');
      assert.equal(told.events.length, 1);
    });

    test('a new secret makes no network new as long as the older one is there', async (t) => {
      const { startAlerts, record, told } = await setUp(t);
      const newest = randomBytes(32);
      await useFrom(startAlerts(), record, '203.0.113.7');
      const both = startAlerts(undefined, {}, [newest, ...networkKeys]);
      await useFrom(both, record, '203.0.113.7');
      assert.equal(told.events.length, 0);
      await useFrom(startAlerts(undefined, {}, [newest]), record, '203.0.113.7');
      assert.equal(told.events.length, 0);
      await useFrom(startAlerts(undefined, {}, [newest]), record, '198.51.100.1');
      assert.equal(told.events.length, 1);
    });

    test('a denied call is no use of a key', async (t) => {
      const { startAlerts, record, told } = await setUp(t);
      await useFrom(startAlerts(), record, '203.0.113.7');
      const alerts = startAlerts();
      alerts.observe({ record, ip: '198.51.100.1', outcome: 'denied' });
      await alerts.close();
      assert.equal(told.events.length, 0);
    });

    test('a key that is used from anywhere is told of so often and no more', async (t) => {
      const { startAlerts, record, told, clock } = await setUp(t);
      await useFrom(startAlerts(), record, '203.0.113.7');
      for (let index = 0; index < 70; index += 1) {
        clock.advance(hour);
        await useFrom(startAlerts(), record, `10.1.${index}.1`);
      }
      assert.equal(told.events.length, 64);
    });

    test('the store learns no address', async (t) => {
      const { startAlerts, record, store } = await setUp(t);
      const kept: string[] = [];
      const noting: Store['artifacts'] = {
        ...store.artifacts,
        insert: async (artifact, now) => {
          kept.push(JSON.stringify(artifact));
          return store.artifacts.insert(artifact, now);
        },
      };
      await useFrom(startAlerts({ ...store, artifacts: noting }), record, '203.0.113.7');
      assert.ok(kept.length > 0);
      assert.ok(!kept.join().includes('203.0.113'));
    });

    test('a use that is known asks nothing of the store', async (t) => {
      const { startAlerts, record, store } = await setUp(t);
      let asked = 0;
      const counting: Store['artifacts'] = {
        ...store.artifacts,
        find: async (...given) => {
          asked += 1;
          return store.artifacts.find(...given);
        },
      };
      const alerts = startAlerts({ ...store, artifacts: counting });
      for (let index = 0; index < 20; index += 1) {
        alerts.observe({ record, ip: '203.0.113.7', outcome: 'limited' });
      }
      await alerts.close();
      assert.equal(asked, 2);
    });
  });

  describe('denied calls', () => {
    const deny = async (
      alerts: ReturnType<typeof createAlerts>,
      record: ApiKeyRecord,
      times: number,
    ) => {
      for (let call = 0; call < times; call += 1) {
        alerts.observe({ record, ip: undefined, outcome: 'denied' });
      }
      await alerts.close();
    };

    test('they are counted over nodes, and told once in an hour', async (t) => {
      const { startAlerts, record, told, clock, store, other } = await setUp(t);
      await deny(startAlerts(store), record, 90);
      assert.equal(told.events.length, 0);
      await deny(startAlerts(other), record, 10);
      assert.deepEqual(told.events[0]?.data.denied_in_minute, 100);
      await deny(startAlerts(other), record, 300);
      clock.advance(minute);
      await deny(startAlerts(store), record, 300);
      assert.equal(told.events.length, 1);
      clock.advance(hour);
      await deny(startAlerts(store), record, 300);
      assert.equal(told.events.length, 2);
      assert.equal(told.events[1]?.data.what, 'denied_calls');
    });

    test('what is spread over minutes is not told, nor is anything when the threshold is null', async (t) => {
      const { startAlerts, record, told, clock } = await setUp(t);
      for (let index = 0; index < 5; index += 1) {
        await deny(startAlerts(), record, 99);
        clock.advance(minute);
      }
      await deny(startAlerts(undefined, { denied_per_minute: null }), record, 500);
      assert.equal(told.events.length, 0);
    });
  });

  describe('rate spikes', () => {
    const call = async (
      alerts: ReturnType<typeof createAlerts>,
      record: ApiKeyRecord,
      times: number,
    ) => {
      for (let count = 0; count < times; count += 1) {
        alerts.observe({ record, ip: undefined, outcome: 'allowed' });
        if (count % 30 === 29) await idle();
      }
    };
    /** Until the store has answered what it was asked, as between requests. */
    const idle = async () => {
      await Promise.all(asked);
      await new Promise(setImmediate);
    };
    const usual = async (
      alerts: ReturnType<typeof createAlerts>,
      record: ApiKeyRecord,
      clock: { advance(ms: number): void },
      times: number,
    ) => {
      for (let index = 0; index < 15; index += 1) {
        await call(alerts, record, times);
        clock.advance(minute);
      }
    };

    test('ten times the usual rate is told, once, also after a restart; less is not', async (t) => {
      const { startAlerts, record, told, clock } = await setUp(t);
      const first = startAlerts();
      await usual(first, record, clock, 40);
      await call(first, record, 300);
      clock.advance(minute);
      await call(first, record, 1);
      await first.close();
      assert.equal(told.events.length, 0);
      const next = startAlerts();
      await call(next, record, 900);
      await call(next, record, 100);
      await next.close();
      assert.equal(told.events.length, 1);
      const { data } = told.events[0] ?? {};
      assert.equal(data?.what, 'rate_spike');
      assert.ok(Number(data?.calls_in_minute) >= 400);
    });

    test('of a new key nobody knows what is usual, and a quiet one may grow', async (t) => {
      const { startAlerts, record, told, clock } = await setUp(t);
      const alerts = startAlerts();
      await call(alerts, record, 500);
      clock.advance(minute);
      await usual(alerts, record, clock, 1);
      await call(alerts, record, 50);
      await alerts.close();
      assert.equal(told.events.length, 0);
    });
  });

  test('a process that dies while it tells leaves it to another, under the same id', async (t) => {
    const { startAlerts, record, told, store, clock } = await setUp(t);
    await useFrom(startAlerts(), record, '203.0.113.7');
    const dying = createAlerts({
      ...{ policy, networkKeys, clock },
      artifacts: store.artifacts,
      counters: store.counters,
      announce: async () => assert.fail('the process died'),
      log: { warn() {} },
    });
    await useFrom(dying, record, '198.51.100.1');
    assert.equal(told.events.length, 0);
    clock.advance(minute);
    await useFrom(startAlerts(), record, '198.51.100.1');
    assert.equal(told.events.length, 1);
    assert.equal(told.events[0]?.at, clock.now() - minute);
  });
});
