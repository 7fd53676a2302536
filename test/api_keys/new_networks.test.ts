/** A use from a new network is told once, on whichever node it is seen, and one from a known network never is. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import type { Store } from '../../src/storage/store.ts';
import { eachEngine } from '../support/stores.ts';
import { alertsOn, day, hour, networkKeys, useFrom } from './alert_processes.ts';

await eachEngine((stores) => {
  const { setUp } = alertsOn(stores);

  describe('New-network notices for API keys', () => {
    test('The first network of an API key is not news; another one is reported with the owner, even across a restart', async (t) => {
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

    test('IPv6 addresses are grouped into /48 networks', async (t) => {
      const { startAlerts, record, told } = await setUp(t);
      await useFrom(startAlerts(), record, '2001:db8:1::1');
      await useFrom(startAlerts(), record, '2001:db8:1:ffff::1');
      assert.equal(told.events.length, 0);
      await useFrom(startAlerts(), record, '2001:db8:2::1');
      assert.equal(told.events[0]?.data.network, '2001:db8:2::/48');
    });

    test('Many simultaneous uses on two nodes cause one notice', async (t) => {
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

    test('A notice held back by the hourly limit is sent in the next hour', async (t) => {
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

    test('A network stays known while it is used, and is new again after a long absence', async (t) => {
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

    test('A new secret keeps known networks known while the old secret is configured', async (t) => {
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

    test('A denied call does not count as a use of the API key', async (t) => {
      const { startAlerts, record, told } = await setUp(t);
      await useFrom(startAlerts(), record, '203.0.113.7');
      const alerts = startAlerts();
      alerts.observe({ record, ip: '198.51.100.1', outcome: 'denied', times: 1 });
      await alerts.close();
      assert.equal(told.events.length, 0);
    });

    test('An API key used from everywhere causes a bounded number of notices', async (t) => {
      const { startAlerts, record, told, clock } = await setUp(t);
      await useFrom(startAlerts(), record, '203.0.113.7');
      for (let index = 0; index < 70; index += 1) {
        clock.advance(hour);
        await useFrom(startAlerts(), record, `10.1.${index}.1`);
      }
      assert.equal(told.events.length, 64);
    });

    test('The store never holds an IP address', async (t) => {
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

    test('A use from a known network does not query the store', async (t) => {
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
        alerts.observe({ record, ip: '203.0.113.7', outcome: 'limited', times: 1 });
      }
      await alerts.close();
      assert.equal(asked, 2);
    });
  });
});
