/**
 * What the verification of API keys costs, on SQLite: the service in one process with few and with many keys
 * stored; and how long `/api-keys/verify` takes over HTTP at half of the rate that it can have (`npm run bench`
 * has the full rate).
 *
 *   npm run bench:api-keys
 *
 * BENCH_SECONDS (10) is how long each rate is measured, BENCH_KEYS (1000000) how many keys are stored at most,
 * BENCH_WORKERS (2) how many processes serve.
 */
import { measureAtRate } from '../../harness/load.ts';
import { createRawRequester } from '../../harness/raw_requester.ts';
import { measureService } from './api_key_service.ts';
import { type RepeatedLoad, runLoad } from './load/load.ts';
import { verifyKeys } from './requests/keys.ts';
import { startCardea } from './servers/cardea.ts';

const seconds = Number(process.env.BENCH_SECONDS ?? 10);
const most = Number(process.env.BENCH_KEYS ?? 1_000_000);
const workers = Number(process.env.BENCH_WORKERS ?? 2);

console.log('| keys stored | hot /s | not remembered µs | unknown µs |\n| --- | --- | --- | --- |');
for (const cost of await measureService([2000, most], seconds / 2)) {
  const { stored, hot, cold, unknown } = cost;
  console.log(`| ${[stored, hot, cold, unknown].map((value) => value.toFixed(0)).join(' | ')} |`);
}

const server = await startCardea({ store: 'sqlite', workers });
try {
  const load = await verifyKeys(server);
  const full = await runLoad(server, load, seconds);
  const { p50, p99, worst, failures } = await atRate(full.rate / 2, load);
  console.log(
    `\n/api-keys/verify at ${(full.rate / 2).toFixed(0)} a second: p50 ${p50.toFixed(1)} ms, ` +
      `p99 ${p99.toFixed(1)} ms, worst ${worst.toFixed(1)} ms, ${failures} failures`,
  );
} finally {
  await server.stop();
}

/** On as many connections as it takes: what is due waits for no other request. */
async function atRate(rate: number, { repeat, shows }: RepeatedLoad) {
  const connections = 256;
  const requester = await createRawRequester(server.url, connections);
  const free = Array.from({ length: connections }, (_, connection) => connection);
  let turn = 0;
  const step = async () => {
    const connection = free.shift();
    if (connection === undefined) return false;
    turn += 1;
    const { body } = await requester.send(connection, repeat[turn % repeat.length] ?? '');
    free.push(connection);
    return body.includes(shows);
  };
  const measurement = await measureAtRate({ rate, seconds, step });
  requester.close();
  return measurement;
}
