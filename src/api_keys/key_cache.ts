/**
 * Keys as verification needs them, in memory. It owns that what is answered is never older than the request:
 * each request reads the number of the last revocation (one read for all that ask at the same moment), and
 * when it has moved, looks at what was changed. Every change of a key, its project or its owner puts a marker,
 * so a key that is remembered costs no look into the store and is still refused by the next request after it
 * was revoked, on whichever node that was.
 *
 * That a hash is unknown is remembered as well: nobody can ask for a key before it was made.
 */
import type { Clock } from '../clock.ts';
import { createNetworkSet } from '../http/networks.ts';
import type { ApiKeyRecord, ApiKeyStore } from '../storage/api_keys.ts';
import type { ProjectStore } from '../storage/projects.ts';
import type { RevocationStore } from '../storage/revocations.ts';
import type { UserStore } from '../storage/users.ts';
import { keyOf, parseKey } from '../tokens/revocations.ts';
import { sharedRead } from '../tokens/shared_read.ts';
import { keyChangedKind, projectChangedKind } from './key_changes.ts';
import { findOwner, type Owner } from './owners.ts';

export type KnownKey = Owner & {
  record: ApiKeyRecord;
  /** Marked as revoked, whatever the record says. */
  isRevoked: boolean;
  /** Whether an address is in its allowlist. */
  isAllowedFrom: ReturnType<typeof createNetworkSet>;
};

export type KeyCache = {
  /** By the hash of the whole key; undefined: there is none. As of no earlier than this call. StoreUnavailableError. */
  find(hash: string): Promise<KnownKey | undefined>;
  /** Whether the key is remembered, perhaps no longer as it is. */
  remembers(hash: string): boolean;
};

type Kept = KnownKey & { asOf: number; loadedAt: number; names: readonly string[] };
type Loaded = Kept | undefined;
type Load = { asOf: number; result: Promise<Loaded> };

const keptKeys = 50_000;
const keptUnknown = 10_000;
const keptChanges = 10_000;
/** What nobody announced, because they died before they could, holds no longer than this. Milliseconds. */
const oldest = 60_000;
const pageSize = 1000;
/** A process that was idle for so many revocations forgets everything rather than reading them all. */
const mostToFollow = 10_000;

const concernsKeys = new Set([keyChangedKind, projectChangedKind, 'api_key', 'user']);

export function createKeyCache({
  keys,
  projects,
  users,
  markers,
  clock,
}: {
  keys: Pick<ApiKeyStore, 'findByHash'>;
  projects: Pick<ProjectStore, 'find'>;
  users: Pick<UserStore, 'find'>;
  markers: Pick<RevocationStore, 'sequence' | 'changes' | 'find'>;
  clock: Clock;
}): KeyCache {
  const kept = new Map<string, Kept>();
  /** When each was found to be unknown. */
  const unknown = new Map<string, number>();
  const loading = new Map<string, Load>();
  /** The revocations up to this number are taken into account; undefined: none was looked at yet. */
  let seen: number | undefined;
  /** Whatever was loaded before this number is not gone by. */
  let floor = 0;
  /** Markers of late, by key: everything that one names and that was loaded earlier is outdated. */
  const changes = new Map<string, { sequence: number; at: number }>();

  const forgetAll = (sequence: number) => {
    for (const memory of [kept, unknown, changes]) memory.clear();
    floor = sequence;
  };

  const noteChange = (key: string, sequence: number) => {
    changes.delete(key);
    changes.set(key, { sequence, at: clock.now() });
    if (changes.size > keptChanges) forgetAll(sequence);
  };

  /** What was loaded before these is too old by now in any case. */
  const forgetOldChanges = () => {
    for (const [key, { at }] of changes) {
      if (clock.now() - at <= 2 * oldest) return;
      changes.delete(key);
    }
  };

  const follow = async (from: number, to: number) => {
    for (let after = from; after < to; ) {
      const page = await markers.changes({ after, limit: pageSize, now: clock.now() });
      for (const { key, sequence } of page) {
        if (concernsKeys.has(parseKey(key).kind)) noteChange(key, sequence);
      }
      after = page.length < pageSize ? to : (page.at(-1)?.sequence ?? to);
    }
    forgetOldChanges();
  };

  /** Takes every revocation into account that was answered before it was called. */
  const catchUp = sharedRead(async () => {
    const sequence = await markers.sequence();
    if (sequence === seen) return sequence;
    const behind = sequence - (seen ?? 0);
    // A number that went back is another store's: one that was restored from a backup.
    if (seen === undefined || behind < 0 || behind > mostToFollow) forgetAll(sequence);
    else await follow(seen, sequence);
    seen = sequence;
    return sequence;
  });

  const isCurrent = ({ asOf, loadedAt, names }: Kept) => {
    const age = clock.now() - loadedAt;
    if (asOf < floor || age < 0 || age > oldest) return false;
    return changes.size === 0 || names.every((name) => (changes.get(name)?.sequence ?? 0) <= asOf);
  };

  const read = async (hash: string, asOf: number): Promise<Loaded> => {
    const loadedAt = clock.now();
    const record = await keys.findByHash(hash);
    if (!record) return undefined;
    const { id, projectId, userId } = record;
    const revoked = keyOf({ apiKey: id });
    const [owner, found] = await Promise.all([
      findOwner(record, { projects, users }),
      // Who revokes marks first: whoever died in between has revoked all the same.
      markers.find([revoked], clock.now()),
    ]);
    const names = [revoked, `${keyChangedKind}:${id}`];
    if (projectId !== undefined) names.push(`${projectChangedKind}:${projectId}`);
    if (userId !== undefined) names.push(keyOf({ accountId: userId }));
    const isAllowedFrom = createNetworkSet(record.allowIps);
    const isRevoked = found.length > 0;
    return { record, ...owner, isRevoked, isAllowedFrom, asOf, loadedAt, names };
  };

  const remember = (hash: string, loaded: Loaded) => {
    if (!loaded) return keep(unknown, hash, clock.now(), keptUnknown);
    // That a user was enabled again is not announced.
    const mayChangeInSilence = loaded.user?.disabledAt !== undefined;
    if (!mayChangeInSilence && isCurrent(loaded)) keep(kept, hash, loaded, keptKeys);
  };

  /** Those who ask for the same key share a look into the store that began late enough for each of them. */
  const load = (hash: string, asOf: number): Promise<Loaded> => {
    const running = loading.get(hash);
    if (running && running.asOf >= asOf) return running.result;
    const result = read(hash, asOf).then((loaded) => {
      remember(hash, loaded);
      return loaded;
    });
    const started = { asOf, result };
    loading.set(hash, started);
    const end = () => {
      if (loading.get(hash) === started) loading.delete(hash);
    };
    result.then(end, end);
    return result;
  };

  const isKnownUnknown = (hash: string) => {
    const at = unknown.get(hash);
    return at !== undefined && Math.abs(clock.now() - at) <= oldest;
  };

  return {
    async find(hash) {
      const asOf = await catchUp();
      const known = kept.get(hash);
      if (known && isCurrent(known)) {
        keep(kept, hash, known, keptKeys);
        return known;
      }
      kept.delete(hash);
      return isKnownUnknown(hash) ? undefined : load(hash, asOf);
    },
    remembers: (hash) => kept.has(hash),
  };
}

/** As the most recently used; beyond `most` the one that was not used for longest goes. */
function keep<T>(memory: Map<string, T>, key: string, value: T, most: number): void {
  memory.delete(key);
  memory.set(key, value);
  if (memory.size > most) memory.delete(memory.keys().next().value ?? '');
}
