/**
 * Removal of many expired records while services ask for tokens.
 */
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import { clockSkewMs } from '../../../src/clock.ts';
import { type LoadResult, runLoad } from '../load/load.ts';
import { serviceToken } from '../requests/tokens.ts';
import type { RunningServer } from '../servers/running_server.ts';

export type PurgeResult = {
  before: LoadResult;
  during: LoadResult;
  /** Records a second, of all kinds. */
  rate: number;
};

type Expired = { count(): Promise<number>; close(): Promise<void> };

const collections = ['status_ranges', 'artifacts'] as const;
const cutoff = () => Date.now() - clockSkewMs - 1000;

/** Lets so many records expire, half of them tokens' and half what people signed in with. Nobody else has the store. */
export async function expire(url: string, count: number): Promise<void> {
  const each = Math.floor(count / collections.length);
  if (url.startsWith('mongodb')) {
    const client = new MongoClient(url);
    for (const name of collections) {
      const records = client.db().collection(name);
      const ids = records.find({}, { projection: { _id: 1 }, limit: each });
      const found = (await ids.toArray()).map(({ _id }) => _id);
      for (let from = 0; from < found.length; from += 5000) {
        const some = { _id: { $in: found.slice(from, from + 5000) } };
        await records.updateMany(some, { $set: { expires_at: new Date(cutoff()) } });
      }
    }
    await client.close();
    return;
  }
  const database = new DatabaseSync(fileOf(url));
  database.exec('PRAGMA synchronous = OFF; PRAGMA cache_size = -500000');
  const key = { status_ranges: '(list, first)', artifacts: 'rowid' };
  for (const name of collections) {
    const columns = key[name].replaceAll(/[()]/g, '');
    database.exec(`UPDATE ${name} SET expires_at = ${cutoff()} WHERE ${key[name]} IN
      (SELECT ${columns} FROM ${name} ORDER BY ${columns} LIMIT ${each})`);
  }
  database.close();
}

/** The server has just started: its purge begins after 15 seconds at the earliest. */
export async function measurePurge(server: RunningServer, seconds: number): Promise<PurgeResult> {
  const expired = openExpired(server.store);
  const load = await serviceToken(server);
  const before = await runLoad(server, load, seconds);
  const all = await expired.count();
  while ((await expired.count()) === all) await sleep(200);
  const [begin, startedAt] = [await expired.count(), performance.now()];
  const during = await runLoad(server, load, seconds);
  const rate = ((begin - (await expired.count())) * 1000) / (performance.now() - startedAt);
  await expired.close();
  return { before, during, rate };
}

function openExpired(url: string): Expired {
  if (url.startsWith('mongodb')) {
    const client = new MongoClient(url);
    return {
      async count() {
        const filter = { expires_at: { $lte: new Date(cutoff()) } };
        const counts = collections.map((name) =>
          client.db().collection(name).countDocuments(filter),
        );
        return (await Promise.all(counts)).reduce((sum, one) => sum + one, 0);
      },
      close: () => client.close(),
    };
  }
  const database = new DatabaseSync(fileOf(url), { readOnly: true });
  const queries = collections.map((name) =>
    database.prepare(`SELECT count(*) AS count FROM ${name} WHERE expires_at <= ?`),
  );
  return {
    count: async () => queries.reduce((sum, one) => sum + Number(one.get(cutoff())?.count), 0),
    close: async () => database.close(),
  };
}

function fileOf(url: string): string {
  return url.slice('sqlite:'.length);
}
