/**
 * The secret of development mode: created once, in a file that only its owner can read. Owns that file, not
 * what the secret is used for. Never used outside development mode.
 */
import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { randomId } from '../digests.ts';
import { CardeaError } from '../errors.ts';

const fileName = 'development_secret';

/**
 * The secret (32 bytes, base64url) in `directory`, which is created if missing. Processes that start at the
 * same time get the same secret: the complete file appears under its name through a link, which only the
 * first can create. Throws CardeaError `unusable_secret` when the file holds something else.
 */
export async function loadOrCreateDevelopmentSecret(directory: string): Promise<string> {
  const path = join(directory, fileName);
  const kept = await readSecretFile(path);
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
  const made = await readSecretFile(path);
  if (made === undefined) throw unusableSecretFile(path, 'was deleted while it was being created');
  return made;
}

async function readSecretFile(path: string): Promise<string | undefined> {
  try {
    const text = (await readFile(path, 'utf8')).trim();
    if (/^[\w-]{43}$/.test(text)) return text;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  throw unusableSecretFile(path, 'does not hold 32 bytes in base64url');
}

function unusableSecretFile(path: string, reason: string): CardeaError {
  return new CardeaError({
    code: 'unusable_secret',
    status: 500,
    message: `${path} ${reason}. Delete it and start again to create a new one.`,
  });
}
