/**
 * The status lists of this process: bits in memory, kept up to date from the store. It owns which bits are
 * set and who is notified of changes. How a list is served is elsewhere.
 */
import { createLruCache } from '../../caching/lru_cache.ts';
import { type Clock, clockSkewMs } from '../../clock.ts';
import type { DocumentStore } from '../../storage/documents.ts';
import type { Revocation, RevocationStore } from '../../storage/revocations.ts';
import { parseMarkerKey } from '../../storage/revocations.ts';
import type { StatusLeaseStore } from '../../storage/status_leases.ts';
import type { StatusRangeStore } from '../../storage/status_ranges.ts';
import { createYielder } from '../../yielding.ts';
import { isPermanentMarker, mayAffectTokens } from '../revocation/revocations.ts';
import { type BitList, createBitList } from './bit_list.ts';
import { createListRegistry, type ListRegistry } from './list_registry.ts';
import { createProjection } from './projection.ts';
import { createRevocationFeed, type FeedLog } from './revocation_feed.ts';
import { createRevokedRanges } from './revoked_ranges.ts';

export type StatusList = {
  id: string;
  bits: BitList;
  /** Grows with each change of the bits. Of this process only. */
  revision: number;
};

export type StatusLists = {
  registry: ListRegistry;
  /** Loads all bits, then follows the store. */
  start(): Promise<void>;
  /** Undefined if there is no such list, or no longer. */
  find(id: string): Promise<StatusList | undefined>;
  /** The ids of all lists that may contain valid tokens. */
  ids(): Promise<string[]>;
  /** Applies what was just revoked, without waiting for the next poll. Never throws. */
  poke(): Promise<void>;
  /** Every revocation acknowledged before this time is in the lists. Milliseconds since the epoch. */
  upToDateAt(): number;
  /** Calls `listener` after each poll of the store. Returns how to unsubscribe. */
  onLook(listener: () => void): () => void;
  close(): Promise<void>;
};

/** The most permanent markers that a process remembers as applied. */
const keptApplied = 10_000;

export function createStatusLists({
  documents,
  revocations,
  ranges,
  leases,
  clock,
  log,
  pollEveryMs,
  longestTokenLifetimeMs,
  onSigningKeyRevoked,
}: {
  documents: DocumentStore;
  revocations: Pick<RevocationStore, 'changes'>;
  ranges: Pick<StatusRangeStore, 'select'>;
  leases: Pick<StatusLeaseStore, 'select'>;
  clock: Clock;
  log: FeedLog;
  pollEveryMs: number;
  longestTokenLifetimeMs: () => number;
  /** Called when a signing key was revoked, here or elsewhere. */
  onSigningKeyRevoked: () => void;
}): StatusLists {
  const registry = createListRegistry({ documents, clock, longestTokenLifetimeMs });
  const projection = createProjection({
    findRevokedRanges: createRevokedRanges({ ranges, leases, clock }),
    registry,
  });
  const lists = new Map<string, StatusList>();
  const listeners = new Set<() => void>();
  /** Keys of permanent markers that were applied. What is recorded later is marked when it is recorded. */
  const applied = createLruCache<true>(keptApplied);

  const listOf = (id: string): StatusList => {
    const known = lists.get(id);
    if (known) return known;
    const list = { id, bits: createBitList(), revision: 0 };
    lists.set(id, list);
    return list;
  };

  const apply = async (revocation: Revocation) => {
    const relevant = registry.longestLifetimeMs() + clockSkewMs;
    if (!mayAffectTokens(revocation, clock.now(), relevant)) return;
    const { key, status } = revocation;
    if (parseMarkerKey(key).kind === 'key') onSigningKeyRevoked();
    // Revoking the same thing again and again costs nothing here.
    if (!status && applied.get(key)) return;
    const othersTurn = createYielder();
    for await (const { list: id, indexes } of projection.revokedIndexes(revocation)) {
      await othersTurn();
      if (!(await registry.find(id))) continue;
      const list = listOf(id);
      if (list.bits.set(indexes)) list.revision += 1;
    }
    if (isPermanentMarker(key)) applied.set(key, true);
  };

  /** Only lists that can never be asked for again: one that came back would have lost its bits. */
  const forgetRetired = () => {
    for (const id of lists.keys()) if (!registry.isKept(id)) lists.delete(id);
  };

  const feed = createRevocationFeed({
    store: revocations,
    clock,
    log,
    pollEveryMs,
    apply,
    afterPoll: () => {
      forgetRetired();
      for (const listener of listeners) listener();
    },
  });

  return {
    registry,
    async start() {
      await registry.list();
      await feed.start();
    },

    async find(id) {
      const facts = await registry.find(id);
      return facts && listOf(id);
    },

    ids: async () => (await registry.list()).map(({ id }) => id),

    poke: feed.poke,
    upToDateAt: feed.upToDateAt,
    onLook(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: feed.close,
  };
}
