/**
 * The status lists there are, and which of their positions are taken. One document in the store, changed by
 * compare-and-set: a process leases many positions at once and is the only one to use them, so indexes never
 * collide between processes and never come back after a crash. Positions leased but not used are lost, at the
 * cost of a bit each. A list is closed when it is full or old, and dropped when its last token has expired.
 */
import { type Clock, clockSkewMs } from '../../clock.ts';
import { dayMs, hourMs } from '../../definitions/units.ts';
import { randomId } from '../../digests.ts';
import type { DocumentStore, VersionedDocument } from '../../storage/documents.ts';
import { listSize } from './bit_list.ts';
import { createPermutation, type Permutation } from './permutation.ts';

export type StatusListFacts = { id: string; permutation: Permutation };

/** Positions that one process may use. Times in milliseconds since the epoch. */
export type PositionLease = {
  list: StatusListFacts;
  first: number;
  count: number;
  /** No position is taken afterwards. */
  usableUntil: number;
  /** No token is issued afterwards. */
  issuedUntil: number;
  /** No token is valid afterwards. */
  expiresAt: number;
};

export type ListRegistry = {
  /** `count`: at most `largestLease`. */
  lease(count?: number): Promise<PositionLease>;
  /** The list with this id, whichever process opened it. Undefined if there is none, or no longer. */
  find(id: string): Promise<StatusListFacts | undefined>;
  /** All lists that may contain valid tokens, read from the store now. */
  list(): Promise<StatusListFacts[]>;
  /** Whether the store had it when this process last read. A list that is gone never comes back. */
  isKept(id: string): boolean;
  /**
   * The longest lifetime of the tokens in any list, including those issued before a change of the
   * configuration. As of the last read. Milliseconds.
   */
  longestLifetimeMs(): number;
  /** The longest lifetime of tokens that are issued now, which new leases allow for. Milliseconds. */
  tokenLifetimeMs(): number;
};

type ListRecord = {
  id: string;
  /** Of the permutation. */
  seed: string;
  leased: number;
  openedAt: number;
  /** When the last token that may be in it has expired. */
  lastExpiry: number;
  /** The longest lifetime of its tokens, in milliseconds. */
  lifetime: number;
};
type ListsDocument = { lists: ListRecord[] };

const registryDocument = 'status_lists';
/** Positions. */
export const largestLease = 16_384;
/** A lease is used up or abandoned within an hour, so that every list ends. */
const positionLeaseMs = hourMs;
/** Tokens may still be issued for this long from positions taken at the very end of a lease (client_blocks.ts). */
const longestUseMs = 600_000;
/** A server that issues little starts a new list after this time. */
const oldestListMs = dayMs;
/** The time between two reads, however many callers ask for all lists or for unknown ones. Milliseconds. */
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
    const found = await documents.get<ListsDocument>(registryDocument);
    // A read that was overtaken must not bring back an older state.
    if (found && (found.version > known.version || known === before)) adopt(found);
  };

  /** A read that begins after this call. Callers in the meantime share it. */
  const reread = (): Promise<void> => {
    nextRead ??= (async () => {
      const pause = Math.max(0, lastRead + rereadMs - performance.now());
      // Even without a pause: callers in the same turn share the read.
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

  /** The document after leasing the next positions. */
  const withLease = (count: number, now: number): { next: ListsDocument; record: ListRecord } => {
    const alive = known.value.lists.filter((record) => isAlive(record, now));
    const last = alive.at(-1);
    const isOpen = last && last.leased + count <= listSize && now - last.openedAt < oldestListMs;
    const open = isOpen ? last : openList(now);
    const others = alive.filter((record) => record !== open && record.lastExpiry > now);
    const lifetime = Math.max(open.lifetime, longestTokenLifetimeMs());
    const expiry = now + positionLeaseMs + longestUseMs + lifetime + clockSkewMs;
    const record = {
      ...open,
      leased: open.leased + count,
      lastExpiry: Math.max(open.lastExpiry, expiry),
      lifetime,
    };
    return { next: { lists: [...others, record] }, record };
  };

  return {
    async lease(count = largestLease) {
      for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
        if (attempt > 0 || known.version === 0) await read();
        const now = clock.now();
        const { next, record } = withLease(count, now);
        const expected = known.version;
        if (await documents.compareAndSet(registryDocument, expected, next)) {
          adopt({ version: expected + 1, value: next });
          const usableUntil = now + positionLeaseMs;
          return {
            ...{ list: factsOf(record), first: record.leased - count, count, usableUntil },
            issuedUntil: usableUntil + longestUseMs,
            expiresAt: record.lastExpiry,
          };
        }
      }
      throw new Error('no status list positions could be leased');
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

    tokenLifetimeMs: longestTokenLifetimeMs,

    longestLifetimeMs: () =>
      Math.max(longestTokenLifetimeMs(), ...known.value.lists.map(({ lifetime }) => lifetime)),
  };
}
