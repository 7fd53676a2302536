import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startCrashableServer } from '../../../harness/mongodb_servers.ts';
import {
  type ProcessServer,
  type ProcessServerOptions,
  startProcessServer,
} from '../../../harness/process_server.ts';
import { openStore } from '../../../src/storage/open.ts';
import { eachEngine, onMongo } from '../../support/stores.ts';
import { declaration } from './configuration.ts';
import { prepareWorkload, type Workload } from './workload.ts';

/** Of a server of this test's own. */
const databasePort = 27_919;
/** A request that is never answered, and its connection never closed, ends here. */
const limit = { timeout: 60_000 };

await eachEngine((stores) => {
  test(
    'After kill -9 of a worker nothing is spent twice and nothing acknowledged is lost or missing from the audit trail',
    limit,
    async (t) => {
      const store = await stores.freshUrl();
      const node = await start(t, { store, workers: 2 });
      const workload = await prepareWorkload(node.issuer, [node]);
      // On connections of their own, which the workers take in turn.
      while (node.workers().length < 2) await fetch(node.url, { headers: { connection: 'close' } });
      await workload.run(async () => {
        const [victim] = node.workers();
        assert.ok(victim);
        await node.kill(victim);
        while (node.workers().includes(victim)) await sleep(5);
      });
      await ready(node);
      await check(t, workload, store);
    },
  );

  test(
    'After kill -9 of a node nothing is spent twice and nothing acknowledged is lost or missing from the audit trail',
    limit,
    async (t) => {
      const store = await stores.freshUrl();
      const one = await start(t, { store });
      const { issuer } = one;
      const other = await start(t, { store, issuer });
      const workload = await prepareWorkload(issuer, [one, other]);
      await workload.run(async () => {
        await other.kill();
        await start(t, { store, issuer, port: Number(new URL(other.url).port) });
      });
      await check(t, workload, store);
    },
  );
});

await onMongo(() => {
  test(
    'After kill -9 of the database nothing is spent twice and nothing acknowledged is lost or missing from the audit trail',
    limit,
    async (t) => {
      const server = await startCrashableServer(databasePort);
      // Where the server was given and none can be started, there is nothing to kill.
      if (!server) return t.diagnostic('no server of its own to kill');
      t.after(server.stop);
      const store = server.uri.replace(/\/(\?|$)/, `/cardea_crash_${process.pid}$1`);
      const one = await start(t, { store });
      const other = await start(t, { store, issuer: one.issuer });
      const workload = await prepareWorkload(one.issuer, [one, other]);
      // The driver waits out a short outage, so it may be that no request breaks.
      await workload.run(server.crash);
      await ready(one);
      await ready(other);
      await check(t, workload, store);
    },
  );
});

async function start(t: TestContext, options: ProcessServerOptions): Promise<ProcessServer> {
  const server = await startProcessServer({ declaration, ...options });
  t.after(() => server.kill());
  return server;
}

/** It recovers by itself; the test's own time limit ends the wait. */
async function ready(node: ProcessServer): Promise<void> {
  while ((await node.readiness()) !== 200) await sleep(50);
}

async function check(t: TestContext, workload: Workload, url: string): Promise<void> {
  const { answered, broken } = workload.counts;
  t.diagnostic(`${answered} requests answered, ${broken} not`);
  const store = await openStore({ url });
  await workload.check(store.audit).finally(() => store.close());
}
