/** Unusual use of a key is told once, on whichever node it is seen, and usual use never is. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createAlerts } from '../../src/api_keys/notices/alerts.ts';
import type { ApiKeyRecord } from '../../src/storage/api_keys.ts';
import { eachEngine } from '../support/stores.ts';
import {
  type Alerts,
  alertsOn,
  hour,
  minute,
  networkKeys,
  policy,
  useFrom,
} from './alert_processes.ts';

await eachEngine((stores) => {
  const { setUp, idle } = alertsOn(stores);

  describe('Alerts about denied API key calls', () => {
    const deny = async (alerts: Alerts, record: ApiKeyRecord, times: number) => {
      for (let call = 0; call < times; call += 1) {
        alerts.observe({ record, ip: undefined, outcome: 'denied', times: 1 });
      }
      await alerts.close();
    };

    test('Denied calls are counted across nodes and reported once an hour', async (t) => {
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

    test('Denials spread over minutes raise no alert, and a null threshold turns alerts off', async (t) => {
      const { startAlerts, record, told, clock } = await setUp(t);
      for (let index = 0; index < 5; index += 1) {
        await deny(startAlerts(), record, 99);
        clock.advance(minute);
      }
      await deny(startAlerts(undefined, { denied_per_minute: null }), record, 500);
      assert.equal(told.events.length, 0);
    });
  });

  describe('Alerts about rate spikes', () => {
    const call = async (alerts: Alerts, record: ApiKeyRecord, times: number) => {
      for (let count = 0; count < times; count += 1) {
        alerts.observe({ record, ip: undefined, outcome: 'allowed', times: 1 });
        if (count % 30 === 29) await idle();
      }
    };
    const usual = async (
      alerts: Alerts,
      record: ApiKeyRecord,
      clock: { advance(ms: number): void },
      times: number,
    ) => {
      for (let index = 0; index < 15; index += 1) {
        await call(alerts, record, times);
        clock.advance(minute);
      }
    };

    test('Ten times the usual rate raises one alert, even across a restart; a smaller rise raises none', async (t) => {
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

    test('A new API key has no usual rate to exceed, and a quiet one may grow', async (t) => {
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

  test('An alert left unfinished by a process that dies is sent by another process under the same id', async (t) => {
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
