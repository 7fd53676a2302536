/**
 * Reading of environment variables, each also as NAME_FILE: a path whose content is the value. It knows
 * no variable by name; what a value means is its caller's.
 */
import { open } from 'node:fs/promises';
import type { Problem } from './problems.ts';

/** `broken`: set, but unusable; the problem has been reported. */
type Reading = { state: 'absent' } | { state: 'value'; value: string } | { state: 'broken' };

export type Variables = {
  /** The value of a variable, from the environment or from the file that NAME_FILE names. */
  read(name: string): Promise<Reading>;
  /** Names of all variables that are set, without a `_FILE` ending. */
  names(): string[];
};

const fileLimit = 64 * 1024;

/** Reads each variable once; mistakes go to `report`, and never hold a path or a value. */
export function createVariables(
  env: NodeJS.ProcessEnv,
  report: (problem: Problem) => void,
): Variables {
  const readings = new Map<string, Promise<Reading>>();

  const broken = (where: string, problem: string, remedy: string): Reading => {
    report({ where, problem, remedy });
    return { state: 'broken' };
  };

  async function readOnce(name: string): Promise<Reading> {
    const direct = env[name];
    const fileName = `${name}_FILE`;
    const path = env[fileName];
    if (direct !== undefined && path !== undefined) {
      return broken(name, `and ${fileName} are both set`, 'Unset one of the two.');
    }
    if (path === undefined) {
      if (direct === undefined) return { state: 'absent' };
      if (direct.trim() === '') return broken(name, 'is set but empty', 'Unset it, or set it.');
      return { state: 'value', value: direct };
    }
    const content = await readTextFile(path, fileLimit);
    if ('failure' in content) {
      const remedy = `Let ${fileName} name a text file that this process may read.`;
      return broken(fileName, `names a file that ${content.failure}`, remedy);
    }
    const value = content.text.replace(/\r?\n$/, '');
    if (value.trim() !== '') return { state: 'value', value };
    return broken(fileName, 'names a file that is empty', 'Put the value into it.');
  }

  return {
    read(name) {
      const known = readings.get(name);
      if (known) return known;
      const reading = readOnce(name);
      readings.set(name, reading);
      return reading;
    },
    names: () =>
      Object.keys(env)
        .filter((name) => env[name] !== undefined)
        .map((name) => name.replace(/_FILE$/, '')),
  };
}

/**
 * A whole file as UTF-8 text, when it has at most `limit` bytes; otherwise why it cannot be had, as the end
 * of a sentence that names no path. Reads pipes as well, and never more than the limit.
 */
export async function readTextFile(
  path: string,
  limit: number,
): Promise<{ text: string } | { failure: string }> {
  try {
    await using file = await open(path, 'r');
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of file.createReadStream({ end: limit, autoClose: false })) {
      chunks.push(chunk);
      length += chunk.length;
    }
    if (length > limit) return { failure: `has more than ${limit / 1024} KiB` };
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)) };
  } catch (error) {
    return { failure: describeFailure(error) };
  }
}

function describeFailure(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error)) return 'cannot be read';
  const failures: Record<string, string> = {
    ENOENT: 'does not exist',
    EACCES: 'this process may not read',
    EPERM: 'this process may not read',
    EISDIR: 'is a folder',
    ERR_ENCODING_INVALID_ENCODED_DATA: 'is not UTF-8 text',
  };
  return failures[String(error.code)] ?? `cannot be read (${error.code})`;
}
