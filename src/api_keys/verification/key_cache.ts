/**
 * Keys as verification needs them, in memory, and never older than the request (caching/marker_watch.ts). Every
 * change to a key, its project or its user writes a marker, so a cached key costs no store read and is still
 * refused by the first request after its revocation, on every node.
 *
 * Unknown hashes are cached too: nobody can present a key before it is created.
 */
import { createLruCache } from '../../caching/lru_cache.ts';
import type { MarkerWatch, Remembered } from '../../caching/marker_watch.ts';
import { createRecordCache, type Read, type RecordCache } from '../../caching/record_cache.ts';
import type { Clock } from '../../clock.ts';
import { createNetworkSet } from '../../net/networks.ts';
import type { ApiKeyRecord, ApiKeyStore } from '../../storage/api_keys.ts';
import type { ProjectStore } from '../../storage/projects.ts';
import type { RevocationStore } from '../../storage/revocations.ts';
import { isUserActive, type UserStore } from '../../storage/users.ts';
import { markerKeyOf } from '../../tokens/room.ts';
import { keyChangedKind, projectChangedKind } from '../lifecycle/key_changes.ts';
import { findOwner, type Owner } from '../lifecycle/owners.ts';

export type KnownKey = Owner & {
  record: ApiKeyRecord;
  /** Marked as revoked, whatever the record says. */
  isRevoked: boolean;
  /** Whether an address is in its allowlist. */
  isAllowedFrom: ReturnType<typeof createNetworkSet>;
};

/** Looked up by the hash of the whole key. */
export type KeyCache = RecordCache<KnownKey> & {
  /** Looked up by the key's id, for tokens exchanged for it. */
  findById: RecordCache<KnownKey>['find'];
};

const maxCachedKeys = 50_000;
const maxUnknownHashes = 10_000;

export function createKeyCache({
  keys,
  projects,
  users,
  markers,
  watch,
  clock,
}: {
  keys: Pick<ApiKeyStore, 'findByHash' | 'find'>;
  projects: Pick<ProjectStore, 'find'>;
  users: Pick<UserStore, 'find'>;
  markers: Pick<RevocationStore, 'find'>;
  watch: MarkerWatch;
  clock: Clock;
}): KeyCache {
  const unknown = createLruCache<Remembered>(maxUnknownHashes);

  const readKnown = async (record: ApiKeyRecord): Promise<Read<KnownKey>> => {
    const { id, projectId, userId } = record;
    const revoked = markerKeyOf({ apiKey: id });
    const [owner, found] = await Promise.all([
      findOwner(record, { projects, users }),
      // The marker is written first: if the revoking process crashed after that, the key is still revoked.
      markers.find([revoked], clock.now()),
    ]);
    // A process that disables a key or project may crash before announcing it.
    const names = [revoked, `${keyChangedKind}:${id}`, markerKeyOf({ tokensOfApiKey: id })];
    if (projectId !== undefined) {
      names.push(`${projectChangedKind}:${projectId}`, markerKeyOf({ tokensOfProject: projectId }));
    }
    if (userId !== undefined) names.push(markerKeyOf({ accountId: userId }));
    const isAllowedFrom = createNetworkSet(record.allowIps);
    // Enabling a user again is not announced, nor that one stays after all.
    const mayChangeInSilence = owner.user !== undefined && !isUserActive(owner.user);
    return {
      value: { record, ...owner, isRevoked: found.length > 0, isAllowedFrom },
      names: mayChangeInSilence ? undefined : names,
    };
  };

  const byId = createRecordCache({
    async read(id) {
      const record = await keys.find(id);
      return record && readKnown(record);
    },
    ...{ watch, most: maxCachedKeys, clock },
  });
  const byHash = createRecordCache({
    async read(hash, asOf) {
      const missed = unknown.get(hash);
      if (missed && watch.isCurrent(missed)) return undefined;
      const loadedAt = clock.now();
      const record = await keys.findByHash(hash);
      if (record) return readKnown(record);
      unknown.set(hash, { asOf, loadedAt, names: [] });
      return undefined;
    },
    ...{ watch, most: maxCachedKeys, clock },
  });
  return { ...byHash, findById: byId.find };
}
