/**
 * What a token's bit costs whoever issues: service tokens with status lists against the same server without, in
 * turns, so that a noisy machine disturbs both alike.
 *
 *   npm run bench:status                            SQLite
 *   npm run bench:status -- mongodb://host:port/    MongoDB, in a database of its own
 *
 * BENCH_SECONDS (5) is how long each turn takes, BENCH_TURNS (4) how many there are, BENCH_WORKERS (2) how many
 * processes serve.
 */
import { type LoadResult, runLoad } from './load/load.ts';
import { serviceToken } from './requests/tokens.ts';
import { startCardea } from './servers/cardea.ts';
import type { RunningServer } from './servers/running_server.ts';

const store = process.argv[2] ?? 'sqlite';
const seconds = Number(process.env.BENCH_SECONDS ?? 5);
const turns = Number(process.env.BENCH_TURNS ?? 4);
const workers = Number(process.env.BENCH_WORKERS ?? 2);

type Side = { name: string; server: RunningServer; results: LoadResult[] };

const constant = import.meta.resolve('./servers/without_status.ts');
const on: Side = { name: 'with', server: await startCardea({ store, workers }), results: [] };
const off: Side = {
  ...{ name: 'without', results: [] },
  server: await startCardea({ store, workers, preload: constant }),
};
for (let turn = 0; turn < turns; turn += 1) {
  // Whoever is first in one turn is second in the next.
  for (const { server, results } of turn % 2 === 0 ? [on, off] : [off, on]) {
    results.push(await runLoad(server, await serviceToken(server), seconds));
  }
}
await Promise.all([on.server.stop(), off.server.stop()]);

for (const { name, results } of [on, off]) {
  const rates = results.map(({ rate }) => rate.toFixed(0)).join(', ');
  const cpu = mean(results.map((result) => result.cpu));
  console.log(`${name} status lists: ${rates} tokens/s, ${cpu.toFixed(3)} ms of processor each`);
}
const [rateOn, rateOff] = [on, off].map(({ results }) => mean(results.map(({ rate }) => rate)));
console.log(`ratio ${(Number(rateOn) / Number(rateOff)).toFixed(3)}`);

function mean(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0) / numbers.length;
}
