/**
 * Passwords that are known from breaches of other sites, in a file that `cardea passwords import` makes: a mark, then the
 * first eight bytes of each password's SHA-1, in ascending order. A password is found by halving the file, so a billion of
 * them cost 30 small reads and no memory.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { CardeaError } from '../errors.ts';

const mark = Buffer.from('cardea-breached1', 'ascii');
const entryBytes = 8;

export type BreachedPasswords = {
  /** `password` in its normal form. Throws CardeaError `unusable_file` (500). */
  has(password: string): Promise<boolean>;
};

/** Throws CardeaError `unusable_file` (500). The file is opened anew each time, so that a new import counts at once. */
export async function openBreachedPasswords(path: string): Promise<BreachedPasswords> {
  await reading(path, async () => {});
  return {
    has: (password) =>
      reading(path, (file, count) => contains(file, count, entryOf(sha1(password)))),
  };
}

async function reading<T>(
  path: string,
  read: (file: FileHandle, count: number) => Promise<T>,
): Promise<T> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (cause) {
    throw unusable(path, 'cannot be read', cause);
  }
  try {
    const { size } = await file.stat();
    const count = (size - mark.length) / entryBytes;
    const { buffer } = await file.read(Buffer.alloc(mark.length), 0, mark.length, 0);
    if (!buffer.equals(mark) || !Number.isInteger(count)) {
      throw unusable(path, 'is no file of `cardea passwords import`');
    }
    return await read(file, count);
  } finally {
    await file.close();
  }
}

async function contains(file: FileHandle, count: number, wanted: bigint): Promise<boolean> {
  const buffer = Buffer.alloc(entryBytes);
  let [from, to] = [0, count];
  while (from < to) {
    const middle = Math.floor((from + to) / 2);
    await file.read(buffer, 0, entryBytes, mark.length + middle * entryBytes);
    const found = buffer.readBigUInt64BE();
    if (found === wanted) return true;
    if (found < wanted) from = middle + 1;
    else to = middle;
  }
  return false;
}

export type BreachImport = {
  /** What the lines of the source are: `SHA1` or `SHA1:times seen`, in ascending order, or passwords. */
  lines: 'sha1' | 'passwords';
  /** Digests that were seen less often are left out. */
  least: number;
  /** Called after each million lines. */
  onProgress?: (lines: number) => void;
};

/** Lines of passwords that are sorted in memory. */
const mostPasswords = 50_000_000;

/**
 * Makes the file `to` from the text file `from`; until it is whole, an earlier one stays. Resolves to the number of
 * passwords. Throws CardeaError `unusable_file`, `invalid_line` (400).
 */
export async function importBreachedPasswords(
  from: string,
  to: string,
  options: BreachImport,
): Promise<number> {
  const entries =
    options.lines === 'sha1' ? digestsOf(from, options) : sortedPasswords(from, options);
  const unfinished = `${to}.unfinished`;
  try {
    const count = await write(unfinished, entries);
    await rename(unfinished, to);
    return count;
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error instanceof CardeaError ? error : unusable(to, 'cannot be written', error);
  }
}

async function write(path: string, entries: AsyncIterable<bigint>): Promise<number> {
  const file = await open(path, 'w');
  try {
    const chunk = Buffer.alloc(2 ** 20);
    let [used, count, last] = [mark.copy(chunk), 0, -1n];
    for await (const entry of entries) {
      if (entry === last) continue;
      last = entry;
      count += 1;
      used = chunk.writeBigUInt64BE(entry, used);
      if (used > chunk.length - entryBytes) {
        await file.write(chunk, 0, used);
        used = 0;
      }
    }
    await file.write(chunk, 0, used);
    await file.sync();
    return count;
  } finally {
    await file.close();
  }
}

async function* digestsOf(path: string, { least, onProgress }: BreachImport) {
  let last = -1n;
  for await (const { line, number } of linesOf(path, onProgress)) {
    const { digest, seen } =
      /^(?<digest>[0-9a-f]{40})(:(?<seen>\d{1,15}))?\s*$/i.exec(line)?.groups ?? {};
    if (digest === undefined) {
      throw invalidLine(
        number,
        'is no SHA-1, as in `0000…:5`. For a list of passwords use --passwords.',
      );
    }
    if (seen !== undefined && Number(seen) < least) continue;
    const entry = BigInt(`0x${digest.slice(0, 2 * entryBytes)}`);
    if (entry < last)
      throw invalidLine(number, 'is out of order. Sort the file first: LC_ALL=C sort.');
    last = entry;
    yield entry;
  }
}

async function* sortedPasswords(path: string, { onProgress }: BreachImport) {
  const entries: bigint[] = [];
  for await (const { line, number } of linesOf(path, onProgress)) {
    if (number > mostPasswords) {
      throw invalidLine(number, `is more than ${mostPasswords} lines. Use sorted SHA-1 digests.`);
    }
    entries.push(entryOf(sha1(line.normalize('NFKC'))));
  }
  yield* BigUint64Array.from(entries).sort();
}

async function* linesOf(path: string, onProgress: BreachImport['onProgress']) {
  const input = createReadStream(path);
  let number = 0;
  try {
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      number += 1;
      if (number % 1_000_000 === 0) onProgress?.(number);
      if (line !== '') yield { line, number };
    }
  } catch (cause) {
    throw unusable(path, 'cannot be read', cause);
  }
}

function sha1(text: string): Buffer {
  return createHash('sha1').update(text).digest();
}

function entryOf(digest: Buffer): bigint {
  return digest.readBigUInt64BE();
}

function unusable(path: string, problem: string, cause?: unknown): CardeaError {
  return new CardeaError({
    ...{ code: 'unusable_file', status: 500, message: `${path} ${problem}.` },
    ...(cause !== undefined && { cause }),
  });
}

function invalidLine(number: number, problem: string): CardeaError {
  return new CardeaError({
    code: 'invalid_line',
    status: 400,
    message: `Line ${number} ${problem}`,
  });
}
