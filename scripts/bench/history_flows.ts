/**
 * What a person who refreshes and revokes a lot costs the server and everybody else, on SQLite: refreshing and
 * authorizing at many spent refresh tokens, and ending single families of an account with many living tokens.
 *
 *   npm run bench:history-flows                   200,000 spent refresh tokens, 60,000 living tokens
 *   npm run bench:history-flows -- 20000 6000
 */
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { decodeJwt } from 'jose';
import { createRawRequester } from '../../harness/raw_requester.ts';
import { runLoad } from './load/load.ts';
import { formRequest } from './load/request.ts';
import { redeemCodes, refreshing } from './requests/people.ts';
import { serviceToken } from './requests/tokens.ts';
import { startCardea } from './servers/cardea.ts';
import type { RunningServer } from './servers/running_server.ts';

const [spent = 200_000, living = 60_000] = process.argv.slice(2).map(Number);
const families = 40;
const seconds = 5;

const server = await startCardea({ store: 'sqlite', workers: 1 });
const file = server.store.slice('sqlite:'.length);
const refreshTokens = await redeemCodes(server, families);

console.log('| | processor time each, ms |');
console.log('| --- | --- |');
await measureFlows(0);
copyRows('artifacts', `kind = 'RefreshToken'`, spent, (index) => ({ id: `spent-${index}` }));
await measureFlows(spent);
await measureEnding(0);
copyRows('status_ranges', 'user_id IS NOT NULL', living, (index) => ({
  first: 200_000 + index,
  family_id: `other.${index % 1000}`,
}));
await measureEnding(living);
await server.stop();

async function measureFlows(before: number): Promise<void> {
  const authorized = await costOf(server, () => redeemCodes(server, 100).then(() => 100));
  console.log(`| a code and its redemption, at ${before} spent | ${authorized.toFixed(1)} |`);
  const { cpu } = await runLoad(server, refreshing(server, await redeemCodes(server, 1)), seconds);
  console.log(`| a refresh, at ${before} spent | ${cpu.toFixed(1)} |`);
}

/** Ends some families, one after the other; then others, all at once while somebody else asks for tokens. */
async function measureEnding(before: number): Promise<void> {
  const requester = await createRawRequester(server.url, families);
  const end = (connection: number, token: string) =>
    requester.send(connection, formRequest('/revoke', 'shop', { token }));
  const alone = refreshTokens.splice(0, families / 4);
  const cost = await costOf(server, async () => {
    for (const token of alone) await end(0, token);
    return alone.length;
  });
  console.log(`| a family that is ended, beside ${before} living tokens | ${cost.toFixed(1)} |`);

  const over = new AbortController();
  const others = runLoad(server, await serviceToken(server), 4);
  const lag = worstLag(over.signal);
  // The first of it warms up.
  await sleep(2000);
  const startedAt = performance.now();
  const together = refreshTokens.splice(0, families / 4);
  await Promise.all(together.map((token, connection) => end(connection, token)));
  const took = performance.now() - startedAt;
  const { p99, worst } = await others;
  over.abort();
  console.log(
    `${together.length} at once: all answered after ${took.toFixed(0)} ms; another client's tokens: ` +
      `p99 ${p99.toFixed(0)} ms, worst ${worst.toFixed(0)} ms; status list at most ` +
      `${((await lag) / 1000).toFixed(1)} s old`,
  );
  requester.close();
}

/** How old the list was at most, by its `iat`, ms: up to two seconds for whole seconds and reuse alone. */
async function worstLag(over: AbortSignal): Promise<number> {
  const { status_lists: uris } = (await (await fetch(`${server.url}/status-lists`)).json()) as {
    status_lists: string[];
  };
  let worst = 0;
  while (!over.aborted) {
    const body = await (await fetch(String(uris[0]))).text();
    worst = Math.max(worst, Date.now() - Number(decodeJwt(body).iat) * 1000);
    await sleep(100);
  }
  return worst;
}

/** Processor time of the server for each of what `run` answers that it did. Milliseconds. */
async function costOf({ cpuTime }: RunningServer, run: () => Promise<number>): Promise<number> {
  const before = cpuTime();
  const count = await run();
  return (cpuTime() - before) / count;
}

/** As if what one record stands for had been done so often. */
function copyRows(
  table: string,
  condition: string,
  count: number,
  change: (index: number) => Record<string, string | number>,
): void {
  const database = new DatabaseSync(file, { timeout: 10_000 });
  const row = database.prepare(`SELECT * FROM ${table} WHERE ${condition} LIMIT 1`).get();
  if (!row) throw new Error(`no ${table} to copy`);
  const columns = Object.keys(row);
  const insert = database.prepare(
    `INSERT INTO ${table} VALUES (${columns.map((column) => `:${column}`).join(', ')})`,
  );
  database.exec('BEGIN IMMEDIATE');
  for (let index = 0; index < count; index += 1) {
    insert.run({
      ...row,
      ...(table === 'artifacts' && { consumed_at: Date.now() }),
      ...change(index),
    });
  }
  database.exec('COMMIT');
  database.close();
}
