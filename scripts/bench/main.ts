/**
 * Measures Cardea against two yardsticks in one run on one machine: raw RSA signatures (`openssl speed`) and
 * a bare in-memory oidc-provider under the same load with the same number of processes. Absolute numbers say
 * little about another machine; the ratios do.
 *
 *   npm run bench                              SQLite only
 *   npm run bench -- mongodb://host:port/      and MongoDB, in databases of its own
 *
 * BENCH_SECONDS (10) is how long each rate is measured, BENCH_CODES (1500) how many codes are redeemed,
 * BENCH_TURNS (4) how often the servers with and without status lists take turns. BENCH_LOG=1 shows the
 * servers' logs.
 */
import { availableParallelism } from 'node:os';
import type { Measurement } from '../../harness/load.ts';
import { clientCredentials, codeExchange, refresh, useAuthorizationPath } from './flows.ts';
import { opensslRate, type RunningServer, startBare, startCardea } from './servers.ts';
import { measureStatusCost } from './status.ts';

const cores = availableParallelism();
const seconds = Number(process.env.BENCH_SECONDS ?? 10);
const codes = Number(process.env.BENCH_CODES ?? 1500);
const turns = Number(process.env.BENCH_TURNS ?? 4);
const mongodb = process.argv[2];

const notes: string[] = [];

const openssl = opensslRate(cores);

const bareCluster = await startBare(cores);
const bareTokens = await clientCredentials(bareCluster.url, { seconds });
await bareCluster.stop();

const bareSingle = await startBare(1);
useAuthorizationPath('/auth');
const bareCodes = await codeExchange(bareSingle.url, codes);
const bareRefresh = await refresh(bareSingle.url, bareCodes.refreshTokens, seconds);
await bareSingle.stop();
useAuthorizationPath('/authorize');

printLine(['', 'rate /s', 'p50 ms', 'p99 ms', 'bare /s', 'x bare', 'x openssl', 'failures']);
printLine(Array.from({ length: 8 }, () => '---'));
await measureStore('SQLite', 'sqlite');
if (mongodb) await measureStore('MongoDB', mongodb);

console.log(`\nopenssl speed rsa2048 on ${cores} cores: ${openssl.toFixed(0)} signatures/s`);
for (const note of notes) console.log(note);
await measureStatus('SQLite', 'sqlite');
if (mongodb) await measureStatus('MongoDB', mongodb);

async function measureStore(name: string, store: string): Promise<void> {
  const many = await startCardea({ store, workers: cores });
  printRow(
    `client credentials, ${name}, ${cores} workers`,
    await clientCredentials(many.url, { seconds }),
    bareTokens,
  );
  if (store === 'sqlite') await measureMemory(many);
  await many.stop();

  const one = await startCardea({ store, workers: 1 });
  const exchange = await codeExchange(one.url, codes);
  printRow(`code exchange, ${name}, 1 process`, exchange.measurement, bareCodes.measurement);
  printRow(
    `refresh, ${name}, 1 process`,
    await refresh(one.url, exchange.refreshTokens, seconds),
    bareRefresh,
  );
  await one.stop();
}

async function measureMemory(server: RunningServer): Promise<void> {
  await clientCredentials(server.url, { tokens: 100_000 });
  notes.push(
    `start to first token: ${Math.round(server.firstTokenAfter ?? Number.NaN)} ms`,
    `memory of each worker after 100,000 tokens: ${server.memory().join(', ')} MB`,
  );
}

async function measureStatus(name: string, store: string): Promise<void> {
  const cost = await measureStatusCost({ store, workers: cores, seconds: seconds / 2, turns });
  const rates = (each: number[]) => each.map((rate) => rate.toFixed(0)).join(', ');
  console.log(
    `status lists, client credentials, ${name}, ${cores} workers: ${rates(cost.on)} tokens/s with, ` +
      `${rates(cost.off)} without, ratio ${cost.ratio.toFixed(3)}; processor time of a token ` +
      `${cost.cpuOn.toFixed(0)} µs with, ${cost.cpuOff.toFixed(0)} µs without`,
  );
}

/** At once: what fails later takes nothing away. */
function printRow(name: string, measurement: Measurement, bare: Measurement): void {
  printLine([
    name,
    measurement.rate.toFixed(0),
    measurement.p50.toFixed(1),
    measurement.p99.toFixed(1),
    bare.rate.toFixed(0),
    (measurement.rate / bare.rate).toFixed(2),
    (measurement.rate / openssl).toFixed(2),
    String(measurement.failures),
  ]);
}

function printLine(cells: string[]): void {
  console.log(`| ${cells.join(' | ')} |`);
}
