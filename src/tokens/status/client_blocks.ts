/**
 * Positions for clients' own tokens. There are thousands, so they are not recorded one by one: a process records
 * a block of positions for one client, one API and one signing key, and issues from it. Each second of a block
 * has its own positions, so that it is possible to tell later which were issued before a given time, although
 * nobody recorded when each was. Blocks grow with the client's rate. Unused positions are lost.
 */
import { createLruCache } from '../../caching/lru_cache.ts';
import { createSharedWork } from '../../caching/shared_work.ts';
import { type Clock, clockSkewMs } from '../../clock.ts';
import { CardeaError } from '../../errors.ts';
import type { StatusRange, StatusRangeStore } from '../../storage/status_ranges.ts';
import type { Revocations } from '../revocation/revocations.ts';
import type { StatusListFacts } from './list_registry.ts';
import type { Positions } from './positions.ts';

/** A token about to be signed. Times in seconds since the epoch. */
export type ClientToken = {
  clientId: string;
  api: string;
  keyId: string;
  issuedAt: number;
  expiresAt: number;
};

export type Position = { list: StatusListFacts; position: number };

/** `known`: what the request has read about its client. Undefined: nothing. */
export type ClientRequest = ClientToken & { known?: KnownClient | undefined };

export type KnownClient = {
  /** The last revocation at that time. */
  asOf: number;
  /** Whether the client may still get tokens. Called if anything of it was revoked since. */
  isStillActive: () => Promise<boolean>;
};

export type ClientBlocks = { take(token: ClientRequest): Promise<Position> };

type Block = {
  list: StatusListFacts;
  range: StatusRange;
  /** How many positions are taken in each second. */
  taken: Uint16Array;
  /** The most positions taken in one second. */
  busiest: number;
  /** The revocations up to this number do not affect the block. */
  checkedAt: number;
};

/** Positions per second, and for how many seconds: 512 to 8192 in total. */
const shapes = [
  { perSecond: 1, seconds: 512 },
  { perSecond: 4, seconds: 256 },
  { perSecond: 16, seconds: 128 },
  { perSecond: 64, seconds: 64 },
  { perSecond: 256, seconds: 32 },
  { perSecond: 1024, seconds: 8 },
  { perSecond: 4096, seconds: 2 },
] as const;
/** The most clients that a process keeps a block for. The least recently used are dropped. */
const keptBlocks = 5000;
/** A block may be full, over or revoked each time. Beyond this it is a bug, not bad luck. */
const mostAttempts = 50;

export function createClientBlocks({
  positions,
  ranges,
  revocations,
  clock,
}: {
  positions: Positions;
  ranges: Pick<StatusRangeStore, 'add'>;
  revocations: Pick<Revocations, 'isRevoked' | 'sequence'>;
  clock: Clock;
}): ClientBlocks {
  const blocks = createLruCache<Block>(keptBlocks);
  const sharedOpening = createSharedWork<void>();

  const open = async (key: string, token: ClientToken, busiest: number) => {
    const shape = shapes.find(({ perSecond }) => perSecond >= busiest * 2) ?? shapes[6];
    const count = shape.perSecond * shape.seconds;
    // Read before the block is recorded, so that a revocation in between applies to it. Not the number that
    // the request knows: nobody would check the block against revocations before it was recorded.
    const asOf = await revocations.sequence();
    const { clientId, api, keyId, issuedAt } = token;
    const issuedUntil = issuedAt + shape.seconds;
    const use = { clientId, api, keyId, issuedAt, issuedUntil, asOf };
    const { list, first } = await positions.take(count, use);
    const lastExpiry = token.expiresAt + shape.seconds;
    const range: StatusRange = {
      ...{ list: list.id, first, count, clientId, api, keyId, asOf },
      issuedFrom: issuedAt,
      perSecond: shape.perSecond,
      expiresAt: lastExpiry * 1000 + clockSkewMs,
    };
    await ranges.add(range);
    const taken = new Uint16Array(shape.seconds);
    // One that was revoked before it was on record may have been missed by those who follow revocations.
    const checkedAt = await revocations.sequence();
    if (checkedAt > asOf && (await isRevoked(range))) return;
    blocks.set(key, { list, range, taken, busiest: 0, checkedAt });
  };

  /** All requests waiting for a client's next block share one. */
  const openOnce = (key: string, token: ClientToken, busiest: number): Promise<void> =>
    sharedOpening(key, () => open(key, token, busiest));

  const isRevoked = ({ clientId, api, asOf, issuedFrom }: StatusRange): Promise<boolean> =>
    revocations.isRevoked({ clientId, api, asOf, issuedAt: issuedFrom * 1000 });

  /** Tokens from a revoked block are worthless. Whoever issues after the revocation needs another block. */
  const isAlive = async (block: Block, known?: number): Promise<boolean> => {
    const now = known ?? (await revocations.sequence());
    if (now === block.checkedAt) return true;
    if (await isRevoked(block.range)) return false;
    block.checkedAt = Math.max(block.checkedAt, now);
    return true;
  };

  /** A block newer than what the request knows is not affected when its client was disabled in the meantime. */
  const assertNotDisabledUnderWay = async (block: Block, token: ClientRequest) => {
    const { clientId, api, issuedAt, known } = token;
    if (!known || known.asOf >= block.range.asOf) return;
    const links = { clientId, api, asOf: known.asOf, issuedAt: issuedAt * 1000 };
    if (!(await revocations.isRevoked(links)) || (await known.isStillActive())) return;
    throw new CardeaError({
      code: 'temporarily_unavailable',
      status: 503,
      message: 'The client changed during this request. Try again.',
      retryAfter: 1,
    });
  };

  return {
    /** Throws CardeaError `temporarily_unavailable` (503), StoreUnavailableError. */
    async take(token) {
      const key = JSON.stringify([token.clientId, token.api, token.keyId]);
      for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
        const block = blocks.get(key);
        if (!block) {
          await openOnce(key, token, 0);
          continue;
        }
        const alive = await isAlive(block, token.known?.asOf);
        const position = alive ? nextPosition(block, token, clock) : undefined;
        if (position !== undefined) {
          await assertNotDisabledUnderWay(block, token);
          return { list: block.list, position };
        }
        // Another request may already have replaced it.
        if (blocks.get(key) === block) await openOnce(key, token, block.busiest);
      }
      throw new Error('no position in a status list was available');
    },
  };
}

/** Undefined if no position is left for this second, or if the block is over. */
function nextPosition(block: Block, token: ClientToken, clock: Clock): number | undefined {
  const { range } = block;
  const second = token.issuedAt - range.issuedFrom;
  // Undefined before the block's first second and after its last.
  const taken = block.taken[second];
  if (taken === undefined || taken >= range.perSecond) return undefined;
  const neededUntil = token.expiresAt * 1000 + clockSkewMs;
  if (neededUntil > range.expiresAt || range.expiresAt <= clock.now()) return undefined;
  block.taken[second] = taken + 1;
  block.busiest = Math.max(block.busiest, taken + 1);
  return range.first + second * range.perSecond + taken;
}
