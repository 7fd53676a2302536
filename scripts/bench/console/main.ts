/**
 * What the console costs at size: fills a store as a large installation has it, starts the server there, signs in once,
 * and opens every page and searches, one request at a time. Told is the time that the server took, as its log has it;
 * `CPU ms`, which a busy machine changes little, is the processor time of all its processes, without that of MongoDB.
 *
 *   npm run bench:console                                   100,000 clients, 1,000,000 users, 10,000,000 events, SQLite
 *   npm run bench:console -- --users 10000 --clients 1000 --events 100000 --keys 1000 --refusals 1000
 *   npm run bench:console -- --store mongodb …              on the MongoDB that tests use, or mongodb://host:port/
 *   npm run bench:console -- --only search                  only what has this in its name
 *   npm run bench:console -- --keep                         fills a store and says where it is
 *   npm run bench:console -- --at FOLDER                    measures on that one, and removes it unless --keep
 *
 * `--rounds` (40) is how often each is opened, after a quarter as many that do not count. It fails where the p95 of a page
 * is over 50 ms or that of a search over 200 ms. TMPDIR is where the stores are.
 */
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { openStore } from '../../../src/storage/open.ts';
import { declaration, user } from '../declaration.ts';
import { type Filled, fillStore, progress, readFilled } from '../filled_store.ts';
import { removeInstallation, startNode } from '../servers/cardea.ts';
import type { RunningServer } from '../servers/running_server.ts';
import { type MeasuredPage, measuredPages } from './pages.ts';
import { type Sizes, seed } from './seed.ts';
import { createVisitor, requestTimesIn, type Visitor } from './visits.ts';

/** Milliseconds of server time at p95. */
const targets = { page: 50, search: 200 };

const { values } = parseArgs({
  options: {
    clients: { type: 'string', default: '100000' },
    users: { type: 'string', default: '1000000' },
    events: { type: 'string', default: '10000000' },
    keys: { type: 'string', default: '100000' },
    refusals: { type: 'string', default: '100000' },
    store: { type: 'string', default: 'sqlite' },
    only: { type: 'string', default: '' },
    rounds: { type: 'string', default: '40' },
    keep: { type: 'boolean', default: false },
    at: { type: 'string' },
  },
});
const { installation, sizes } = values.at ? readFilled<{ sizes: Sizes }>(values.at) : await fill();
if (values.keep && !values.at) console.log(installation.directory);
else await measure();

async function fill(): Promise<Filled<{ sizes: Sizes }>> {
  const sizes = {
    ...{ clients: Number(values.clients), users: Number(values.users) },
    ...{ events: Number(values.events), keys: Number(values.keys) },
    refusals: Number(values.refusals),
  };
  const users = [{ ...user, operator: 'owner' }];
  const place = { engine: values.store, name: 'console', declared: { ...declaration, users } };
  return fillStore(place, async ({ store: url, environment }) => {
    const { CARDEA_SECRET: secret = '' } = environment;
    await seed({ url, secret }, sizes, progress);
    return { sizes };
  });
}

async function measure(): Promise<void> {
  try {
    const busy = await idOfUser();
    const server = await startNode(installation, { workers: 1, log: 'piped' });
    if (!server.log) throw new Error('there is no log');
    const visitor = await createVisitor(server.url, requestTimesIn(server.log));
    const pages = measuredPages(sizes, busy, Date.now());
    const rounds = Number(values.rounds);
    console.log(heading());
    console.log(
      '| page | p50 ms | p95 ms | worst ms | CPU ms | of the target |\n| --- | --- | --- | --- | --- | --- |',
    );
    for (const page of pages.filter(({ name }) => name.includes(values.only))) {
      const isMet = await measurePage(server, visitor, page, rounds);
      if (!isMet) process.exitCode = 1;
    }
    console.log(`\nLoad average afterwards: ${load()}`);
    await server.stop();
  } finally {
    if (!values.keep) await removeInstallation(installation);
  }
}

/** Whether it is as fast as it should be. */
async function measurePage(
  { cpuTime }: RunningServer,
  visitor: Visitor,
  { name, kind, address }: MeasuredPage,
  rounds: number,
): Promise<boolean> {
  const warmUp = Math.ceil(rounds / 4);
  for (let round = 0; round < warmUp; round += 1) await visitor.visit(address(rounds + round));
  const times: number[] = [];
  const before = cpuTime();
  for (let round = 0; round < rounds; round += 1) times.push(await visitor.visit(address(round)));
  // A process that ends takes its time with it.
  const cpu = Math.max(0, cpuTime() - before) / rounds;
  times.sort((one, other) => one - other);
  const at = (share: number) => times[Math.ceil(share * times.length) - 1] ?? Number.NaN;
  const [p95, target] = [at(0.95), targets[kind]];
  const numbers = [at(0.5), p95, at(1), cpu].map((ms) =>
    Number.isFinite(ms) ? ms.toFixed(1) : 'gave up',
  );
  console.log(`| ${[name, ...numbers, (p95 / target).toFixed(2)].join(' | ')} |`);
  return p95 <= target;
}

async function idOfUser(): Promise<string> {
  const store = await openStore({ url: installation.store });
  const found = await store.users.findByUsername(user.username);
  await store.close();
  if (!found) throw new Error('nobody can sign in');
  return found.id;
}

function heading(): string {
  const engine = installation.store.split(':')[0];
  const counts = Object.entries(sizes).map(
    ([name, count]) => `${count.toLocaleString('en')} ${name}`,
  );
  return `On ${engine}, ${counts.join(', ')}. ${cpus().length} cores, load average ${load()}.\n`;
}

function load(): string {
  return loadavg()[0]?.toFixed(1) ?? '';
}
