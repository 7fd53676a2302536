/**
 * Positions for clients' own tokens. Those are issued by the thousand, so none is recorded by itself: a
 * process records a block of positions, for one client, one API and one key, and issues from it. In a block
 * each second has its own positions, so that later it can be told which of them were issued before an instant,
 * although nobody wrote down when each was. Blocks grow with the client's rate; what is not used is lost.
 */
import { createRecent } from '../../caching/lru_cache.ts';
import { createSharedWork } from '../../caching/shared_work.ts';
import { type Clock, clockSkewMs } from '../../clock.ts';
import { CardeaError } from '../../errors.ts';
import type { StatusRange, StatusRangeStore } from '../../storage/status_ranges.ts';
import type { Revocations } from '../revocation/revocations.ts';
import type { StatusListFacts } from './list_registry.ts';
import type { Positions } from './positions.ts';

/** A token that is about to be signed. Times in seconds since the epoch. */
export type ClientToken = {
  clientId: string;
  api: string;
  keyId: string;
  issuedAt: number;
  expiresAt: number;
};

export type Position = { list: StatusListFacts; position: number };

/** `known`: what the request has seen of its client; undefined: nothing. */
export type ClientRequest = ClientToken & { known?: KnownClient | undefined };

export type KnownClient = {
  /** The last revocation at that time. */
  asOf: number;
  /** Whether the client may still have tokens; asked where something of it was revoked since. */
  isStillActive: () => Promise<boolean>;
};

export type ClientBlocks = { take(token: ClientRequest): Promise<Position> };

type Block = {
  list: StatusListFacts;
  range: StatusRange;
  /** How many positions of each of its seconds are taken. */
  taken: Uint16Array;
  /** The most of one second. */
  busiest: number;
  /** The revocations so far leave the block alive. */
  checkedAt: number;
};

/** Positions for each second, and for how many seconds: at most 8192 in all, at least 512. */
const shapes = [
  { perSecond: 1, seconds: 512 },
  { perSecond: 4, seconds: 256 },
  { perSecond: 16, seconds: 128 },
  { perSecond: 64, seconds: 64 },
  { perSecond: 256, seconds: 32 },
  { perSecond: 1024, seconds: 8 },
  { perSecond: 4096, seconds: 2 },
] as const;
/** Clients that a process keeps a block for; those that are used stay. */
const keptBlocks = 5000;
/** A block may be full, over or revoked each time; then there is a mistake, not bad luck. */
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
  const blocks = createRecent<Block>(keptBlocks);
  const sharedOpening = createSharedWork<void>();

  const open = async (key: string, token: ClientToken, busiest: number) => {
    const shape = shapes.find(({ perSecond }) => perSecond >= busiest * 2) ?? shapes[6];
    const count = shape.perSecond * shape.seconds;
    // Read before the block is recorded: a revocation in between hits it. Not what the request knows: of what
    // came before the recording, nobody would look at the block again.
    const asOf = await revocations.sequence();
    const { list, first } = await positions.take(count);
    const { clientId, api, keyId, issuedAt } = token;
    const lastExpiry = token.expiresAt + shape.seconds;
    const range: StatusRange = {
      ...{ list: list.id, first, count, clientId, api, keyId, asOf },
      issuedFrom: issuedAt,
      perSecond: shape.perSecond,
      expiresAt: lastExpiry * 1000 + clockSkewMs,
    };
    await ranges.add(range);
    const taken = new Uint16Array(shape.seconds);
    blocks.set(key, { list, range, taken, busiest: 0, checkedAt: asOf });
  };

  /** All that wait for a client's next block wait for the same one. */
  const openOnce = (key: string, token: ClientToken, busiest: number): Promise<void> =>
    sharedOpening(key, () => open(key, token, busiest));

  /** Tokens from a revoked block are dead: whoever issues after the revocation needs another. */
  const isAlive = async (block: Block, known?: number): Promise<boolean> => {
    const now = known ?? (await revocations.sequence());
    if (now === block.checkedAt) return true;
    const { clientId, api, asOf, issuedFrom } = block.range;
    const links = { clientId, api, asOf, issuedAt: issuedFrom * 1000 };
    if (await revocations.isRevoked(links)) return false;
    block.checkedAt = Math.max(block.checkedAt, now);
    return true;
  };

  /** A block that is newer than what the request knows survives that its client was disabled meanwhile. */
  const assertNotDisabledUnderWay = async (block: Block, token: ClientRequest) => {
    const { clientId, api, issuedAt, known } = token;
    if (!known || known.asOf >= block.range.asOf) return;
    const links = { clientId, api, asOf: known.asOf, issuedAt: issuedAt * 1000 };
    if (!(await revocations.isRevoked(links)) || (await known.isStillActive())) return;
    throw new CardeaError({
      code: 'temporarily_unavailable',
      status: 503,
      message: 'The client was changed while this request was under way. Try it again.',
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
        // Another request may have replaced it already.
        if (blocks.get(key) === block) await openOnce(key, token, block.busiest);
      }
      throw new Error('no position in a status list could be had');
    },
  };
}

/** Undefined: none left for this second, or the block's time is over. */
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
