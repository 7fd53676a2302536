/**
 * How a record with a version is changed, whichever store it is in: read, decided, and written if nobody was
 * faster, else all of it again.
 */
import type { Clock } from '../clock.ts';
import { CardeaError } from '../errors.ts';

/** The version that a change is based on; undefined: any. */
export type OnVersion = { expectedVersion?: number | undefined };

/** Throws CardeaError `version_mismatch` (412) where the record has another version. */
export function requireVersion(
  { version }: { version: number },
  { expectedVersion }: OnVersion,
): void {
  if (expectedVersion !== undefined && version !== expectedVersion) throw versionMismatch();
}

export function versionMismatch(): CardeaError {
  return new CardeaError({
    code: 'version_mismatch',
    status: 412,
    message: 'The object has changed since it was read. Read it again and repeat the change.',
  });
}

type Versioned = { version: number; updatedAt: number };

/** Losing a compare-and-set this often means that something else is wrong. */
export const maxAttempts = 20;

/**
 * Changes what `find` reads by what `decide` answers to it; undefined decides to leave it. Throws what `find`
 * throws where there is none, what `decide` throws, `version_mismatch`, and `contended` where others are faster all the time.
 */
export async function changeRecord<Kept extends Versioned>(
  {
    find,
    update,
    contended,
    clock,
    expectedVersion,
  }: OnVersion & {
    find: () => Promise<Kept>;
    /** False when another was faster. `found` is what it was before. */
    update: (next: Kept, found: Kept) => Promise<boolean>;
    contended: () => Error;
    clock: Clock;
  },
  decide: (record: Kept) => Promise<Partial<Kept> | undefined> | Partial<Kept> | undefined,
): Promise<{ record: Kept; changed: boolean }> {
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    const record = await find();
    requireVersion(record, { expectedVersion });
    const difference = await decide(record);
    if (!difference) return { record, changed: false };
    const next = nextVersion(record, difference, clock.now());
    if (await update(next, record)) return { record: next, changed: true };
  }
  throw contended();
}

/** The record as it is when the difference is made; `now`: ms. */
export function nextVersion<Kept extends Versioned>(
  record: Kept,
  difference: Partial<Kept>,
  now: number,
): Kept {
  return { ...record, ...difference, updatedAt: now, version: record.version + 1 };
}
