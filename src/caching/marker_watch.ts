/**
 * Whether what a process remembers is still what the store has. It owns that the answer is never older than the
 * request: each request reads the number of the last revocation (one read for all that ask at the same moment),
 * and when it has moved, looks at what was changed. Whoever changes a record of which copies are kept puts a
 * marker (change_markers.ts), so a copy costs no look into the store and still is out of date for the next
 * request after the change, on whichever node that was.
 */
import type { Clock } from '../clock.ts';
import type { RevocationStore } from '../storage/revocations.ts';
import { parseMarkerKey } from '../storage/revocations.ts';

import { sharedRead } from './shared_read.ts';

/** What a copy is judged by. */
export type Remembered = {
  /** The number that catchUp() answered before it was read. */
  asOf: number;
  /** Milliseconds since the epoch, from before it was read. */
  loadedAt: number;
  /** Keys of the markers that outdate it. */
  names: readonly string[];
};

export type MarkerWatch = {
  /**
   * Takes every revocation into account that was answered before it was called; answers the number of the last.
   * StoreUnavailableError.
   */
  catchUp(): Promise<number>;
  isCurrent(copy: Remembered): boolean;
};

/** What nobody announced, because they died before they could, holds no longer than this. Milliseconds. */
const oldest = 60_000;
const keptChanges = 10_000;
const pageSize = 1000;
/** A process that was idle for so many revocations forgets everything rather than reading them all. */
const mostToFollow = 10_000;

export function createMarkerWatch({
  markers,
  kinds,
  clock,
}: {
  markers: Pick<RevocationStore, 'sequence' | 'changes'>;
  /** Of the markers that can outdate a copy. */
  kinds: readonly string[];
  clock: Clock;
}): MarkerWatch {
  const watched = new Set(kinds);
  /** The revocations up to this number are taken into account; undefined: none was looked at yet. */
  let seen: number | undefined;
  /** Whatever was loaded before this number is not gone by. */
  let floor = 0;
  /** Markers of late, by key: everything that one names and that was loaded earlier is outdated. */
  const changes = new Map<string, { sequence: number; at: number }>();

  const forgetAll = (sequence: number) => {
    changes.clear();
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
        if (watched.has(parseMarkerKey(key).kind)) noteChange(key, sequence);
      }
      after = page.length < pageSize ? to : (page.at(-1)?.sequence ?? to);
    }
    forgetOldChanges();
  };

  return {
    catchUp: sharedRead(async () => {
      const sequence = await markers.sequence();
      if (sequence === seen) return sequence;
      const behind = sequence - (seen ?? 0);
      // A number that went back is another store's: one that was restored from a backup.
      if (seen === undefined || behind < 0 || behind > mostToFollow) forgetAll(sequence);
      else await follow(seen, sequence);
      seen = sequence;
      return sequence;
    }),

    isCurrent({ asOf, loadedAt, names }) {
      const age = clock.now() - loadedAt;
      if (asOf < floor || age < 0 || age > oldest) return false;
      if (changes.size === 0) return true;
      return names.every((name) => (changes.get(name)?.sequence ?? 0) <= asOf);
    },
  };
}
