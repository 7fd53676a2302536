/**
 * How key records are written: by compare-and-set, and announced to every process before the response is sent.
 * Shared by all files about the lifecycle of keys.
 */
import type { Clock } from '../../clock.ts';
import { CardeaError } from '../../errors.ts';
import type { ApiKeyRecord, ApiKeyStore } from '../../storage/api_keys.ts';
import { changeRecord, type OnVersion } from '../../storage/change_record.ts';
import type { KeyChanges } from './key_changes.ts';

export type KeyDifference = Partial<
  Pick<
    ApiKeyRecord,
    | 'name'
    | 'scopes'
    | 'tier'
    | 'limits'
    | 'allowIps'
    | 'metadata'
    | 'expiresAt'
    | 'disabledAt'
    | 'revokedAt'
    | 'replacedBy'
  >
>;

/** Writes the changed key by compare-and-set, with its event where it has one; false when another was faster. */
export type WriteKey = (next: ApiKeyRecord, found: ApiKeyRecord) => Promise<boolean>;

export type KeyWriter = {
  /** Throws CardeaError `not_found`. */
  get(id: string): Promise<ApiKeyRecord>;
  /**
   * Reads the key, decides, and writes unless somebody else wrote meanwhile, in which case it starts again.
   * `decide` returns undefined to leave the key as it is. The change is announced either way: whoever made the
   * same change before may have crashed before announcing it. Throws CardeaError `not_found`, `conflict`, and
   * whatever `decide` throws.
   */
  change(
    id: string,
    decide: (record: ApiKeyRecord) => KeyDifference | undefined,
    write?: WriteKey,
    on?: OnVersion,
  ): Promise<{ record: ApiKeyRecord; changed: boolean }>;
};

export function createKeyWriter({
  keys,
  changes,
  clock,
}: {
  keys: Pick<ApiKeyStore, 'find' | 'update'>;
  changes: Pick<KeyChanges, 'changed'>;
  clock: Clock;
}): KeyWriter {
  const get = async (id: string) => {
    const record = await keys.find(id);
    if (!record) throw noSuchKey();
    return record;
  };

  return {
    get,
    async change(id, decide, write = (next) => keys.update(next), { expectedVersion } = {}) {
      const outcome = await changeRecord(
        { find: () => get(id), update: write, contended: keyConflict, clock, expectedVersion },
        decide,
      );
      await changes.changed([id]);
      return outcome;
    },
  };
}

export function noSuchKey(): CardeaError {
  return new CardeaError({ code: 'not_found', status: 404, message: 'No such API key.' });
}

export function keyEnded(): CardeaError {
  return new CardeaError({
    code: 'key_ended',
    status: 409,
    message: 'The API key has expired or was revoked. Create a new one.',
  });
}

export function keyConflict(): CardeaError {
  return new CardeaError({
    code: 'conflict',
    status: 409,
    message: 'Somebody else changed the API key at the same time. Check it and try again.',
    retryAfter: 1,
  });
}
