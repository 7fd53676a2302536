/**
 * Measures the paths of machines, code exchange and refresh, beside yardsticks in the same run: raw RSA signatures
 * (`openssl speed`), the bare library in memory, and the least that a `node:http` server can do. Absolute numbers
 * say little about another machine; the ratios do.
 *
 *   npm run bench                                   everything
 *   npm run bench -- service-token jwks             these paths, and what they are compared with
 *   npm run bench -- mongodb://host:port/ refresh   also on MongoDB, in a database of its own
 *   npm run bench -- mongodb                        on the MongoDB that tests use
 *   npm run bench -- --check                        fails where a ratio is more than a fifth worse than recorded
 *   npm run bench -- --record                       records the ratios (recorded.json)
 *
 * BENCH_SECONDS (3; with --check 2) is how long each rate is measured, BENCH_WORKERS (2) how many processes serve.
 * BENCH_LOG=1 shows the servers' logs. Load comes from wrk, or from Node where wrk is missing and for what works
 * only once.
 */
import { parseArgs } from 'node:util';
import { testMongo } from '../../harness/mongodb.ts';
import { hasWrk } from './load/wrk.ts';
import { createBench, keyOf, type Result } from './measuring.ts';
import { paths, type Run } from './paths.ts';
import { ratiosFor } from './ratios.ts';
import { falls, readRecorded, record } from './recorded.ts';
import { printHead, printRatios, printResult } from './report.ts';
import { runsOf, unique } from './selection.ts';

const { values: options, positionals } = parseArgs({
  options: { check: { type: 'boolean' }, record: { type: 'boolean' } },
  allowPositionals: true,
});
const address = positionals.find((word) => word.startsWith('mongodb'));
const mongodb = address === 'mongodb' ? (await testMongo())?.uri('bench') : address;
const named = positionals.filter((word) => word !== address);
const known = paths.map(({ name }) => name);
const unknown = named.filter((name) => !known.includes(name));
if (address !== undefined && mongodb === undefined) throw new Error('no MongoDB can be had here');
if (unknown.length > 0) {
  console.error(`There is no ${unknown.join(', ')}. The paths: ${known.join(' ')}`);
  process.exit(2);
}

const seconds = Number(process.env.BENCH_SECONDS ?? (options.check ? 2 : 3));
const workers = Number(process.env.BENCH_WORKERS ?? 2);
const ratios = ratiosFor(workers);
const results = new Map<string, Result>();
const bench = createBench({ workers, seconds, mongodb });
try {
  if (!hasWrk) console.log('wrk is missing: Node makes the load, and takes a core of its own.\n');
  printHead();
  await measureAll(runsOf(named.length > 0 ? named : known, ratios, mongodb !== undefined));
  printRatios(ratios, results);
  for (const [name, { failures = 0 }] of results) {
    if (failures > 0) fail(`${failures} requests failed: ${name}.`);
  }
  if (options.check) await check();
  if (options.record) record(ratios, results);
} finally {
  await bench.close();
}

async function measureAll(runs: readonly Run[]): Promise<void> {
  for (const run of runs) {
    const result = await bench.measure(run);
    results.set(keyOf(run), result);
    printResult(run, run.processes === 'all' ? workers : 1, result);
  }
}

/** What has fallen is measured once more: whatever else the machine did may have hit one side alone. */
async function check(): Promise<void> {
  const recorded = readRecorded();
  if (Object.keys(recorded).length === 0) fail('There is nothing to compare with: --record.');
  const doubtful = falls(ratios, results, recorded).map(({ ratio }) => ratio);
  await measureAll(unique(doubtful.flatMap(({ over, under }) => [over, ...under])));
  const fallen = falls(doubtful, results, recorded);
  for (const { ratio, value, recorded: before } of fallen) {
    fail(`${ratio.name} was ${before.toFixed(2)} when it was recorded and is ${value.toFixed(2)}.`);
  }
}

/** The rest is still measured. */
function fail(reason: string): void {
  console.error(reason);
  process.exitCode = 1;
}
