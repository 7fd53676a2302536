/**
 * The recipes of docs/integrations as programs: made ready with what the machine has, run as their readers
 * run them.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, lstat, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export type Recipe = {
  /** A folder of docs/integrations/examples. */
  language: string;
  /** Makes the program in a copy of its folder, and answers its command line. Throws NotHere. */
  prepare(folder: string): Promise<[command: string, ...words: string[]]>;
};

export type RunningApi = {
  url: string;
  /** What it wrote to stderr. */
  logged(): string;
  stop(): Promise<void>;
};

/** This machine lacks the language, or its packages cannot be had here. */
export class NotHere extends Error {}

/** For what comes over a network that may not be there. */
const patienceMs = 120_000;
const examples = fileURLToPath(new URL('../../docs/integrations/examples/', import.meta.url));

/**
 * A temporary folder that stays, for what takes long to make again, such as a language's own library,
 * compiled. Programs come out of it: it is ours alone. Throws NotHere.
 */
export async function cacheFolder(name: string): Promise<string> {
  const folder = join(tmpdir(), `cardea-recipes-${name}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const found = await lstat(folder);
  if (found.isDirectory() && found.uid === process.getuid?.()) return folder;
  throw new NotHere(`${folder} is somebody else's`);
}

export type PreparedRecipe = Awaited<ReturnType<typeof prepareRecipe>>;

/** A copy of the recipe's folder, made ready; its temporary files go with `remove`. */
export async function prepareRecipe(recipe: Recipe) {
  const folder = await mkdtemp(join(tmpdir(), 'cardea-recipe-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    await cp(join(examples, recipe.language), folder, { recursive: true });
    const [command, ...words] = await recipe.prepare(folder);
    const start = (issuer: string, audience: string) =>
      startApi(command, [...words, issuer, audience], folder);
    return { start, remove };
  } catch (failure) {
    await remove();
    throw failure;
  }
}

/**
 * Runs a program to its end and answers its stdout. When it cannot be started, or fails and `mayFail`, that
 * is for want of something on this machine: NotHere.
 */
export async function run(
  command: string,
  words: string[],
  {
    folder,
    env = {},
    mayFail = false,
  }: { folder: string; env?: Record<string, string>; mayFail?: boolean },
): Promise<string> {
  try {
    const settings = { ...process.env, ...env };
    const options = { cwd: folder, env: settings, ...(mayFail && { timeout: patienceMs }) };
    return (await promisify(execFile)(command, words, options)).stdout;
  } catch (failure) {
    const { code, stdout, stderr } = failure as { code: unknown; stdout?: string; stderr?: string };
    if (code === 'ENOENT') throw new NotHere(`there is no ${command} on this machine`);
    if (!mayFail) throw failure;
    const said = `${stdout}\n${stderr}`.trim().split('\n').at(-1);
    throw new NotHere(`${command} ${words.join(' ')} failed: ${said}`);
  }
}

/** Resolves when it listens, which it says on its first line. */
async function startApi(command: string, words: string[], folder: string): Promise<RunningApi> {
  const child = spawn(command, words, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const endWithUs = () => child.kill('SIGKILL');
  process.on('exit', endWithUs);
  let logged = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    logged += text;
  });
  const gone = once(child, 'close').then(() => process.off('exit', endWithUs));
  const url = await firstAddress(child);
  if (url === undefined) throw new Error(`${command} did not start:\n${logged}`);
  return {
    url,
    logged: () => logged,
    async stop() {
      child.kill('SIGKILL');
      await gone;
    },
  };
}

async function firstAddress({ stdout }: ChildProcess): Promise<string | undefined> {
  if (!stdout) return undefined;
  for await (const line of createInterface({ input: stdout })) {
    const url = /^listening on (http:\S+)$/.exec(line)?.[1];
    if (url !== undefined) return url;
  }
  return undefined;
}
