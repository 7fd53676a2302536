/**
 * How a record with a version is changed, whichever store it is in: read, decided, and written if nobody was
 * faster, else all of it again.
 */
import type { Clock } from '../clock.ts';

type Versioned = { version: number; updatedAt: number };

/** Losing a compare-and-set this often means that something else is wrong. */
export const maxAttempts = 20;

/**
 * Changes what `find` reads by what `decide` answers to it; undefined decides to leave it. Throws what `find`
 * throws where there is none, what `decide` throws, and `contended` where others are faster all the time.
 */
export async function changeRecord<Kept extends Versioned>(
  {
    find,
    update,
    contended,
    clock,
  }: {
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
