/**
 * The status lists of this process: bits in memory, brought up to date from the store. It owns which bits are
 * set and who waits for a change; how a list looks to the world is elsewhere.
 */
import { createRecent } from '../../caching/lru_cache.ts';
import { type Clock, clockSkewMs } from '../../clock.ts';
import type { DocumentStore } from '../../storage/documents.ts';
import type { Revocation, RevocationStore } from '../../storage/revocations.ts';
import { parseMarkerKey } from '../../storage/revocations.ts';
import type { StatusRangeStore } from '../../storage/status_ranges.ts';
import { createYielder } from '../../yielding.ts';
import { endsForGood, mayHitTokens } from '../revocation/revocations.ts';
import { type BitList, createBitList } from './bit_list.ts';
import { createRevocationFeed, type FeedLog } from './feed.ts';
import { createHitRanges } from './hit_ranges.ts';
import { createListRegistry, type ListRegistry } from './list_registry.ts';
import { createProjection } from './projection.ts';

export type StatusList = {
  id: string;
  bits: BitList;
  /** Grows with each change of the bits; of this process only. */
  revision: number;
};

export type StatusLists = {
  registry: ListRegistry;
  /** Loads all bits, then follows the store. */
  start(): Promise<void>;
  /** Undefined: there is no such list (any more). */
  find(id: string): Promise<StatusList | undefined>;
  /** The ids of all lists in which tokens may be alive. */
  ids(): Promise<string[]>;
  /** Takes in what was revoked just now, without waiting for the next look. Never throws. */
  poke(): Promise<void>;
  /** Every revocation that was answered before this instant is in the lists. Milliseconds since the epoch. */
  upToDateAt(): number;
  /** `listener` is told after each look into the store; answers how to stop that. */
  onLook(listener: () => void): () => void;
  close(): Promise<void>;
};

/** How many names a process remembers as ended. */
const keptApplied = 10_000;

export function createStatusLists({
  documents,
  revocations,
  ranges,
  clock,
  log,
  pollEveryMs,
  longestTokenLifetimeMs,
  onKeyRevoked,
}: {
  documents: DocumentStore;
  revocations: Pick<RevocationStore, 'changes'>;
  ranges: Pick<StatusRangeStore, 'select'>;
  clock: Clock;
  log: FeedLog;
  pollEveryMs: number;
  longestTokenLifetimeMs: () => number;
  /** A signing key was revoked, here or elsewhere. */
  onKeyRevoked: () => void;
}): StatusLists {
  const registry = createListRegistry({ documents, clock, longestTokenLifetimeMs });
  const projection = createProjection({ hitRanges: createHitRanges({ ranges, clock }), registry });
  const lists = new Map<string, StatusList>();
  const listeners = new Set<() => void>();
  /** Keys of markers that end a name for good and were applied: what is recorded later marks itself. */
  const applied = createRecent<true>(keptApplied);

  const listOf = (id: string): StatusList => {
    const known = lists.get(id);
    if (known) return known;
    const list = { id, bits: createBitList(), revision: 0 };
    lists.set(id, list);
    return list;
  };

  const apply = async (revocation: Revocation) => {
    const relevant = registry.longestLifetimeMs() + clockSkewMs;
    if (!mayHitTokens(revocation, clock.now(), relevant)) return;
    const { key, status } = revocation;
    if (parseMarkerKey(key).kind === 'key') onKeyRevoked();
    // Whoever ends the same again and again has nothing gone through for it.
    if (!status && applied.get(key)) return;
    const othersTurn = createYielder();
    for await (const { list: id, indexes } of projection.hitsOf(revocation)) {
      await othersTurn();
      if (!(await registry.find(id))) continue;
      const list = listOf(id);
      if (list.bits.set(indexes)) list.revision += 1;
    }
    if (endsForGood(key)) applied.set(key, true);
  };

  /** Only what can never be asked for again: a list that came back would have lost its bits. */
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
