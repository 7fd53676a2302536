/**
 * The process that judges passwords and computes their hashes for one Cardea process, at low priority. It handles the requests of its
 * parent and exits when the parent does.
 */
import { constants, setPriority } from 'node:os';
import { argon2id, hash } from 'argon2';
import { currentCost } from './encoded_hash.ts';
import { isGuessable } from './guessable.ts';
import { readHash } from './hashes/families.ts';

/** With `encoded`: verify the password against it. With `words`: is it easy to guess? Without both: hash the password. */
export type PasswordRequest = {
  id: number;
  password: string;
  encoded?: string | undefined;
  words?: string[] | undefined;
};
export type PasswordResult =
  | { id: number; value: string | boolean }
  | { id: number; failure: string };

// Set before the first job starts libuv's threads, which inherit it.
lowerPriority();

process.on('message', (request: PasswordRequest) => {
  compute(request).then(
    (value) => send({ id: request.id, value }),
    (error: unknown) => send({ id: request.id, failure: String(error) }),
  );
});
// Ctrl-C reaches the whole process group, but the parent still has requests to finish.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
process.on('disconnect', () => process.exit());

async function compute({ password, encoded, words }: PasswordRequest): Promise<string | boolean> {
  if (words) return isGuessable(password, words);
  if (encoded !== undefined) return (await readHash(encoded)?.check(password)) ?? false;
  return hash(password, {
    type: argon2id,
    memoryCost: currentCost.memoryKib,
    timeCost: currentCost.passes,
    parallelism: currentCost.lanes,
  });
}

function send(message: PasswordResult): void {
  // The parent may be gone: nobody needs the answer then.
  process.send?.(message, undefined, undefined, () => {});
}

function lowerPriority(): void {
  try {
    setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // A sandbox may forbid it; the processes then run at equal priority.
  }
}
