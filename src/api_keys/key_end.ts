/**
 * The end of a key, as its record tells it. It is the kill switch's work (tokens/kill_switches.ts): the marker
 * that comes first ends the key at once; the record keeps it ended when the marker has gone.
 */
import type { Clock } from '../clock.ts';
import { CardeaError } from '../errors.ts';
import type { ApiKeyStore } from '../storage/api_keys.ts';
import type { KeyChanges } from './key_changes.ts';
import { createKeyWriter } from './key_writer.ts';

/**
 * Answers what sets a key's `revokedAt` to `at` (ms), unless it was revoked before. Idempotent; a key that is
 * gone needs no end. StoreUnavailableError.
 */
export function createKeyEnd(dependencies: {
  keys: Pick<ApiKeyStore, 'find' | 'update'>;
  changes: Pick<KeyChanges, 'changed'>;
  clock: Clock;
}): (keyId: string, at: number) => Promise<void> {
  const writer = createKeyWriter(dependencies);
  return async (keyId, at) => {
    try {
      await writer.change(keyId, ({ revokedAt }) =>
        revokedAt === undefined ? { revokedAt: at } : undefined,
      );
    } catch (error) {
      if (!(error instanceof CardeaError && error.code === 'not_found')) throw error;
    }
  };
}
