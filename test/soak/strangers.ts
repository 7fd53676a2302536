/**
 * What strangers leave: each way that a stranger can take, as often as one address can take it, all of them side by
 * side, each on a server and a store of its own. Prints for each way how many requests it sent, and what was in the
 * store before and after; exits with 1 where a way left more than an address's share.
 *
 *   npm run soak:strangers
 *
 * SOAK_MINUTES (10) is how long, SOAK_WAYS (all) the names of some ways, with commas.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../src/clock.ts';
import { createInitialAccessToken } from '../../src/oidc/clients/initial_access_tokens.ts';
import { openStore } from '../../src/storage/open.ts';
import { declaration } from '../attacks/configuration.ts';
import { createWays, type Way } from '../attacks/strangers.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { soakStores } from './stores.ts';
import { difference, measure, type Sizes } from './strangers/sizes.ts';

const minutes = Number(process.env.SOAK_MINUTES ?? 10);
const chosen = process.env.SOAK_WAYS?.split(',');
/** An address's share of 5,000, of records that count once and take up to so much with their indexes. */
const mostBytes = 5000 * 5 * 1024;
const address = '198.51.100.1';

type Drive = { name: string; server: TestServer; send: Way };
type Result = { name: string; statuses: Record<string, number>; before: Sizes; after: Sizes };

async function start(): Promise<{ server: TestServer; ways: Record<string, Way> }> {
  const [store] = await soakStores(undefined);
  if (!store) throw new Error('no store');
  const server = await startTestServer({
    store: store.url,
    declaration,
    trustedProxies: '127.0.0.1',
  });
  const { artifacts, close } = await openStore({ url: store.url });
  const { token } = await createInitialAccessToken(
    { artifacts, clock: systemClock },
    { lifetimeSeconds: 86_400 },
  );
  await close();
  const { issuer } = server;
  return { server, ways: await createWays({ issuer, address, initialAccessToken: token }) };
}

async function startAll(): Promise<Drive[]> {
  const first = await start();
  const names = Object.keys(first.ways).filter((name) => chosen?.includes(name) ?? true);
  const drives: Drive[] = [];
  for (const name of names) {
    const { server, ways } = drives.length === 0 ? first : await start();
    const send = ways[name];
    if (send) drives.push({ name, server, send });
  }
  return drives;
}

async function drive({ name, server, send }: Drive, until: number): Promise<Result> {
  const before = measure(server.store);
  const statuses: Record<string, number> = {};
  while (Date.now() < until) {
    const status = await send().catch(() => 0);
    statuses[status] = (statuses[status] ?? 0) + 1;
    // A client of its own would send without looking at the others.
    await sleep(1);
  }
  return { name, statuses, before, after: measure(server.store) };
}

const drives = await startAll();
const until = Date.now() + minutes * 60_000;
const results = await Promise.all(drives.map((each) => drive(each, until)));
let good = true;
for (const { name, statuses, before, after } of results) {
  const left = difference(before, after);
  const isBounded = left.bytes <= mostBytes && !('500' in statuses);
  good &&= isBounded;
  console.log(`${isBounded ? 'good' : 'TOO MUCH'}  ${name}`);
  console.log(`    answers    ${JSON.stringify(statuses)}`);
  for (const key of Object.keys(before) as (keyof Sizes)[]) {
    console.log(`    ${key.padEnd(12)}${before[key]} -> ${after[key]} (+${left[key]})`);
  }
}
await Promise.all(drives.map(({ server }) => server.close()));
process.exit(good ? 0 : 1);
