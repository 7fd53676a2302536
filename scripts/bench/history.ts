/**
 * Shows that no operation of a store costs more because of what one account, client, session, project or key
 * lineage has done before: each is measured on a store with few records and again with many.
 *
 *   npm run bench:history                                       20,000 of each, SQLite
 *   npm run bench:history -- 1000000                            a million of each
 *   npm run bench:history -- 100000 mongodb://host:port/        on MongoDB, in a database of its own
 *
 * On SQLite it tells processor time, which a busy machine changes little; on MongoDB, whose work is elsewhere, the
 * median of the time until the answer.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { openStore } from '../../src/storage/open.ts';
import type { Store } from '../../src/storage/store.ts';
import { operations } from './history_operations.ts';
import { seed } from './history_seed.ts';

const few = 3000;
const many = Number(process.argv[2] ?? 20_000);
const mongodb = process.argv[3];
const repeats = mongodb ? 30 : 200;

const folder = mkdtempSync(join(tmpdir(), 'cardea-history-'));
const url = mongodb ? databaseOf(mongodb) : `sqlite:${join(folder, 'history.db')}`;

const store = await openStore({ url });
await seed(url, 0, few);
const before = await measureAll(store, few);
const startedAt = performance.now();
await seed(url, few, many);
console.log(`seeded in ${Math.round((performance.now() - startedAt) / 1000)} s`);
const after = await measureAll(store, many);

const unit = mongodb ? 'ms' : 'µs of processor';
console.log(`| ${url.split(':')[0]} | ${few} (${unit}) | ${many} | ratio |`);
console.log('| --- | --- | --- | --- |');
for (const [name, cost] of before) {
  const later = after.get(name) ?? Number.NaN;
  console.log(
    `| ${name} | ${cost.toFixed(1)} | ${later.toFixed(1)} | ${(later / cost).toFixed(2)} |`,
  );
}
await store.close();
if (mongodb) await drop();
rmSync(folder, { recursive: true });

async function measureAll(on: Store, size: number): Promise<Map<string, number>> {
  const costs = new Map<string, number>();
  for (const [name, run] of Object.entries(operations(on, size))) {
    // The first ones prepare statements and fill caches.
    for (let time = 0; time < 5; time += 1) await run(time);
    costs.set(name, await (mongodb ? medianTime(run) : processorTime(run)));
  }
  return costs;
}

async function processorTime(run: (time: number) => Promise<unknown>): Promise<number> {
  const start = process.cpuUsage();
  for (let time = 0; time < repeats; time += 1) await run(5 + time);
  const { user, system } = process.cpuUsage(start);
  return (user + system) / repeats;
}

async function medianTime(run: (time: number) => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let time = 0; time < repeats; time += 1) {
    const start = performance.now();
    await run(5 + time);
    times.push(performance.now() - start);
  }
  return times.toSorted((one, other) => one - other)[Math.floor(repeats / 2)] ?? Number.NaN;
}

function databaseOf(address: string): string {
  const target = new URL(address);
  target.pathname = `/cardea_history_${Date.now()}`;
  return target.href;
}

async function drop(): Promise<void> {
  const client = new MongoClient(url);
  await client.db().dropDatabase();
  await client.close();
}
