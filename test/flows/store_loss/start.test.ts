import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../../harness/free_port.ts';
import { testSecret } from '../../../harness/test_secret.ts';
import { openStore } from '../../../src/storage/open.ts';
import { proxyTo } from '../../storage/mongodb_proxy.ts';
import { until } from '../../support/site.ts';
import { onMongo, onSqlite } from '../../support/stores.ts';

const program = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));

type Starting = {
  child: ChildProcess;
  output(): string;
  /** Status of a path on the management port; 0: nobody listens. */
  status(path: string): Promise<number>;
};

/** A node that is not waited for. */
async function startNode(t: TestContext, store: string, wait?: string): Promise<Starting> {
  const [port, managementPort] = [await freePort(), await freePort()];
  const child = spawn(process.execPath, [program, 'serve'], {
    env: {
      PATH: process.env.PATH,
      CARDEA_ISSUER: `http://127.0.0.1:${port}`,
      CARDEA_PORT: String(port),
      CARDEA_MANAGEMENT_PORT: String(managementPort),
      CARDEA_STORE: store,
      CARDEA_SECRET: testSecret,
      CARDEA_WORKERS: '1',
      ...(wait !== undefined && { CARDEA_STORE_WAIT: wait }),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  return {
    child,
    output: () => output,
    async status(path) {
      try {
        const headers = { connection: 'close' };
        const answer = await fetch(`http://127.0.0.1:${managementPort}${path}`, { headers });
        await answer.body?.cancel();
        return answer.status;
      } catch {
        return 0;
      }
    },
  };
}

const isWaiting = async ({ output, status }: Starting) => {
  await until(() => output().includes('waiting for the store'));
  assert.equal(await status('/health/live'), 200);
  assert.equal(await status('/health/ready'), 503);
};
const becomesReady = ({ status }: Starting) =>
  until(async () => (await status('/health/ready')) === 200);
const fatalLine = (output: string) => /^.*"level":"fatal".*$/m.exec(output)?.[0] ?? '';

await onMongo((stores) => {
  test('A node waits for a MongoDB that is not up yet and starts when it is', async (t) => {
    const proxy = await proxyTo(await stores.freshUrl());
    t.after(() => proxy.close());
    await proxy.cut();
    const node = await startNode(t, proxy.url);
    await isWaiting(node);
    await proxy.mend();
    await becomesReady(node);
    assert.doesNotMatch(node.output(), /"level":"(error|fatal)"/);
  });

  test('A waiting node can be stopped', async (t) => {
    const proxy = await proxyTo(await stores.freshUrl());
    t.after(() => proxy.close());
    await proxy.cut();
    const node = await startNode(t, proxy.url);
    await isWaiting(node);
    node.child.kill('SIGTERM');
    assert.deepEqual(await once(node.child, 'exit'), [0, null]);
  });

  test('A node whose store does not come up in time says so in one line and exits with 1', async (t) => {
    const node = await startNode(t, 'mongodb://user:hidden@nowhere.invalid/cardea', '1s');
    assert.deepEqual(await once(node.child, 'exit'), [1, null]);
    await until(() => fatalLine(node.output()));
    assert.match(fatalLine(node.output()), /did not answer for 1 s \(CARDEA_STORE_WAIT\)/);
    assert.match(fatalLine(node.output()), /nowhere\.invalid/);
    assert.doesNotMatch(node.output(), /hidden/);
  });
});

onSqlite((stores) => {
  test('A node waits for a file that another program has locked', async (t) => {
    const url = await stores.freshUrl();
    const path = url.replace('sqlite:', '');
    mkdirSync(dirname(path), { recursive: true });
    await (await openStore({ url })).close();
    const other = new DatabaseSync(path);
    t.after(() => other.isOpen && other.close());
    other.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    const node = await startNode(t, url);
    await isWaiting(node);
    other.close();
    await becomesReady(node);
  });

  test('An error that waiting cannot fix ends the start at once', async (t) => {
    const url = await stores.freshUrl();
    await (await openStore({ url })).close();
    // A file is no folder.
    const node = await startNode(t, `${url}/cardea.db`);
    assert.deepEqual(await once(node.child, 'exit'), [1, null]);
    assert.doesNotMatch(node.output(), /waiting for the store/);
  });
});
