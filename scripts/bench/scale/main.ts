/**
 * What a large store costs: fills one, and in the same run measures every path of the bench on it and on an empty
 * one, the start, the removal of expired records under load, and the kill switches.
 *
 *   npm run bench:scale                                        10 million tokens on SQLite: 10 GB, 10 minutes
 *   npm run bench:scale -- --tokens 1000000 --sessions 100000 --keys 100000 --users 100000 --clients 10000
 *   npm run bench:scale -- --store mongodb …                   on the MongoDB that tests use, or mongodb://host:port/
 *   npm run bench:scale -- --only switches                     of: rates, purge, switches
 *   npm run bench:scale -- --keep                              fills a store and says where it is
 *   npm run bench:scale -- --at FOLDER                         measures on that one, and removes it unless --keep
 *
 * BENCH_SECONDS (3) is how long each rate is measured, BENCH_WORKERS (2) how many processes serve. TMPDIR is where
 * the stores are.
 */
import { parseArgs } from 'node:util';
import { freePort } from '../../../harness/free_port.ts';
import { type Filled, fillStore, progress, readFilled } from '../filled_store.ts';
import { runLoad } from '../load/load.ts';
import { paths } from '../paths.ts';
import {
  type Installation,
  installCardea,
  type RunningCardea,
  removeInstallation,
  startCardea,
  startNode,
} from '../servers/cardea.ts';
import { checkSeeded } from './checks.ts';
import { expire, measurePurge } from './purge.ts';
import { type Seeded, type Sizes, seed } from './seed.ts';
import { measureSwitches, type SwitchResult } from './switches.ts';

type Content = { sizes: Sizes; seeded: Seeded };

const { values } = parseArgs({
  options: {
    tokens: { type: 'string', default: '10000000' },
    sessions: { type: 'string', default: '1000000' },
    keys: { type: 'string', default: '1000000' },
    users: { type: 'string', default: '1000000' },
    clients: { type: 'string', default: '100000' },
    expired: { type: 'string', default: '1000000' },
    store: { type: 'string', default: 'sqlite' },
    only: { type: 'string', multiple: true, default: ['rates', 'purge', 'switches'] },
    keep: { type: 'boolean' },
    at: { type: 'string' },
  },
});
const seconds = Number(process.env.BENCH_SECONDS ?? 3);
const workers = Number(process.env.BENCH_WORKERS ?? 2);
const { installation, sizes, seeded } = values.at ? readFilled<Content>(values.at) : await fill();
if (values.keep && !values.at) console.log(installation.directory);
else await measure();

async function measure(): Promise<void> {
  try {
    const server = await startNode(installation, { workers });
    await checkSeeded(server, seeded);
    progress('seeded records work over HTTP', 0);
    if (values.only.includes('rates')) await compareWithEmpty(server);
    await server.stop();
    if (values.only.includes('purge')) await purge();
    if (values.only.includes('switches')) await throwSwitches();
  } finally {
    if (!values.keep) await removeInstallation(installation);
  }
}

async function fill(): Promise<Filled<Content>> {
  const { tokens, sessions, keys, users, clients } = values;
  const sizes = {
    ...{ tokens: Number(tokens), sessions: Number(sessions), keys: Number(keys) },
    ...{ users: Number(users), clients: Number(clients) },
  };
  return fillStore({ engine: values.store, name: 'scale' }, async ({ store }) => ({
    ...{ sizes, seeded: await seed(store, sizes, progress) },
  }));
}

async function compareWithEmpty(large: RunningCardea): Promise<void> {
  const empty = await startCardea({ store: emptyStore(), workers });
  printTable('path', 'empty /s', 'large /s', 'ratio', 'p99 empty ms', 'p99 large ms');
  const [short, long] = [empty.firstTokenAfter, large.firstTokenAfter];
  printRow('start, ms', short, long, (long / short).toFixed(2), '', '');
  for (const { name, prepare, on } of paths) {
    if (!on.some(([kind]) => kind === 'Cardea')) continue;
    const [one, other] = [
      await runLoad(empty, await prepare(empty, seconds), seconds),
      await runLoad(large, await prepare(large, seconds), seconds),
    ];
    const ratio = (other.rate / one.rate).toFixed(2);
    printRow(name, one.rate, other.rate, ratio, one.p99.toFixed(1), other.p99.toFixed(1));
  }
  await empty.stop();
}

async function purge(): Promise<void> {
  await expire(installation.store, Number(values.expired));
  const server = await startNode(installation, { workers });
  const { before, during, rate } = await measurePurge(server, Math.max(seconds, 8));
  await server.stop();
  printTable('purge under load', 'tokens /s', 'p99 ms', 'worst ms', 'removed /s');
  printRow('before', before.rate, before.p99.toFixed(1), before.worst, '');
  printRow('during', during.rate, during.p99.toFixed(1), during.worst, rate);
}

/** On an empty store first: what the command, and the way to verifiers, takes anyway. */
async function throwSwitches(): Promise<void> {
  const empty = await installCardea(emptyStore());
  const nothing = await switchesOn(empty, { ofClient: 0, all: 0 }).finally(() =>
    removeInstallation(empty),
  );
  const lost = values.only.includes('purge') ? Number(values.expired) : 0;
  const all = sizes.tokens - lost;
  const results = await switchesOn(installation, { ofClient: Math.max(0, all / 2 - lost), all });
  printTable(
    ...['kill switch', 'store', 'acknowledged ms', 'then: other node ms', 'verifier ms'],
    ...['all lists ms', 'counted ms', 'tokens /s', 'p99 ms', 'worst ms', 'failures', 'said'],
  );
  for (const [index, result] of results.entries()) {
    printSwitch('empty', nothing[index]);
    printSwitch('large', result);
  }
}

async function switchesOn(on: Installation, revoked: { ofClient: number; all: number }) {
  const node = await startNode(on, { workers });
  const other = await startNode(on, { workers: 1, port: await freePort() });
  const results = await measureSwitches(on, { node, other }, revoked);
  await Promise.all([node.stop(), other.stop()]);
  return results;
}

function printSwitch(store: string, result: SwitchResult | undefined): void {
  if (!result) return;
  const { name, acknowledged, introspection, verifier, lists, counted, load, said } = result;
  printRow(
    ...[name, store, acknowledged, introspection, verifier, lists, counted],
    ...[load.rate, load.p99, load.worst, load.failures, said],
  );
}

function emptyStore(): string {
  const { store } = installation;
  return store.startsWith('sqlite:') ? 'sqlite' : store;
}

function printTable(...names: string[]): void {
  console.log(`\n| ${names.join(' | ')} |\n| ${names.map(() => '---').join(' | ')} |`);
}

function printRow(...cells: (string | number)[]): void {
  const texts = cells.map((cell) => (typeof cell === 'number' ? cell.toFixed(0) : cell));
  console.log(`| ${texts.join(' | ')} |`);
}
