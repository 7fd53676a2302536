/**
 * Measures every path of machines, and code exchange and refresh, beside yardsticks in the same run: raw RSA
 * signatures (`openssl speed`), the bare library in memory, and the least that a `node:http` server can do.
 * Absolute numbers say little about another machine; the ratios do.
 *
 *   npm run bench                                   everything
 *   npm run bench -- service-token jwks             these paths, and what they are compared with
 *   npm run bench -- mongodb://host:port/ refresh   also on MongoDB, in a database of its own
 *
 * BENCH_SECONDS (3) is how long each rate is measured, BENCH_WORKERS (2) how many processes serve. BENCH_LOG=1
 * shows the servers' logs. Load comes from wrk, or where that is missing from this process.
 */
import { parseArgs } from 'node:util';
import { hasWrk } from './load/wrk.ts';
import { createBench, keyOf, type Result, runsOf } from './measuring.ts';
import { paths } from './paths.ts';
import { ratiosFor } from './ratios.ts';
import { printHead, printRatios, printResult } from './report.ts';

const { positionals } = parseArgs({ allowPositionals: true });
const mongodb = positionals.find((word) => word.startsWith('mongodb'));
const named = positionals.filter((word) => word !== mongodb);
const known = paths.map(({ name }) => name);
const unknown = named.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`There is no ${unknown.join(', ')}. The paths: ${known.join(' ')}`);
  process.exit(2);
}

const seconds = Number(process.env.BENCH_SECONDS ?? 3);
const workers = Number(process.env.BENCH_WORKERS ?? 2);

if (!hasWrk) {
  console.log('wrk is not installed: the load comes from Node, and takes more of the processor.\n');
}
const results = new Map<string, Result>();
const bench = createBench({ workers, seconds, mongodb });
try {
  printHead();
  for (const run of runsOf(named.length > 0 ? named : known, mongodb !== undefined)) {
    const result = await bench.measure(run);
    results.set(keyOf(run), result);
    printResult(run, run.processes === 'all' ? workers : 1, result);
  }
} finally {
  await bench.close();
}
printRatios(ratiosFor(workers), results);
