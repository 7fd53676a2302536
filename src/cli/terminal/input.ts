/**
 * What commands read from people and pipes. Secrets never come from arguments, which every process on the machine can
 * see. Without a terminal, nothing is asked.
 */
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { readTextFile } from '../../config/variables.ts';
import { CardeaError } from '../../errors.ts';
import { UsageError } from './failures.ts';

const limit = 64 * 1024;

export type ConfirmOptions = { yes?: boolean };

function isTerminal(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/** All of stdin as text, at most 64 KiB, without a trailing line break. */
async function readStdin(): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > limit) throw new UsageError('stdin is larger than 64 KiB');
  }
  return Buffer.concat(chunks)
    .toString()
    .replace(/\r?\n$/, '');
}

/** The content of a file (`-` for stdin), without a trailing line break. */
async function readInput(path: string): Promise<string> {
  if (path === '-') return readStdin();
  const content = await readTextFile(path, limit);
  if ('failure' in content) throw new UsageError(`the file ${content.failure}`);
  return content.text.replace(/\r?\n$/, '');
}

/** Reads a file that holds a JSON object. `option` is named in the error. */
export async function readJsonObject(
  path: string,
  option: string,
): Promise<Record<string, unknown>> {
  try {
    const data: unknown = JSON.parse(await readInput(path));
    if (typeof data === 'object' && data !== null && !Array.isArray(data)) {
      return data as Record<string, unknown>;
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new UsageError(`${option} needs a JSON object`);
}

/** A new password: from a file, else typed twice on a terminal, else from stdin. */
export async function readNewPassword(file: string | undefined): Promise<string> {
  if (file !== undefined) return nonEmpty(await readInput(file));
  if (!isTerminal()) return nonEmpty(await readStdin());
  const password = await askHidden('Password: ');
  if (password !== (await askHidden('Again: '))) throw new UsageError('the two passwords differ');
  return nonEmpty(password);
}

/** A token or other bearer value: the argument, or stdin if it is `-` or missing. */
export async function readBearer(argument: string | undefined): Promise<string> {
  if (argument !== undefined && argument !== '-') return argument;
  if (argument === undefined && isTerminal()) return (await askHidden('Token: ')).trim();
  const value = (await readStdin()).trim();
  if (!value) throw new UsageError('pass the token or key as an argument or on stdin');
  return value;
}

/**
 * Asks before an action that cannot be undone, unless `yes` is set or there is no terminal. Throws CardeaError
 * `declined`.
 */
export async function confirm(question: string, { yes = false }: ConfirmOptions): Promise<void> {
  if (yes || !isTerminal()) return;
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await prompt.question(`${question} [y/N] `).finally(() => prompt.close());
  if (!/^y(es)?$/i.test(answer.trim()))
    throw new CardeaError({ code: 'declined', status: 400, message: 'Nothing was changed.' });
}

function nonEmpty(password: string): string {
  if (password) return password;
  throw new UsageError('pass the password by --password-file or on stdin');
}

async function askHidden(question: string): Promise<string> {
  process.stderr.write(question);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const prompt = createInterface({ input: process.stdin, output: silent, terminal: true });
  prompt.on('SIGINT', () => process.exit(1));
  const answer = await prompt.question('').finally(() => prompt.close());
  process.stderr.write('\n');
  return answer;
}
