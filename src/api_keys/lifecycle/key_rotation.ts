/**
 * Rotation: a successor with the same rights, and the old key valid beside it for the overlap. No store does it
 * all in one step, so the order of the steps is what makes it safe: until the successor is complete it ends by
 * itself within a minute, and until then the old key is as it was. A process that dies in between leaves a
 * state from which the key can be rotated again.
 */
import type { Clock } from '../../clock.ts';
import type { ApiKeysDeclaration } from '../../config/schema/api_keys.ts';
import { sha256 } from '../../digests.ts';
import { CardeaError } from '../../errors.ts';
import type { ApiKeyRecord, ApiKeyStore } from '../../storage/api_keys.ts';
import { maxAttempts, nextVersion } from '../../storage/change_record.ts';
import { DuplicateError } from '../../storage/errors.ts';
import { displayOf } from '../model/key_format.ts';
import { floorToSecond, hasEnded } from '../model/policy.ts';
import type { MintedKey } from './idempotent_requests.ts';
import { type KeyWriter, keyConflict, keyEnded } from './key_writer.ts';
import { rotationChainOf } from './rotation_chain.ts';

export type RotatedKey = {
  successor: ApiKeyRecord;
  /** The old key, as it is now. */
  old: ApiKeyRecord;
};

/** How long a successor lives that was not completed. Milliseconds. */
const provisionalMs = 60_000;

export function createApiKeyRotation({
  keys,
  writer,
  policy,
  revoke,
  endTokensIfShortened,
  clock,
}: {
  keys: Pick<ApiKeyStore, 'find' | 'list' | 'create' | 'update' | 'remove'>;
  writer: KeyWriter;
  policy: Pick<ApiKeysDeclaration, 'max_expiry'>;
  /** Ends a key and all that was exchanged for it, completely. */
  revoke: (record: ApiKeyRecord) => Promise<unknown>;
  /** Gives a key another end (ms), with what was exchanged for it and would live longer. */
  endTokensIfShortened: <T>(
    end: number,
    record: ApiKeyRecord,
    change: () => Promise<T>,
  ) => Promise<T>;
  clock: Clock;
}): (id: string, minted: MintedKey, overlapMs: number, by: string) => Promise<RotatedKey> {
  /** The one place where of several rotations one wins: the old key names its successor. */
  async function claim(id: string, minted: MintedKey, by: string): Promise<ApiKeyRecord> {
    for (let count = 0; count < maxAttempts; count += 1) {
      // Before the old key, so that what was completed meanwhile is never taken back (its version has grown).
      const existing = await keys.find(minted.id);
      const old = await writer.get(id);
      if (old.replacedBy === minted.id) {
        if (existing) return existing;
        // The same call, repeated, made it between the two looks.
        continue;
      }
      const lineage = await rotationChainOf(keys, old);
      try {
        requireRotatable(old, lineage, clock.now());
      } catch (error) {
        if (existing) await keys.remove(existing.id);
        throw error;
      }
      const provisional = provisionalOf(old, minted, by);
      if (!(await place(provisional, existing))) continue;
      const claimed = nextVersion(old, { replacedBy: minted.id }, clock.now());
      if (await keys.update(claimed)) return provisional;
    }
    throw keyConflict();
  }

  async function place(provisional: ApiKeyRecord, existing: ApiKeyRecord | undefined) {
    if (existing) return keys.update({ ...provisional, version: existing.version + 1 });
    try {
      await keys.create(provisional);
      return true;
    } catch (error) {
      if (error instanceof DuplicateError) return false;
      throw error;
    }
  }

  function provisionalOf(old: ApiKeyRecord, { id, key, at }: MintedKey, by: string): ApiKeyRecord {
    const now = clock.now();
    return {
      ...old,
      // It is alive and enabled, or it would not be rotated.
      replacedBy: undefined,
      id,
      hash: sha256(key),
      display: displayOf(key),
      createdBy: by,
      // Later than its predecessor's on any node's clock: requireRotatable() goes by it.
      createdAt: Math.max(at, old.createdAt + 1),
      updatedAt: now,
      expiresAt: now + provisionalMs,
      version: 1,
    };
  }

  return async (id, minted, overlapMs, by) => {
    const claimed = await claim(id, minted, by);
    const old = await writer.get(id);
    const lifetime = lifetimeFrom(old, await rotationChainOf(keys, old), minted.id, policy);
    const final = lifetime === undefined ? undefined : floorToSecond(claimed.createdAt + lifetime);
    // Whoever repeats the call must not undo what was changed since.
    const { record: successor } = await writer.change(minted.id, (record) =>
      isProvisional(record) ? { expiresAt: final } : undefined,
    );
    // Not before the overlap is over.
    const end = overlapMs > 0 ? ceilToSecond(minted.at + overlapMs) : minted.at;
    const shorten = () =>
      writer.change(id, ({ replacedBy, expiresAt = end }) => {
        // So slow that another rotation took this one for dead: at most two are alive.
        if (replacedBy !== minted.id) throw alreadyRotated();
        // Written also when it is the same, so that such a rotation notices.
        return { expiresAt: Math.min(expiresAt, end) };
      });
    // Without an overlap they end with the key.
    const shortened = overlapMs > 0 ? endTokensIfShortened(end, old, shorten) : shorten();
    const { record } = await shortened.catch(async (error) => {
      if (error instanceof CardeaError && error.code === 'already_rotated') {
        await keys.remove(minted.id);
      }
      throw error;
    });
    if (overlapMs > 0) return { successor, old: record };
    await revoke(record);
    return { successor, old: await writer.get(id) };
  };
}

/** Throws CardeaError `key_ended`, `key_disabled`, `already_rotated` (409). `lineage`: all of the key's. */
function requireRotatable(old: ApiKeyRecord, lineage: readonly ApiKeyRecord[], now: number): void {
  if (hasEnded(old, now)) throw keyEnded();
  if (old.disabledAt !== undefined) {
    throw rotationConflict('key_disabled', 'The API key is disabled. Enable it first.');
  }
  const isAlive = (record: ApiKeyRecord) => !hasEnded(record, now);
  const older = lineage.filter(({ createdAt }) => createdAt < old.createdAt);
  if (older.some(isAlive)) {
    throw rotationConflict(
      'predecessor_alive',
      'The key that this one replaced is still valid. Revoke it, or wait until it has expired.',
    );
  }
  // What nobody names as successor is another rotation under way, which either wins or ends.
  if (lineage.some((record) => record.id === old.replacedBy && isAlive(record))) {
    throw alreadyRotated();
  }
}

/** Whether it is the successor of a rotation that was not completed: nobody has it. */
export function isProvisional({ id, lineage, expiresAt, updatedAt }: ApiKeyRecord): boolean {
  return id !== lineage && expiresAt === updatedAt + provisionalMs;
}

/**
 * How long the successor lives, ms: as long as the old key was made for; undefined: without an end. The old
 * key may have been cut short by an earlier rotation; that successor, revoked since, still tells.
 */
function lifetimeFrom(
  old: ApiKeyRecord,
  lineage: readonly ApiKeyRecord[],
  successor: string,
  { max_expiry }: Pick<ApiKeysDeclaration, 'max_expiry'>,
): number | undefined {
  const longest = max_expiry === null ? Number.POSITIVE_INFINITY : max_expiry * 1000;
  const since = lineage.filter(
    ({ id, createdAt }) => id !== successor && createdAt >= old.createdAt,
  );
  const spans = [old, ...since].map(
    // As it was asked for, before it was made to end at a whole second.
    ({ createdAt, expiresAt = Number.POSITIVE_INFINITY }) => ceilToSecond(expiresAt - createdAt),
  );
  const lifetime = Math.min(longest, Math.max(...spans));
  return Number.isFinite(lifetime) ? lifetime : undefined;
}

/** Milliseconds, rounded up. */
function ceilToSecond(ms: number): number {
  return Math.ceil(ms / 1000) * 1000;
}

function alreadyRotated(): CardeaError {
  return rotationConflict(
    'already_rotated',
    'The API key has a successor that is valid. Revoke one of the two before rotating again.',
  );
}

function rotationConflict(code: string, message: string): CardeaError {
  return new CardeaError({ code, status: 409, message });
}
