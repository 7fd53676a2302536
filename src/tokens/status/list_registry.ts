/**
 * Which status lists there are, and which of their positions are taken. One document in the store, changed by
 * compare-and-set: a process leases many positions at once and is alone in using them, so that indexes never
 * collide between processes, and never come back after a crash. What was leased and not used is lost; it costs
 * a bit each. A list ends when it is full or old, and is forgotten when its last token has expired.
 */
import { type Clock, clockSkewMs } from '../../clock.ts';
import { randomId } from '../../digests.ts';
import type { DocumentStore, VersionedDocument } from '../../storage/documents.ts';
import { listSize } from './bit_list.ts';
import { createPermutation, type Permutation } from './permutation.ts';

export type StatusListFacts = { id: string; permutation: Permutation };

/** Positions that one process may use until `usableUntil` (milliseconds since the epoch). */
export type Lease = { list: StatusListFacts; first: number; count: number; usableUntil: number };

export type ListRegistry = {
  lease(): Promise<Lease>;
  /** The list with this id, whoever opened it; undefined where there is none (any more). */
  find(id: string): Promise<StatusListFacts | undefined>;
  /** All whose tokens may be alive, as the store has them now. */
  list(): Promise<StatusListFacts[]>;
  /** Whether the store had it when this process last looked. What it once lacks never comes back. */
  isKept(id: string): boolean;
  /**
   * What the tokens live for, at most, that stand in any list: also those from before a change of the
   * configuration. As of the last look into the store. Milliseconds.
   */
  longestLifetimeMs(): number;
};

type ListRecord = {
  id: string;
  /** Of the permutation. */
  seed: string;
  leased: number;
  openedAt: number;
  /** When the last token that may stand in it has expired. */
  lastExpiry: number;
  /** The longest lifetime of its tokens, milliseconds. */
  lifetime: number;
};
type ListsDocument = { lists: ListRecord[] };

const documentName = 'status_lists';
const leaseSize = 16_384;
/** A lease is used up or given up within an hour, so that a list has an end. */
const leaseMs = 3_600_000;
/** What was taken from a lease at its very end is issued from for some time yet (client_blocks.ts). */
const longestUseMs = 600_000;
/** Also a server that issues little begins a new one. */
const oldestListMs = 24 * 3_600_000;
/** The time between two reads, however many ask for all lists or for some that nobody knows. Milliseconds. */
const rereadMs = 100;
/** Each failed write is another process's success. */
const mostAttempts = 100;

export function createListRegistry({
  documents,
  clock,
  longestTokenLifetimeMs,
}: {
  documents: DocumentStore;
  clock: Clock;
  longestTokenLifetimeMs: () => number;
}): ListRegistry {
  let known: VersionedDocument<ListsDocument> = { version: 0, value: { lists: [] } };
  let nextRead: Promise<void> | undefined;
  let lastRead = 0;
  const permutations = new Map<string, Permutation>();

  const isAlive = (record: ListRecord, now: number) =>
    record === known.value.lists.at(-1) || record.lastExpiry > now;

  const adopt = (document: VersionedDocument<ListsDocument>) => {
    known = document;
    const ids = new Set(document.value.lists.map(({ id }) => id));
    for (const id of permutations.keys()) if (!ids.has(id)) permutations.delete(id);
  };

  const read = async () => {
    const before = known;
    const found = await documents.get<ListsDocument>(documentName);
    // A read that was overtaken must not bring an older state back.
    if (found && (found.version > known.version || known === before)) adopt(found);
  };

  /** A read that begins after this call; those who ask meanwhile share it. */
  const reread = (): Promise<void> => {
    nextRead ??= (async () => {
      const pause = Math.max(0, lastRead + rereadMs - performance.now());
      // Also without a pause: whoever asks in the same turn shares the read.
      await new Promise((resolve) => setTimeout(resolve, pause));
      nextRead = undefined;
      lastRead = performance.now();
      await read();
    })();
    return nextRead;
  };

  const factsOf = ({ id, seed }: ListRecord): StatusListFacts => {
    const permutation = permutations.get(id) ?? createPermutation(seed);
    permutations.set(id, permutation);
    return { id, permutation };
  };

  const openList = (now: number): ListRecord => ({
    id: randomId(9),
    seed: randomId(32),
    leased: 0,
    openedAt: now,
    lastExpiry: now,
    lifetime: 0,
  });

  /** The document after a lease of the next positions. */
  const withLease = (now: number): { next: ListsDocument; record: ListRecord } => {
    const alive = known.value.lists.filter((record) => isAlive(record, now));
    const last = alive.at(-1);
    const isOpen =
      last && last.leased + leaseSize <= listSize && now - last.openedAt < oldestListMs;
    const open = isOpen ? last : openList(now);
    const others = alive.filter((record) => record !== open && record.lastExpiry > now);
    const lifetime = Math.max(open.lifetime, longestTokenLifetimeMs());
    const expiry = now + leaseMs + longestUseMs + lifetime + clockSkewMs;
    const record = {
      ...open,
      leased: open.leased + leaseSize,
      lastExpiry: Math.max(open.lastExpiry, expiry),
      lifetime,
    };
    return { next: { lists: [...others, record] }, record };
  };

  return {
    async lease() {
      for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
        if (attempt > 0 || known.version === 0) await read();
        const now = clock.now();
        const { next, record } = withLease(now);
        const expected = known.version;
        if (await documents.compareAndSet(documentName, expected, next)) {
          adopt({ version: expected + 1, value: next });
          const first = record.leased - leaseSize;
          return { list: factsOf(record), first, count: leaseSize, usableUntil: now + leaseMs };
        }
      }
      throw new Error('no positions of a status list could be leased');
    },

    async find(id) {
      const search = () => known.value.lists.find((record) => record.id === id);
      if (!search()) await reread();
      const record = search();
      return record && isAlive(record, clock.now()) ? factsOf(record) : undefined;
    },

    async list() {
      await reread();
      const now = clock.now();
      return known.value.lists.filter((record) => isAlive(record, now)).map(factsOf);
    },

    isKept: (id) => known.value.lists.some((record) => record.id === id),

    longestLifetimeMs: () =>
      Math.max(longestTokenLifetimeMs(), ...known.value.lists.map(({ lifetime }) => lifetime)),
  };
}
