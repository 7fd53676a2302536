import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createRestarts } from '../../src/node/restarts.ts';
import { type LogLine, until } from '../support/site.ts';

const { version } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
);
const program = fileURLToPath(new URL('fixtures/node.ts', import.meta.url));

type RunningNode = {
  process: ChildProcess;
  lines: LogLine[];
  exit: Promise<{ code: number | null; signal: string | null }>;
};

function start(t: TestContext, environment: Record<string, string>): RunningNode {
  const child = spawn(process.execPath, [program], {
    env: { ...process.env, NODE_OPTIONS: '', ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  const lines: LogLine[] = [];
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts.map((line) => JSON.parse(line)));
  });
  const exit = once(child, 'close').then(([code, signal]) => ({ code, signal }));
  return { process: child, lines, exit };
}

async function startListening(t: TestContext, environment: Record<string, string>) {
  const node = start(t, environment);
  const line = await until(() => node.lines.find(({ msg }) => msg === 'listening'));
  const url = `http://127.0.0.1:${line.port}`;
  const management = `http://127.0.0.1:${line.management_port}`;
  return { ...node, url, management };
}

/** Each on a connection of its own, as the primary deals out connections. */
const pidAt = async (url: string) =>
  Number(await (await fetch(url, { headers: { Connection: 'close' } })).text());

async function pidsOf(url: string, count: number): Promise<Set<number>> {
  const pids = new Set<number>();
  await until(async () => pids.add(await pidAt(url)).size === count);
  return pids;
}

for (const workers of ['1', '2']) {
  describe(`Node with CARDEA_WORKERS=${workers}`, () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      test(`The signal ${signal} lets running requests complete and exits with 0`, async (t) => {
        const node = await startListening(t, { WORKERS: workers });
        const answer = fetch(`${node.url}/slow`).then((response) => response.text());
        await pidsOf(node.url, Number(workers));
        await until(() => node.lines.find(({ msg }) => msg === 'request begun'));
        node.process.kill(signal);
        assert.match(await answer, /^\d+$/);
        assert.deepEqual(await node.exit, { code: 0, signal: null });
        const closed = node.lines.filter(({ msg }) => msg === 'worker closed');
        assert.equal(closed.length, Number(workers));
        await assert.rejects(fetch(node.url));
        await assert.rejects(fetch(node.management));
      });
    }

    test('A second signal ends the node at once with 1', async (t) => {
      const node = await startListening(t, { WORKERS: workers });
      const cutOff = assert.rejects(fetch(`${node.url}/hang`));
      await until(() => node.lines.find(({ msg }) => msg === 'request begun'));
      await until(() => {
        node.process.kill('SIGTERM');
        return node.process.exitCode !== null;
      });
      assert.deepEqual(await node.exit, { code: 1, signal: null });
      await cutOff;
    });

    test('The management port reports liveness, readiness and the metrics of all workers', async (t) => {
      const { url, management } = await startListening(t, { WORKERS: workers });
      await pidsOf(url, Number(workers));
      for (let n = 0; n < 5; n += 1) await pidAt(url);
      assert.equal((await fetch(`${management}/health/live`)).status, 200);
      await until(async () => (await fetch(`${management}/health/ready`)).status === 200);
      const health = async (name: string) => (await fetch(`${management}/health/${name}`)).json();
      assert.deepEqual(await health('live'), { status: 'live', version });
      assert.deepEqual(await health('ready'), { status: 'ready', version });
      const body = await (await fetch(`${management}/metrics`)).text();
      const counted = /cardea_http_requests_total\{[^}]*\} (\d+)/.exec(body)?.[1];
      assert.ok(Number(counted) >= 5 + Number(workers));
    });

    test('A cause that prevents the start is reported, and the node exits with 1', async (t) => {
      const node = start(t, { WORKERS: workers, BEHAVIOUR: 'refuse' });
      assert.deepEqual(await node.exit, { code: 1, signal: null });
      const fatal = node.lines.filter(({ level }) => level === 'fatal');
      assert.equal(fatal.length, 1);
      assert.equal(fatal[0]?.reason, 'The database is too new.');
      assert.equal(fatal[0]?.version, version);
    });

    for (const variable of ['PORT', 'MANAGEMENT_PORT']) {
      test(`A conflict on ${variable} is reported, and the node exits with 1`, async (t) => {
        const holder = createServer().listen(0, '127.0.0.1');
        await once(holder, 'listening');
        t.after(() => holder.close());
        const address = holder.address();
        assert.ok(typeof address === 'object' && address);
        const node = start(t, { WORKERS: workers, [variable]: String(address.port) });
        assert.deepEqual(await node.exit, { code: 1, signal: null });
        const fatal = node.lines.find(({ level }) => level === 'fatal');
        assert.match(String(fatal?.reason), new RegExp(`already in use.*CARDEA_${variable}\\.`));
      });
    }
  });
}

describe('Workers', () => {
  test('A killed worker is replaced and logged, and its counts are kept', async (t) => {
    const node = await startListening(t, { WORKERS: '2' });
    const [victim] = await pidsOf(node.url, 2);
    assert.ok(victim);
    const counted = async () => {
      const body = await (await fetch(`${node.management}/metrics`)).text();
      return Number(/cardea_http_requests_total\{[^}]*\} (\d+)/.exec(body)?.[1]);
    };
    const before = await counted();
    process.kill(victim, 'SIGKILL');
    const died = await until(() => node.lines.find(({ msg }) => msg === 'worker died'));
    assert.equal(died.worker_pid, victim);
    assert.equal(died.signal, 'SIGKILL');
    const replaced = () => node.lines.filter(({ msg }) => msg === 'worker started').length === 2;
    await until(replaced);
    assert.ok((await counted()) >= before);
    assert.ok(!(await pidsOf(node.url, 2)).has(victim));
  });

  test('An unexpected error ends one worker, not the node, and logs the cause', async (t) => {
    const node = await startListening(t, { WORKERS: '2' });
    await pidsOf(node.url, 2);
    await assert.rejects(fetch(`${node.url}/throw`));
    await until(() => node.lines.find(({ msg }) => msg === 'worker died'));
    const fatal = node.lines.find(({ level }) => level === 'fatal');
    assert.match(JSON.stringify(fatal?.err), /unexpected in a worker/);
    await pidsOf(node.url, 2);
    node.process.kill('SIGTERM');
    assert.equal((await node.exit).code, 0);
  });

  for (const behaviour of ['crash_at_start', 'crash_after_start']) {
    test(`A crash loop (${behaviour}) ends the node with a reason`, async (t) => {
      const node = start(t, { WORKERS: '2', BEHAVIOUR: behaviour });
      assert.deepEqual(await node.exit, { code: 1, signal: null });
      const fatal = node.lines.find(({ level }) => level === 'fatal');
      assert.match(String(fatal?.reason), /Worker \d keeps dying/);
      const deaths = node.lines.filter(({ msg }) => msg === 'worker died');
      assert.ok(deaths.length >= 5);
      assert.ok(deaths.every((line) => line.exit_code === 3));
    });
  }

  test('Workers do not outlive a killed primary', async (t) => {
    const node = await startListening(t, { WORKERS: '2' });
    await pidsOf(node.url, 2);
    node.process.kill('SIGKILL');
    // Its output closes when the last process that writes to it is gone.
    assert.equal((await node.exit).signal, 'SIGKILL');
  });
});

describe('Worker restarts', () => {
  const death = { slot: 1, livedMs: 50, started: false, code: 1, signal: null };
  const decide = (...deaths: (typeof death | object)[]) => {
    const restarts = createRestarts();
    return deaths.map((one) => restarts.afterDeath({ ...death, ...one }));
  };

  test('The fifth early death of one worker slot in a row ends the node, after growing pauses', () => {
    assert.deepEqual(decide({}, {}, {}, {}, {}), [
      { delayMs: 0 },
      { delayMs: 100 },
      { delayMs: 200 },
      { delayMs: 400 },
      'give_up',
    ]);
  });

  test('A long-lived worker, another slot and an external kill do not count as a crash loop', () => {
    const lived = { livedMs: 10_000 };
    assert.ok(!decide({}, {}, {}, {}, lived, {}, {}, {}, {}).includes('give_up'));
    assert.ok(!decide({}, {}, {}, {}, { slot: 2 }).includes('give_up'));
    const killed = { started: true, code: null, signal: 'SIGKILL' };
    assert.ok(!decide(killed, killed, killed, killed, killed, killed).includes('give_up'));
    const crashed = { started: true, code: null, signal: 'SIGSEGV' };
    assert.ok(decide(crashed, crashed, crashed, crashed, crashed).includes('give_up'));
  });
});
