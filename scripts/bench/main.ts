/**
 * Measures Cardea against two yardsticks in one run on one machine: raw RSA signatures (`openssl speed`) and
 * a bare in-memory oidc-provider under the same load with the same number of processes. Absolute numbers say
 * little about another machine; the ratios do.
 *
 *   npm run bench                       SQLite only
 *   npm run bench -- mongodb://…/bench  and MongoDB
 */
import { availableParallelism } from 'node:os';
import { clientCredentials, codeExchange, refresh, useAuthorizationPath } from './flows.ts';
import type { Measurement } from './load.ts';
import { opensslRate, type RunningServer, startBare, startCardea } from './servers.ts';

const cores = availableParallelism();
const seconds = Number(process.env.BENCH_SECONDS ?? 10);
const codes = Number(process.env.BENCH_CODES ?? 1500);
const mongodb = process.argv[2];

type Row = { name: string; measurement: Measurement; bare: Measurement };
const rows: Row[] = [];
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

await measureStore('SQLite', 'sqlite');
if (mongodb) await measureStore('MongoDB', mongodb);
print();

async function measureStore(name: string, store: string): Promise<void> {
  const many = await startCardea({ store, workers: cores });
  rows.push({
    name: `client credentials, ${name}, ${cores} workers`,
    measurement: await clientCredentials(many.url, { seconds }),
    bare: bareTokens,
  });
  if (store === 'sqlite') await measureMemory(many);
  await many.stop();

  const one = await startCardea({ store, workers: 1 });
  const exchange = await codeExchange(one.url, codes);
  rows.push({
    name: `code exchange, ${name}, 1 process`,
    measurement: exchange.measurement,
    bare: bareCodes.measurement,
  });
  rows.push({
    name: `refresh, ${name}, 1 process`,
    measurement: await refresh(one.url, exchange.refreshTokens, seconds),
    bare: bareRefresh,
  });
  await one.stop();
}

async function measureMemory(server: RunningServer): Promise<void> {
  await clientCredentials(server.url, { tokens: 100_000 });
  notes.push(
    `start to first token: ${Math.round(server.firstTokenAfter ?? Number.NaN)} ms`,
    `memory of each worker after 100,000 tokens: ${server.memory().join(', ')} MB`,
  );
}

function print(): void {
  const head = ['', 'rate /s', 'p50 ms', 'p99 ms', 'bare /s', 'x bare', 'x openssl', 'failures'];
  const table = rows.map(({ name, measurement, bare }) => [
    name,
    measurement.rate.toFixed(0),
    measurement.p50.toFixed(1),
    measurement.p99.toFixed(1),
    bare.rate.toFixed(0),
    (measurement.rate / bare.rate).toFixed(2),
    (measurement.rate / openssl).toFixed(2),
    String(measurement.failures),
  ]);
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  console.log(line(head));
  console.log(line(head.map(() => '---')));
  for (const row of table) console.log(line(row));
  console.log(`\nopenssl speed rsa2048 on ${cores} cores: ${openssl.toFixed(0)} signatures/s`);
  for (const note of notes) console.log(note);
}
