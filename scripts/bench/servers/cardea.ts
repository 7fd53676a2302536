/**
 * Starts Cardea to be measured: a durable store, logs of level `info`, audit and limits on.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { MongoClient } from 'mongodb';
import { freePort } from '../../../harness/free_port.ts';
import { declaration, secret } from '../declaration.ts';
import { type RunningServer, runningServer } from './running_server.ts';

export type RunningCardea = RunningServer & {
  /** Milliseconds from the start of the process to its first token. */
  firstTokenAfter: number;
  /** Its log, where it is piped. */
  log?: Readable;
};

const program = fileURLToPath(new URL('../../../bin/cardea.js', import.meta.url));
const endpoints = {
  token: '/token',
  introspection: '/introspect',
  authorization: '/authorize',
  jwks: '/.well-known/jwks.json',
};

/** What servers share that are nodes of one issuer, and what is left of them when they have stopped. */
export type Installation = {
  /** The issuer: where the first node listens. */
  url: string;
  /** CARDEA_STORE. */
  store: string;
  environment: Record<string, string>;
  directory: string;
};

/** Starts a server of its own and removes what it leaves. */
export async function startCardea({
  store,
  workers,
  preload,
}: {
  /** `sqlite`, or a MongoDB's address, where it gets a database of its own. */
  store: string;
  workers: number;
  /** The URL of a module that each process loads first. */
  preload?: string;
}): Promise<RunningCardea> {
  const installation = await installCardea(store);
  const server = await startNode(installation, { workers, ...(preload && { preload }) });
  return {
    ...server,
    async stop() {
      await server.stop();
      await removeInstallation(installation);
    },
  };
}

/** `store`: see startCardea. `declared`: its declarative file. */
export async function installCardea(
  store: string,
  declared: object = declaration,
): Promise<Installation> {
  const url = `http://127.0.0.1:${await freePort()}`;
  const directory = mkdtempSync(join(tmpdir(), 'cardea-bench-'));
  const config = join(directory, 'cardea.json');
  writeFileSync(config, JSON.stringify(declared));
  const address = store === 'sqlite' ? `sqlite:${join(directory, 'bench.db')}` : newDatabase(store);
  return {
    ...{ url, store: address, directory },
    environment: {
      CARDEA_ISSUER: url,
      CARDEA_SECRET: randomBytes(32).toString('base64url'),
      CARDEA_STORE: address,
      CARDEA_CONFIG: config,
      CARDEA_LOG_LEVEL: 'info',
    },
  };
}

export async function removeInstallation({ store, directory }: Installation): Promise<void> {
  if (!store.startsWith('sqlite:')) await drop(store);
  rmSync(directory, { recursive: true });
}

/**
 * Resolves when all workers serve. BENCH_LOG=1 shows its log, which else goes to /dev/null, unless it is to be `piped`:
 * then somebody has to read it. `port`: where another node listens than the first.
 */
export async function startNode(
  { url: issuer, environment, directory, store }: Installation,
  {
    workers,
    preload,
    port,
    log,
  }: { workers: number; preload?: string; port?: number; log?: 'piped' },
): Promise<RunningCardea> {
  const own = port ?? Number(new URL(issuer).port);
  const url = `http://127.0.0.1:${own}`;
  const managementPort = await freePort();
  const flags = [process.env.NODE_OPTIONS, preload && `--import=${preload}`];
  const startedAt = performance.now();
  const child = spawn(process.execPath, [program, 'serve'], {
    cwd: directory,
    env: {
      ...process.env,
      NODE_OPTIONS: flags.filter(Boolean).join(' '),
      ...environment,
      CARDEA_PORT: String(own),
      CARDEA_MANAGEMENT_PORT: String(managementPort),
      CARDEA_WORKERS: String(workers),
    },
    stdio: ['ignore', log ? 'pipe' : process.env.BENCH_LOG ? 'inherit' : 'ignore', 'inherit'],
  });
  const server = runningServer(child, own, endpoints, store);
  await firstToken(url, child);
  const firstTokenAfter = performance.now() - startedAt;
  await serving(`http://127.0.0.1:${managementPort}/metrics`, workers);
  return { ...server, firstTokenAfter, ...(child.stdout && { log: child.stdout }) };
}

/** Each server makes a secret of its own: the signing keys of the one before are none that it could open. */
function newDatabase(address: string): string {
  const url = new URL(address);
  url.pathname = `/cardea_bench_${randomBytes(6).toString('hex')}`;
  return url.href;
}

async function drop(url: string): Promise<void> {
  const client = new MongoClient(url);
  await client.db().dropDatabase();
  await client.close();
}

async function firstToken(url: string, child: ChildProcess): Promise<void> {
  const request = {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`job:${secret}`)}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  };
  for (let attempt = 0; attempt < 2000 && child.exitCode === null; attempt += 1) {
    const status = await fetch(`${url}/token`, request).then(
      (response) => response.status,
      () => 0,
    );
    if (status === 200) return;
    await sleep(10);
  }
  child.kill('SIGKILL');
  throw new Error('the server did not start (BENCH_LOG=1 shows what it says)');
}

/** Connections that are opened before all workers serve would stay with the first ones. */
async function serving(url: string, workers: number): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt += 1) {
    const metrics = await fetch(url).then((response) => response.text());
    if (metrics.includes(`\ncardea_workers ${workers}\n`)) return;
    await sleep(20);
  }
  throw new Error('not all workers serve');
}
