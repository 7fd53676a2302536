/**
 * Rotation: creates a successor with the same rights and keeps the old key valid beside it for the overlap. No
 * store can do this in one step, so the order of the steps makes it safe: until the successor is complete it
 * expires by itself within a minute, and the old key stays as it was. If a process crashes in between, the key
 * can be rotated again.
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
import { type KeyWriter, keyConflict, keyEnded, type WriteKey } from './key_writer.ts';
import { rotationChainOf } from './rotation_chain.ts';

export type RotatedKey = {
  successor: ApiKeyRecord;
  /** The old key as it is now. */
  old: ApiKeyRecord;
};

/** How long an incomplete successor lives, in milliseconds. */
const provisionalMs = 60_000;

export function createApiKeyRotation({
  keys,
  writer,
  policy,
  writeRotated,
  revoke,
  endTokensIfShortened,
  clock,
}: {
  keys: Pick<ApiKeyStore, 'find' | 'list' | 'create' | 'update' | 'remove'>;
  writer: KeyWriter;
  policy: Pick<ApiKeysDeclaration, 'max_expiry'>;
  /** The write that ends a rotation: of the old key, with what goes on record of it. */
  writeRotated: WriteKey;
  /** Revokes a key and every token exchanged for it. */
  revoke: (record: ApiKeyRecord) => Promise<unknown>;
  /** Gives a key an earlier end (ms) and revokes tokens exchanged for it that would outlive that. */
  endTokensIfShortened: <T>(
    end: number,
    record: ApiKeyRecord,
    change: () => Promise<T>,
  ) => Promise<T>;
  clock: Clock;
}): (id: string, minted: MintedKey, overlapMs: number, by: string) => Promise<RotatedKey> {
  /** The one step where concurrent rotations compete: the winner is the successor that the old key names. */
  async function claim(id: string, minted: MintedKey, by: string): Promise<ApiKeyRecord> {
    for (let count = 0; count < maxAttempts; count += 1) {
      // Read before the old key, so that a successor completed in the meantime (its version has grown) is
      // never reset.
      const existing = await keys.find(minted.id);
      const old = await writer.get(id);
      if (old.replacedBy === minted.id) {
        if (existing) return existing;
        // A repetition of the same call created it between the two reads.
        continue;
      }
      const chain = await rotationChainOf(keys, old);
      try {
        requireRotatable(old, chain, clock.now());
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
      // The old key is active and enabled, or it could not be rotated; the other fields need no reset.
      replacedBy: undefined,
      id,
      hash: sha256(key),
      display: displayOf(key),
      createdBy: by,
      // Later than the predecessor's on any node's clock: requireRotatable() relies on it.
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
    // A repeated call must not undo later changes.
    const { record: successor } = await writer.change(minted.id, (record) =>
      isProvisional(record) ? { expiresAt: final } : undefined,
    );
    // Never before the overlap is over.
    const end = overlapMs > 0 ? ceilToSecond(minted.at + overlapMs) : minted.at;
    const shorten = () =>
      writer.change(
        id,
        ({ replacedBy, expiresAt = end }) => {
          // This rotation was so slow that another took it for dead. At most two keys may be active.
          if (replacedBy !== minted.id) throw alreadyRotated();
          // Written even if nothing changes, so that such a rotation notices.
          return { expiresAt: Math.min(expiresAt, end) };
        },
        writeRotated,
      );
    // Without an overlap, revoking the key revokes its tokens too.
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

/**
 * Throws CardeaError `key_ended`, `key_disabled`, `already_rotated`, `predecessor_alive` (409). `chain`: the
 * key's whole rotation chain.
 */
function requireRotatable(old: ApiKeyRecord, chain: readonly ApiKeyRecord[], now: number): void {
  if (hasEnded(old, now)) throw keyEnded();
  if (old.disabledAt !== undefined) {
    throw rotationConflict('key_disabled', 'The API key is disabled. Enable it first.');
  }
  const isAlive = (record: ApiKeyRecord) => !hasEnded(record, now);
  const older = chain.filter(({ createdAt }) => createdAt < old.createdAt);
  if (older.some(isAlive)) {
    throw rotationConflict(
      'predecessor_alive',
      'The key that this one replaced is still valid. Revoke it, or wait until it expires.',
    );
  }
  // A member that no key names as its successor belongs to another rotation in progress, which will either
  // win or expire.
  if (chain.some((record) => record.id === old.replacedBy && isAlive(record))) {
    throw alreadyRotated();
  }
}

/** Whether it is the successor of a rotation that was never completed: nobody has received it. */
export function isProvisional({ id, lineage, expiresAt, updatedAt }: ApiKeyRecord): boolean {
  return id !== lineage && expiresAt === updatedAt + provisionalMs;
}

/**
 * How long the successor lives, in milliseconds: as long as the old key was created for; undefined for no end.
 * If an earlier rotation shortened the old key, its successor, revoked since, still has the original lifetime.
 */
function lifetimeFrom(
  old: ApiKeyRecord,
  chain: readonly ApiKeyRecord[],
  successor: string,
  { max_expiry }: Pick<ApiKeysDeclaration, 'max_expiry'>,
): number | undefined {
  const maxLifetime = max_expiry === null ? Number.POSITIVE_INFINITY : max_expiry * 1000;
  const since = chain.filter(({ id, createdAt }) => id !== successor && createdAt >= old.createdAt);
  const spans = [old, ...since].map(
    // As requested, before the end was rounded down to a whole second.
    ({ createdAt, expiresAt = Number.POSITIVE_INFINITY }) => ceilToSecond(expiresAt - createdAt),
  );
  const lifetime = Math.min(maxLifetime, Math.max(...spans));
  return Number.isFinite(lifetime) ? lifetime : undefined;
}

/** Milliseconds, rounded up to a whole second. */
function ceilToSecond(ms: number): number {
  return Math.ceil(ms / 1000) * 1000;
}

function alreadyRotated(): CardeaError {
  return rotationConflict(
    'already_rotated',
    'The API key already has a valid successor. Revoke one of the two before rotating again.',
  );
}

function rotationConflict(code: string, message: string): CardeaError {
  return new CardeaError({ code, status: 409, message });
}
