/**
 * The secret of development mode: made once, in a file that only its owner reads. Owns that file, and
 * nothing of what is done with the secret. Outside development mode nothing here is called.
 */
import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { randomId } from '../digests.ts';
import { CardeaError } from '../errors.ts';

const fileName = 'development_secret';

/**
 * The secret (32 bytes, base64url) kept in `directory`, which is made where it is missing. Any number of
 * processes that start at once get the same one: it appears under its name complete, by a link, which
 * only the first can make. Throws CardeaError `unusable_secret` when the file holds something else.
 */
export async function loadOrCreateDevelopmentSecret(directory: string): Promise<string> {
  const path = join(directory, fileName);
  const kept = await read(path);
  if (kept !== undefined) return kept;

  await mkdir(directory, { recursive: true });
  const draft = `${path}.${randomId()}`;
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(`${randomBytes(32).toString('base64url')}\n`);
    await file.sync();
    await link(draft, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  } finally {
    await file.close();
    await unlink(draft);
  }
  const made = await read(path);
  if (made === undefined) throw unusable(path, 'was removed at the moment it was made');
  return made;
}

async function read(path: string): Promise<string | undefined> {
  try {
    const text = (await readFile(path, 'utf8')).trim();
    if (/^[\w-]{43}$/.test(text)) return text;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  throw unusable(path, 'does not hold 32 bytes in base64url');
}

function unusable(path: string, reason: string): CardeaError {
  return new CardeaError({
    code: 'unusable_secret',
    status: 500,
    message: `${path} ${reason}. Remove it and start again; a new one will be made.`,
  });
}
