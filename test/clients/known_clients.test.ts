/** Remembered clients: no look-up for one that is unchanged, and no change that the next request misses. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMarkerWatch } from '../../src/caching/marker_watch.ts';
import { createKnownClients } from '../../src/clients/known_clients.ts';
import { createClients } from '../../src/clients/service.ts';
import { openStore } from '../../src/storage/open.ts';
import { killSwitchesOn } from '../support/kill_switches.ts';
import { createAuditTrail, createMovableClock } from '../support/rooms.ts';
import { eachEngine } from '../support/stores.ts';

const job = { grant_types: ['client_credentials'], apis: ['https://orders.example'] };

await eachEngine((stores) => {
  /** One process that remembers clients, and another that changes them. */
  async function setUp(t: { after(end: () => Promise<void>): void }) {
    const clock = createMovableClock(Date.now());
    const url = await stores.freshUrl();
    const [mine, others] = [await openStore({ url }), await openStore({ url })];
    t.after(async () => {
      await Promise.all([mine.close(), others.close()]);
    });
    let lookUps = 0;
    const find = createKnownClients({
      clients: {
        find(clientId) {
          lookUps += 1;
          return mine.clients.find(clientId);
        },
      },
      watch: createMarkerWatch({ markers: mine.revocations, clock }),
      clock,
    });
    const audit = createAuditTrail();
    const { announce, killSwitches } = killSwitchesOn(others, { declared: {}, audit, clock });
    const room = { store: others.clients, announce, killSwitches, clock, audit };
    const clients = createClients(room);
    return { find, clients, clock, store: others, lookUps: () => lookUps };
  }

  test('An unchanged client is read from the store once', async (t) => {
    const { find, clients, lookUps } = await setUp(t);
    await clients.create({ clientId: 'job', metadata: job });
    await clients.create({ clientId: 'other', metadata: job });
    for (let time = 0; time < 5; time += 1) assert.equal((await find('job'))?.clientId, 'job');
    await clients.disable('other');
    await find('job');
    assert.equal(lookUps(), 1);
  });

  test('The next request on another process sees each change to a client', async (t) => {
    const { find, clients } = await setUp(t);
    await clients.create({ clientId: 'job', metadata: job });
    assert.equal((await find('job'))?.disabledAt, undefined);
    await clients.disable('job');
    assert.notEqual((await find('job'))?.disabledAt, undefined);
    await clients.enable('job');
    assert.equal((await find('job'))?.disabledAt, undefined);
    await clients.update('job', { client_name: 'Job' });
    assert.equal((await find('job'))?.metadata.client_name, 'Job');
    const { record } = await clients.rotateSecret('job', { overlapSeconds: 0 });
    assert.deepEqual((await find('job'))?.secretHashes, record.secretHashes);
    await clients.remove('job');
    assert.equal(await find('job'), undefined);
    await clients.create({ clientId: 'job', metadata: job });
    assert.equal((await find('job'))?.version, 1);
  });

  test('The next request sees a change that a client made to its own registration', async (t) => {
    const { find, clients } = await setUp(t);
    assert.equal(await find('app'), undefined);
    await clients.addRegistered({ clientId: 'app', metadata: job });
    assert.ok(await find('app'));
    await clients.updateRegistered({ clientId: 'app', metadata: { ...job, client_name: 'App' } });
    assert.equal((await find('app'))?.metadata.client_name, 'App');
    await clients.removeRegistered('app');
    assert.equal(await find('app'), undefined);
  });

  test('A change whose process died before announcing it is seen after a later revocation repairs the announcement', async (t) => {
    const { find, clients, clock, store } = await setUp(t);
    const { record } = await clients.create({ clientId: 'job', metadata: job });
    await find('job');
    await store.clients.update({ ...record, disabledAt: clock.now(), version: 2 });
    await store.revocations.put({ key: 'client:job', expiresAt: clock.now() + 60_000 });
    assert.notEqual((await find('job'))?.disabledAt, undefined);
  });

  test('A change whose process died before announcing it is seen within a minute', async (t) => {
    const { find, clients, clock, store } = await setUp(t);
    const { record } = await clients.create({ clientId: 'job', metadata: job });
    await find('job');
    await store.clients.update({ ...record, disabledAt: clock.now(), version: 2 });
    clock.advance(60_001);
    assert.notEqual((await find('job'))?.disabledAt, undefined);
  });
});
