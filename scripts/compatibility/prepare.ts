/** Where programs are installed: a cache of this user's, outside of the project. */
import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, relative } from 'node:path';
import type { Place, Program } from './program.ts';
import { programsFolder } from './results.ts';

const cache = join(
  process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'),
  'cardea',
  'compatibility',
);

/** What the script reads itself; a change of it installs nothing anew. */
const notInstalled = new Set(['program.ts', 'result.json']);

export function placeFolder(folder: string): string {
  return join(cache, folder);
}

/** Copies the program's folder into its place, and installs it there unless that was done for these very files. */
export async function prepare(folder: string, program: Program, place: Place): Promise<void> {
  const source = join(programsFolder, folder);
  const marker = join(place.folder, '.installed');
  await mkdir(place.folder, { recursive: true });
  await cp(source, place.folder, { recursive: true });
  const wanted = await digestOf(source, program.version);
  if ((await readFile(marker, 'utf8').catch(() => '')) === wanted) return;
  await program.install(place);
  await writeFile(marker, wanted);
}

async function digestOf(source: string, version: string): Promise<string> {
  const digest = createHash('sha256').update(version);
  const files = (await readdir(source, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && !notInstalled.has(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  for (const file of files) digest.update(relative(source, file)).update(await readFile(file));
  return digest.digest('hex');
}
