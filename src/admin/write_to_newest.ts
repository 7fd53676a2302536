/**
 * Changes that are computed from what is stored: read, computed, and written only over the version that was read.
 */
import { CardeaError } from '../errors.ts';
import { requireVersion } from '../storage/change_record.ts';

const maxAttempts = 10;

/**
 * `write` gets what was read and must fail with `version_mismatch` where it has changed since. For a caller that named
 * a version this is the answer; for one that takes any version it is tried again with what is newest.
 */
export async function onNewest<Stored extends { version: number }>({
  expectedVersion,
  read,
  write,
}: {
  expectedVersion: number | undefined;
  read: () => Promise<Stored>;
  write: (stored: Stored) => Promise<Stored>;
}): Promise<Stored> {
  for (let attempt = 1; ; attempt += 1) {
    const stored = await read();
    requireVersion(stored, { expectedVersion });
    try {
      return await write(stored);
    } catch (error) {
      const isStale = error instanceof CardeaError && error.code === 'version_mismatch';
      if (!isStale || expectedVersion !== undefined || attempt === maxAttempts) throw error;
    }
  }
}
