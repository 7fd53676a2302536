/**
 * A MongoDB for tests: MONGODB_URI where it is given, else a server that all test processes share
 * (mongodb_keeper.ts): `mongod` from the PATH, Docker, or the one that mongodb_for_tests.sh builds.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type KeeperAnswer, keeperPort } from './mongodb_keeper.ts';

export type TestMongo = {
  /** A connection string for this database. */
  uri(database: string): string;
};

/** Whether tests that had no MongoDB are a failure. */
export const mongoIsRequired = process.env.CI === 'true';

/** Undefined where none can be had. The first call on a machine may take minutes (a server is built). */
export async function testMongo(): Promise<TestMongo | undefined> {
  const found = await findMongo();
  return 'uri' in found ? { uri: (database) => withDatabase(found.uri, database) } : undefined;
}

/** The server's address, or why there is none. */
export async function findMongo(): Promise<KeeperAnswer> {
  const given = process.env.MONGODB_URI;
  if (given) return { uri: given };
  for (;;) {
    const answer = await askKeeper();
    if (answer) return answer;
    startKeeper();
    await sleep(300);
  }
}

/** The open connection tells the keeper that this process still needs the server. */
async function askKeeper(): Promise<KeeperAnswer | undefined> {
  const socket = connect(keeperPort, '127.0.0.1');
  try {
    await once(socket, 'connect');
    let text = '';
    for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
      text += chunk;
      if (text.endsWith('\n')) break;
    }
    if (!text.endsWith('\n')) return undefined;
    socket.on('error', () => {});
    socket.unref();
    return JSON.parse(text) as KeeperAnswer;
  } catch {
    return undefined;
  }
}

/** It outlives this process. When there is one already, the new one leaves at once. */
function startKeeper() {
  const file = fileURLToPath(new URL('./mongodb_keeper.ts', import.meta.url));
  spawn(process.execPath, [file], { detached: true, stdio: 'ignore' }).unref();
}

/** The address with another database. Users authenticate where they did before (`authSource`). */
function withDatabase(uri: string, database: string): string {
  const parts = /^(mongodb(?:\+srv)?:\/\/)([^/?]+)(?:\/([^?]*))?(?:\?(.*))?$/.exec(uri);
  if (!parts) throw new Error('MONGODB_URI is not a connection string');
  const [, scheme, hosts = '', original, query = ''] = parts;
  const options = new URLSearchParams(query);
  if (hosts.includes('@') && !/authSource=/i.test(query)) {
    options.set('authSource', original || 'admin');
  }
  return `${scheme}${hosts}/${database}?${options}`;
}
