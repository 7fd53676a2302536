/**
 * Decides whether a cached copy still matches the store, and guarantees that the result is never older than the
 * request. Each request reads the sequence number of the last revocation (concurrent requests share one read); if it
 * has moved, the new changes are read. Whoever changes a cached record puts a marker (change_markers.ts). So a copy
 * costs no read of the record, and is outdated for the first request after the change, on every node.
 */
import type { Clock } from '../clock.ts';
import type { RevocationStore } from '../storage/revocations.ts';
import { sharedRead } from './shared_read.ts';

/** When a copy was read, and which markers outdate it. */
export type Remembered = {
  /** The sequence number that catchUp() returned before the read. */
  asOf: number;
  /** Milliseconds since the epoch, taken before the read. */
  loadedAt: number;
  /** Keys of the markers that outdate it. */
  names: readonly string[];
};

export type MarkerWatch = {
  /**
   * Takes into account every revocation that completed before the call. Returns the sequence number of the last one.
   * Throws StoreUnavailableError.
   */
  catchUp(): Promise<number>;
  isCurrent(copy: Remembered): boolean;
  /** Has `refresh` called in each catchUp(), which waits for what it returns (followed_copy.ts). */
  follow(refresh: (asOf: number) => Promise<void> | undefined): void;
};

/** Milliseconds. The bound for a change that was never announced because its process died first. */
const oldest = 60_000;
const keptChanges = 10_000;
const pageSize = 1000;
/** A process that has missed more revocations than this drops every copy instead of reading them all. */
const mostToFollow = 10_000;

export function createMarkerWatch({
  markers,
  clock,
}: {
  markers: Pick<RevocationStore, 'sequence' | 'changes'>;
  clock: Clock;
}): MarkerWatch {
  /** Revocations up to this number are taken into account; undefined before the first read. */
  let seen: number | undefined;
  /** Copies loaded before this number are outdated. */
  let floor = 0;
  /** Copies loaded until then (ms) come from a store whose numbers were given again since. */
  let replacedAt = Number.NEGATIVE_INFINITY;
  /** Recent markers by name, in their order. A marker outdates every earlier copy that lists it. */
  const changes = new Map<string, { sequence: number; at: number }>();
  const followers: ((asOf: number) => Promise<void> | undefined)[] = [];

  const forgetAll = (sequence: number) => {
    changes.clear();
    floor = sequence;
  };

  const noteChange = (key: string, sequence: number) => {
    changes.delete(key);
    changes.set(key, { sequence, at: clock.now() });
    const [first] = changes;
    if (changes.size <= keptChanges || !first) return;
    // Copies that are older than a change which is no longer known are dropped with it, and no others.
    const [firstKey, { sequence: dropped }] = first;
    changes.delete(firstKey);
    floor = dropped;
  };

  /** Drops changes so old that every copy they outdate has passed its age limit anyway. */
  const forgetOldChanges = () => {
    for (const [key, { at, sequence }] of changes) {
      if (clock.now() - at <= 2 * oldest) return;
      changes.delete(key);
      // Also where the clock has only jumped ahead, and copies are younger than it says.
      floor = Math.max(floor, sequence);
    }
  };

  const readChanges = async (from: number, to: number) => {
    for (let after = from; after < to; ) {
      const page = await markers.changes({ after, limit: pageSize, now: clock.now() });
      for (const { key, sequence } of page) {
        noteChange(key, sequence);
      }
      after = page.length < pageSize ? to : (page.at(-1)?.sequence ?? to);
    }
    forgetOldChanges();
  };

  const moveTo = async (sequence: number) => {
    const behind = sequence - (seen ?? 0);
    // The sequence only goes back when the store was restored from a backup.
    if (behind < 0) replacedAt = clock.now();
    if (seen === undefined || behind < 0 || behind > mostToFollow) forgetAll(sequence);
    else await readChanges(seen, sequence);
    seen = sequence;
  };

  return {
    catchUp: sharedRead(async () => {
      const sequence = await markers.sequence();
      if (sequence !== seen) await moveTo(sequence);
      for (const refresh of followers) await refresh(sequence);
      return sequence;
    }),

    follow: (refresh) => void followers.push(refresh),

    isCurrent({ asOf, loadedAt, names }) {
      const age = clock.now() - loadedAt;
      if (asOf < floor || loadedAt <= replacedAt || age < 0 || age > oldest) return false;
      if (changes.size === 0) return true;
      return names.every((name) => (changes.get(name)?.sequence ?? 0) <= asOf);
    },
  };
}
