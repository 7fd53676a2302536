/**
 * Shows how four requests go through src/: how many files each enters, how often it moves from one file to another,
 * and in which rooms. One worker, the embedded store.
 *
 *   npm run trace
 *   npm run trace -- --list      and the files in their order, with the functions that were called
 *   npm run trace -- --json      the same for programs
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createKeys } from '../bench/api_key_store.ts';
import { startCardea } from '../bench/servers/cardea.ts';
import { requestsTo } from './requests.ts';
import { type Summary, summarise, type Trace } from './summary.ts';

/** By then every module is loaded and every cache is filled. */
const warmUp = 12;
/** Odd, so that one is in the middle. */
const recorded = 9;

const { values: options } = parseArgs({
  options: { list: { type: 'boolean' }, json: { type: 'boolean' } },
});

const folder = mkdtempSync(join(tmpdir(), 'cardea-trace-'));
const traceFile = join(folder, 'traces.jsonl');
// The traced processes inherit these. What is compiled for tracing must not stay in the program's own cache.
process.env.TRACE_FILE = traceFile;
process.env.NODE_COMPILE_CACHE = join(folder, 'compiled');
process.env.NODE_OPTIONS = `${process.env.NODE_OPTIONS ?? ''} --disable-warning=ExperimentalWarning`;

try {
  await sendRequests();
  const summaries = readFileSync(traceFile, 'utf8')
    .trim()
    .split('\n')
    .map((line) => summarise(JSON.parse(line) as Trace));
  const usual = Object.values(Object.groupBy(summaries, ({ request }) => request)).map(median);
  if (options.json) console.log(JSON.stringify(usual, null, 2));
  else usual.forEach(print);
} finally {
  rmSync(folder, { recursive: true });
}

async function sendRequests(): Promise<void> {
  const server = await startCardea({
    store: 'sqlite',
    workers: 1,
    preload: import.meta.resolve('./recorder.ts'),
  });
  try {
    const [apiKey = ''] = await createKeys(server.store, 1);
    const { requests, close } = requestsTo(server, apiKey);
    for (const [name, send] of Object.entries(requests)) {
      for (let round = 0; round < warmUp; round += 1) await send({});
      for (let round = 0; round < recorded; round += 1) await send({ 'x-trace': name });
    }
    close();
  } finally {
    await server.stop();
  }
}

/** By hops: now and then one request fetches what the next ones use up, and says nothing about the others. */
function median(summaries: readonly Summary[] = []): Summary {
  const [middle] = summaries.toSorted((one, other) => one.hops - other.hops).slice(recorded >> 1);
  if (!middle) throw new Error('a request was not recorded');
  return middle;
}

function print({ request, files, hops, roomChanges, rooms, stops }: Summary): void {
  console.log(`${request}: ${files} files, ${hops} hops, ${roomChanges} of them to another room`);
  for (const { room, files: own, stops: visits } of rooms) {
    console.log(
      `  ${room.padEnd(14)} ${String(own).padStart(3)} files ${String(visits).padStart(4)} stops`,
    );
  }
  if (!options.list) return;
  for (const { file, functions } of stops) console.log(`    ${file}  ${functions.join(' ')}`);
}
