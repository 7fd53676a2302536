/**
 * The process that computes argon2 for one Cardea process. It owns nothing but its low priority: it takes
 * one request after another from its parent and ends when that goes away.
 */
import { constants, setPriority } from 'node:os';
import { argon2id, hash, verify } from 'argon2';
import { currentCost } from './encoded_hash.ts';

/** `encoded` is there: verify against it; otherwise: hash. */
export type PasswordRequest = { id: number; password: string; encoded?: string | undefined };
export type PasswordAnswer =
  | { id: number; value: string | boolean }
  | { id: number; failure: string };

// The first job starts libuv's threads, and they inherit it.
lowerPriority();

process.on('message', (request: PasswordRequest) => {
  compute(request).then(
    (value) => answer({ id: request.id, value }),
    (error: unknown) => answer({ id: request.id, failure: String(error) }),
  );
});
// Ctrl-C reaches the whole process group; the parent still has requests to finish.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
process.on('disconnect', () => process.exit());

async function compute({ password, encoded }: PasswordRequest): Promise<string | boolean> {
  if (encoded !== undefined) return verify(encoded, password);
  return hash(password, {
    type: argon2id,
    memoryCost: currentCost.memoryKib,
    timeCost: currentCost.passes,
    parallelism: currentCost.lanes,
  });
}

function answer(message: PasswordAnswer): void {
  // A parent that is gone needs no answer.
  process.send?.(message, undefined, undefined, () => {});
}

function lowerPriority(): void {
  try {
    setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // A sandbox may forbid it: then the operating system shares evenly.
  }
}
