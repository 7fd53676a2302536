/**
 * Tries third-party programs, each with its own defaults, against this Cardea: installs them from their registries,
 * has a person sign in with each, and prints what came of it.
 *
 *   npm run compatibility                        all programs
 *   npm run compatibility -- openid-client-6     these, by their folders in programs/
 *   npm run compatibility -- --write             also records the results, and writes docs/integrations/compatibility.md
 *
 * What is downloaded stays in ~/.cache/cardea/compatibility. COMPATIBILITY_LOG=1 shows Cardea's log where a program
 * fails.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { freePort } from '../../harness/free_port.ts';
import { startProcessServer } from '../../harness/process_server.ts';
import { createPerson, declaredPerson } from './person.ts';
import { placeFolder, prepare } from './prepare.ts';
import type { Place, Program } from './program.ts';
import { programsFolder, type Result, writeResult } from './results.ts';

type Chosen = { folder: string; program: Program; origin: string; port: number };

const patienceMs = 300_000;
const { values: options, positionals: named } = parseArgs({
  options: { write: { type: 'boolean' } },
  allowPositionals: true,
});
const known = readdirSync(programsFolder).sort();
const unknown = named.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`There is no ${unknown.join(', ')}. The programs: ${known.join(' ')}`);
  process.exit(2);
}

const chosen: Chosen[] = [];
for (const folder of named.length > 0 ? named : known) {
  const { program } = await import(join(programsFolder, folder, 'program.ts'));
  const port = await freePort();
  chosen.push({ folder, program, port, origin: `http://127.0.0.1:${port}` });
}

const store = mkdtempSync(join(tmpdir(), 'cardea-compatibility-'));
const cardea = await startProcessServer({
  store: `sqlite:${join(store, 'cardea.db')}`,
  declaration: declarationOf(chosen),
});
try {
  for (const one of chosen) {
    const result = await attempt(one);
    console.log(`${result.works ? 'works' : 'FAILS'}: ${result.result}\n`);
    if (!result.works) process.exitCode = 1;
    if (options.write) writeResult(one.folder, result);
  }
} finally {
  await cardea.stop();
  rmSync(store, { recursive: true, force: true });
}
if (options.write) {
  const generate = fileURLToPath(new URL('../generate_docs.ts', import.meta.url));
  process.exitCode ||= spawnSync(process.execPath, [generate], { stdio: 'inherit' }).status ?? 1;
}
// A program that failed may have left something open.
process.exit();

async function attempt({ folder, program, origin, port }: Chosen): Promise<Result> {
  const { name, registry, version, flow, settings } = program;
  const tried = new Date().toISOString().slice(0, 10);
  console.log(`${name} ${version} (${registry}): ${flow}`);
  const place: Place = { issuer: cardea.issuer, origin, port, folder: placeFolder(folder) };
  const logged = cardea.output().length;
  const about = { name, registry, version, flow, settings };
  try {
    await prepare(folder, program, place);
    const result = await inTime(program.attempt(place, createPerson(cardea.issuer)));
    return { ...about, works: true, result, tried };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    console.error(message);
    if (process.env.COMPATIBILITY_LOG) console.error(cardea.output().slice(logged));
    const [result = ''] = message.split('\n');
    return { ...about, works: false, result, tried };
  }
}

/** One declarative file for all of them. */
function declarationOf(all: Chosen[]): object {
  const parts = all.map(({ program, origin }) => program.declaration(origin));
  return {
    users: [declaredPerson],
    apis: withoutTwins(parts.flatMap(({ apis = [] }) => apis)),
    clients: parts.flatMap(({ clients = [] }) => clients),
    scopes: parts.flatMap(({ scopes = [] }) => scopes),
    // Programs listen on this machine: back-channel logout and jwks_uri lead to it.
    outbound: { allow: ['127.0.0.0/8'] },
  };
}

/** Several programs may ask for the same API. */
function withoutTwins(declared: object[]): object[] {
  return [...new Map(declared.map((one) => [JSON.stringify(one), one])).values()];
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('it took more than 5 minutes')), patienceMs);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
