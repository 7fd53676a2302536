/**
 * The real program for a test: `serve` as a process group of its own, with its own ports, that can be killed
 * like any program, whole or one worker at a time.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from './free_port.ts';
import { signalGroup } from './signal_group.ts';
import { testSecret } from './test_secret.ts';

export type ProcessServer = {
  issuer: string;
  /** Where this node listens; the issuer may be another node's. */
  url: string;
  /** The status of `/health/ready` on the management port; 0: nobody listens there. */
  readiness(): Promise<number>;
  /** Process ids of the workers that serve now; the one process itself where it has no workers. */
  workers(): number[];
  /** kill -9 of one worker, or (without a pid) of the whole node. Resolves when the node's process is gone. */
  kill(workerPid?: number): Promise<void>;
  /** SIGTERM; answers the exit code. */
  stop(): Promise<number | null>;
  /** Everything that it wrote to stdout and stderr so far. */
  output(): string;
};

export type ProcessServerOptions = {
  store: string;
  /** The declarative file as an object. */
  declaration?: object;
  secret?: string;
  /** Default: this node's own address. */
  issuer?: string;
  /** Default: any free one. Given to come back where a killed node was. */
  port?: number;
  /** Default: 1, a node without worker processes. */
  workers?: number;
  /** Default: none. */
  trustedProxies?: string;
  /** How far its clock is ahead of the machine's (behind: negative). Milliseconds. */
  clockShiftMs?: number;
  /** Further variables of its environment. */
  environment?: Record<string, string>;
};

type LogLine = { msg?: string; pid?: number; worker_pid?: number };

/** What is left when the test process ends, also when it is told to. */
const running = new Set<() => void>();
process.on('exit', () => {
  for (const end of running) end();
});
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(1));

const program = fileURLToPath(new URL('../bin/cardea.js', import.meta.url));
const shiftedTime = new URL('./shifted_time.ts', import.meta.url).href;
const startDeadlineMs = 30_000;

/** Resolves when it is ready; throws with its output when it ends before. */
export async function startProcessServer(options: ProcessServerOptions): Promise<ProcessServer> {
  const folder = await mkdtemp(join(tmpdir(), 'cardea-process-'));
  const configuration = join(folder, 'cardea.json');
  await writeFile(configuration, JSON.stringify(options.declaration ?? {}));
  const port = options.port ?? (await freePort());
  const managementPort = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const issuer = options.issuer ?? url;
  const workers = options.workers ?? 1;

  const { clockShiftMs = 0 } = options;
  const shifting = clockShiftMs === 0 ? [] : ['--import', shiftedTime];
  const child = spawn(process.execPath, [...shifting, program, 'serve'], {
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      CARDEA_ISSUER: issuer,
      CARDEA_PORT: String(port),
      CARDEA_MANAGEMENT_PORT: String(managementPort),
      CARDEA_STORE: options.store,
      CARDEA_SECRET: options.secret ?? testSecret,
      CARDEA_CONFIG: configuration,
      CARDEA_WORKERS: String(workers),
      SHIFT_CLOCK_BY: String(clockShiftMs),
      ...(options.trustedProxies !== undefined && {
        CARDEA_TRUSTED_PROXIES: options.trustedProxies,
      }),
      ...options.environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    // Its own group, so that one signal reaches the primary and all workers.
    detached: true,
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    output += text;
  });
  const gone = once(child, 'close').then(() => rm(folder, { recursive: true, force: true }));
  const endWithUs = () => signalGroup(child, 'SIGKILL');
  running.add(endWithUs);
  gone.finally(() => running.delete(endWithUs));

  const readiness = () => statusOf(`http://127.0.0.1:${managementPort}/health/ready`);
  const deadline = performance.now() + startDeadlineMs;
  while ((await readiness()) !== 200) {
    const ended = child.exitCode !== null || child.signalCode !== null;
    if (ended || performance.now() > deadline) {
      endWithUs();
      throw new Error(`the server did not start:\n${output}`);
    }
    await sleep(20);
  }

  return {
    issuer,
    url,
    readiness,
    workers: () => servingPids(output, child.pid, workers),
    async kill(workerPid) {
      if (workerPid !== undefined) {
        process.kill(workerPid, 'SIGKILL');
        return;
      }
      signalGroup(child, 'SIGKILL');
      await gone;
    },
    async stop() {
      child.kill('SIGTERM');
      await gone;
      return child.exitCode;
    },
    output: () => output,
  };
}

async function statusOf(url: string): Promise<number> {
  try {
    const signal = AbortSignal.timeout(5000);
    const response = await fetch(url, { headers: { connection: 'close' }, signal });
    await response.body?.cancel();
    return response.status;
  } catch {
    return 0;
  }
}

/** Whoever has answered a request has a log line, and has no line that tells of its death. */
function servingPids(output: string, primary: number | undefined, workers: number): number[] {
  if (workers === 1) return primary === undefined ? [] : [primary];
  const lines = output.split('\n').flatMap((line): LogLine[] => {
    try {
      return [JSON.parse(line)];
    } catch {
      return [];
    }
  });
  const dead = new Set(lines.map((line) => line.worker_pid));
  const alive = new Set(lines.flatMap(({ pid }) => (pid && pid !== primary ? [pid] : [])));
  return [...alive].filter((pid) => !dead.has(pid));
}
