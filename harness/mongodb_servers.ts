/**
 * The MongoDB servers that can be started for tests where none is given: `mongod` from the PATH, a
 * container, or what mongodb_for_tests.sh builds. It owns starting and ending them, not who
 * shares them.
 */
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { MongoClient } from 'mongodb';
import { freePort } from './free_port.ts';

export type MongoServer = {
  uri: string;
  stop(): Promise<void>;
};

export type CrashableServer = MongoServer & {
  /** Kills it without warning and starts it again on the same data. */
  crash(): Promise<void>;
};

const run = promisify(execFile);
const script = fileURLToPath(new URL('./mongodb_for_tests.sh', import.meta.url));

/** The first that can be started, in this order; throws with all reasons when there is none. */
export async function startMongoServer(scriptPort: number): Promise<MongoServer> {
  const reasons: string[] = [];
  for (const start of [startMongod, startContainer, () => startByScript(scriptPort)]) {
    try {
      return await start();
    } catch (error) {
      reasons.push(error instanceof Error ? error.message.trim() : String(error));
    }
  }
  throw new Error(reasons.join('\n'));
}

/** A server of one's own, to be crashed; undefined where that would first have to be built or fetched. */
export async function startCrashableServer(
  scriptPort: number,
): Promise<CrashableServer | undefined> {
  try {
    return await startMongod();
  } catch {
    const built = await run(script, ['ready']).then(
      () => true,
      () => false,
    );
    return built ? startByScript(scriptPort) : undefined;
  }
}

/** `mongod` as a replica set of one, in a folder of its own, on a free port. */
async function startMongod(): Promise<CrashableServer> {
  await run('mongod', ['--version']);
  const folder = await mkdtemp(join(tmpdir(), 'cardea-mongod-'));
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const launch = async () => {
    const child = spawn(
      'mongod',
      ['--replSet', 'rs0', '--dbpath', folder, '--bind_ip', '127.0.0.1', '--port', String(port)],
      { stdio: 'ignore' },
    );
    await answers(`mongodb://${address}/?directConnection=true`);
    return child;
  };

  let child = await launch();
  const ended = () =>
    new Promise<void>((resolve) => {
      if (child.exitCode !== null || child.signalCode !== null) resolve();
      else child.once('exit', () => resolve());
    });
  const kill = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    await ended();
  };
  const admin = new MongoClient(`mongodb://${address}/?directConnection=true`);
  const members = [{ _id: 0, host: address }];
  await admin.db('admin').command({ replSetInitiate: { _id: 'rs0', members } });
  await admin.close();
  const uri = `mongodb://${address}/?replicaSet=rs0`;
  await answers(uri);
  return {
    uri,
    async stop() {
      await kill('SIGTERM');
      await rm(folder, { recursive: true, force: true });
    },
    async crash() {
      await kill('SIGKILL');
      child = await launch();
    },
  };
}

async function startContainer(): Promise<MongoServer> {
  await run('docker', ['info']);
  const port = await freePort();
  const publish = `127.0.0.1:${port}:27017`;
  const { stdout } = await run('docker', [
    'run',
    '--rm',
    '--detach',
    '--publish',
    publish,
    'mongo:7',
  ]);
  const id = stdout.trim();
  const uri = `mongodb://127.0.0.1:${port}/`;
  await answers(uri);
  return {
    uri,
    async stop() {
      await run('docker', ['rm', '--force', '--volumes', id]);
    },
  };
}

async function startByScript(port: number): Promise<CrashableServer> {
  const { stdout } = await run(script, ['start', String(port)]);
  return {
    uri: stdout.trim(),
    async stop() {
      await run(script, ['stop', String(port)]);
    },
    async crash() {
      await run(script, ['crash', String(port)]);
      await run(script, ['start', String(port)]);
    },
  };
}

/** Resolves when a writable server answers at this address; gives up after a minute. */
async function answers(uri: string): Promise<void> {
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: 60_000 });
  try {
    await client.connect();
    await client.db('admin').command({ ping: 1 });
  } finally {
    await client.close();
  }
}
