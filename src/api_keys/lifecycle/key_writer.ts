/**
 * How records of keys are written: changed by compare-and-set, and told to every process before the change is
 * answered. All that the files about the life of keys share.
 */
import type { Clock } from '../../clock.ts';
import { CardeaError } from '../../errors.ts';
import type { ApiKeyRecord, ApiKeyStore } from '../../storage/api_keys.ts';
import { changeRecord } from '../../storage/change_record.ts';
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

export type KeyWriter = {
  /** Throws CardeaError `not_found`. */
  get(id: string): Promise<ApiKeyRecord>;
  /**
   * Reads, decides, and writes if nobody was faster, else begins again; undefined decides to leave it. In any
   * case others look at the key again: whoever made the same change before may have died before it said so.
   * Throws CardeaError `not_found`, `conflict`, and whatever `decide` throws.
   */
  change(
    id: string,
    decide: (record: ApiKeyRecord) => KeyDifference | undefined,
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
    async change(id, decide) {
      const outcome = await changeRecord(
        { find: () => get(id), update: keys.update, contended: keyConflict, clock },
        decide,
      );
      await changes.changed([id]);
      return outcome;
    },
  };
}

export function noSuchKey(): CardeaError {
  return new CardeaError({ code: 'not_found', status: 404, message: 'There is no such API key.' });
}

export function keyEnded(): CardeaError {
  return new CardeaError({
    code: 'key_ended',
    status: 409,
    message: 'The API key has expired or was revoked. Make a new one.',
  });
}

export function keyConflict(): CardeaError {
  return new CardeaError({
    code: 'conflict',
    status: 409,
    message: 'The API key was changed by somebody else at the same time. Look at it again.',
    retryAfter: 1,
  });
}
