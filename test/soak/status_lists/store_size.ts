/** What a store takes up, in bytes: its data and indexes, without what is free for reuse. */
import { DatabaseSync } from 'node:sqlite';
import { MongoClient } from 'mongodb';

export async function storeSize(url: string): Promise<number> {
  return url.startsWith('sqlite:') ? sqliteSize(url.slice('sqlite:'.length)) : mongodbSize(url);
}

function sqliteSize(path: string): number {
  const database = new DatabaseSync(path);
  const pragma = (name: string) =>
    Number(Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
  const size = (pragma('page_count') - pragma('freelist_count')) * pragma('page_size');
  database.close();
  return size;
}

async function mongodbSize(url: string): Promise<number> {
  const client = new MongoClient(url);
  const { dataSize, indexSize } = await client.db().stats();
  await client.close();
  return Number(dataSize) + Number(indexSize);
}
