/**
 * Starts what is measured, as processes of their own, and stops it.
 */
import {
  type ChildProcess,
  execFileSync,
  fork,
  type SpawnOptions,
  spawn,
} from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MongoClient } from 'mongodb';
import { freePort } from '../../harness/free_port.ts';
import { api, clients, user } from './declaration.ts';

export type RunningServer = {
  url: string;
  /** Its CARDEA_STORE; only of Cardea. */
  store: string;
  /** Milliseconds from the start of the process to its first token; only of Cardea. */
  firstTokenAfter: number | undefined;
  /** Resident memory of each serving process, MB. */
  memory(): number[];
  /** Processor time of all its processes so far, ms. */
  cpuTime(): number;
  stop(): Promise<void>;
};

const root = fileURLToPath(new URL('../../', import.meta.url));

export async function startBare(processes: number): Promise<RunningServer> {
  const port = await freePort();
  const child = fork(fileURLToPath(new URL('./bare_provider.ts', import.meta.url)), {
    env: {
      ...process.env,
      PORT: String(port),
      PROCESSES: String(processes),
      NODE_ENV: 'production',
    },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  await once(child, 'message');
  return running(child, port);
}

export async function startCardea({
  store,
  workers,
  preload,
  further = {},
}: {
  /** `sqlite`, or a MongoDB's address, where it gets a database of its own. */
  store: string;
  workers: number;
  /** The URL of a module that each process loads first. */
  preload?: string;
  /** Members of the declarative file beside the usual ones, or in their place. */
  further?: object;
}): Promise<RunningServer> {
  const port = await freePort();
  const managementPort = await freePort();
  const directory = mkdtempSync(join(tmpdir(), 'cardea-bench-'));
  const config = join(directory, 'cardea.json');
  writeFileSync(config, JSON.stringify({ apis: [api], clients, users: [user], ...further }));
  const database = store === 'sqlite' ? undefined : newDatabase(store);
  const address = database ?? `sqlite:${join(directory, 'bench.db')}`;
  const flags = [process.env.NODE_OPTIONS, preload && `--import=${preload}`];
  const startedAt = performance.now();
  const child = spawn(process.execPath, [join(root, 'bin/cardea.js'), 'serve'], {
    cwd: directory,
    env: {
      ...process.env,
      NODE_OPTIONS: flags.filter(Boolean).join(' '),
      CARDEA_ISSUER: `http://127.0.0.1:${port}`,
      CARDEA_PORT: String(port),
      CARDEA_MANAGEMENT_PORT: String(managementPort),
      CARDEA_SECRET: randomBytes(32).toString('base64url'),
      CARDEA_STORE: address,
      CARDEA_CONFIG: config,
      CARDEA_WORKERS: String(workers),
      CARDEA_LOG_LEVEL: 'info',
    },
    stdio: ['ignore', process.env.BENCH_LOG ? 'inherit' : 'ignore', 'inherit'],
  } satisfies SpawnOptions);
  await firstToken(`http://127.0.0.1:${port}`, child);
  const firstTokenAfter = performance.now() - startedAt;
  await serving(`http://127.0.0.1:${managementPort}/metrics`, workers);
  const server = running(child, port, { firstTokenAfter, store: address });
  return {
    ...server,
    async stop() {
      await server.stop();
      if (database) await drop(database);
      rmSync(directory, { recursive: true });
    },
  };
}

/** `openssl speed`: RSA-2048 signatures a second on all cores. */
export function opensslRate(processes: number): number {
  const output = execFileSync(
    'openssl',
    ['speed', '-multi', String(processes), '-seconds', '3', 'rsa2048'],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  );
  return Number(/rsa 2048 bits\s+\S+\s+\S+\s+([\d.]+)/.exec(output)?.[1]);
}

function running(
  child: ChildProcess,
  port: number,
  { firstTokenAfter, store = '' }: Partial<Pick<RunningServer, 'firstTokenAfter' | 'store'>> = {},
): RunningServer {
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  return {
    url: `http://127.0.0.1:${port}`,
    ...{ firstTokenAfter, store },
    memory: () => {
      const workers = childrenOf(Number(child.pid));
      return (workers.length > 0 ? workers : [Number(child.pid)]).map(residentMegabytes);
    },
    cpuTime: () =>
      [Number(child.pid), ...childrenOf(Number(child.pid))].reduce(
        (sum, pid) => sum + cpuMilliseconds(pid),
        0,
      ),
    async stop() {
      process.off('exit', kill);
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

/** Each server makes a secret of its own: the signing keys of the one before are none that it could open. */
function newDatabase(address: string): string {
  const url = new URL(address);
  url.pathname = `/cardea_bench_${Date.now()}`;
  return url.href;
}

async function drop(url: string): Promise<void> {
  const client = new MongoClient(url);
  await client.db().dropDatabase();
  await client.close();
}

async function firstToken(url: string, child: ChildProcess): Promise<void> {
  const [job] = clients;
  const authorization = `Basic ${btoa(`${job?.client_id}:${job?.client_secret}`)}`;
  for (let attempt = 0; attempt < 2000 && child.exitCode === null; attempt += 1) {
    const status = await fetch(`${url}/token`, {
      method: 'POST',
      headers: { authorization },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    }).then(
      (response) => response.status,
      () => 0,
    );
    if (status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  child.kill('SIGKILL');
  throw new Error('the server did not start (BENCH_LOG=1 shows what it says)');
}

/** Connections that are opened before all workers serve would stay with the first ones. */
async function serving(url: string, workers: number): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt += 1) {
    const metrics = await fetch(url).then((response) => response.text());
    if (metrics.includes(`\ncardea_workers ${workers}\n`)) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('not all workers serve');
}

function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return (
          Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${name}/status`, 'utf8'))?.[1]) === pid
        );
      } catch {
        return false;
      }
    })
    .map(Number);
}

function residentMegabytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024);
}

/** User and system time (proc(5), fields 14 and 15), in ticks of 10 ms. */
function cpuMilliseconds(pid: number): number {
  const status = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = status.slice(status.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
