/**
 * API keys from their making to their end, on two nodes behind nginx and over the operator's commands: rotation
 * under load, revocation as other nodes and offline verifiers see it, a limit under ten times its load, reports
 * of leaks; and at the end a search for every secret in the store and in all logs. Exits with 1 when anything
 * is not as it must be. Needs nginx.
 *
 *   npm run soak:api-keys                           on SQLite
 *   npm run soak:api-keys -- mongodb://host:port/   on MongoDB
 *
 * SOAK_ROUNDS (20) is how many keys are revoked, SOAK_REQUESTS (10000) how many go against the limit, twice.
 * Takes some two minutes, five at most.
 */
import { loadavg } from 'node:os';
import { reportLeaks } from './api_keys/leaks.ts';
import { floodLimit } from './api_keys/limits.ts';
import { printRows, printTableHead, type Row } from './api_keys/report.ts';
import { revokeKeys } from './api_keys/revocation.ts';
import { rotateUnderLoad } from './api_keys/rotation.ts';
import { openStage, type Stage } from './api_keys/stage.ts';
import { findTraces } from './api_keys/traces.ts';
import { soakStores } from './stores.ts';

const rounds = Number(process.env.SOAK_ROUNDS ?? 20);
const requests = Number(process.env.SOAK_REQUESTS ?? 10_000);
const longestMs = 300_000;

const [store] = (await soakStores(process.argv[2])).slice(-1);
if (!store) throw new Error('no store');
const watchdog = setTimeout(() => {
  console.error('it took too long');
  process.exit(1);
}, longestMs);

const load = () => (loadavg()[0] ?? 0).toFixed(1);
const loadBefore = load();
const stage = await openStage(store.url);
const scenes: ((stage: Stage) => Promise<Row[]>)[] = [
  rotateUnderLoad,
  (on) => revokeKeys(on, rounds),
  (on) => floodLimit(on, requests),
  reportLeaks,
  findTraces,
];
console.log(`${store.name}, ${stage.nodes.length} nodes of one process, nginx`);
printTableHead();
let good = true;
for (const scene of scenes) {
  const rows = await scene(stage);
  printRows(rows);
  good &&= rows.every(({ isGood }) => isGood);
}
clearTimeout(watchdog);
console.log(`\nload of the machine: ${loadBefore} before, ${load()} after`);
process.exit(good ? 0 : 1);
