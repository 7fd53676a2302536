/**
 * How many JWT access tokens a revocation affects. Nothing depends on it but what people are told: to count them takes
 * as long as there are tokens.
 */
import { createSharedWork } from '../../caching/shared_work.ts';
import type { Clock } from '../../clock.ts';
import type { StatusRangeStore } from '../../storage/status_ranges.ts';
import type { FindRevokedRanges, RevokedRange } from '../status/revoked_ranges.ts';
import { isPermanentMarker, type RevocationMarker } from './revocations.ts';

type TokenCount = {
  /** Of those that are recorded one by one. */
  tokens: number;
  /** Blocks of clients' own tokens, which are not. */
  blocks: number;
};

export type RevokedTokens = {
  /** Whether there is any, besides the one that a marker of a single token names. */
  any(marked: RevocationMarker): Promise<boolean>;
  /** Concurrent revocations of the same name share one count. */
  count(marked: RevocationMarker): Promise<TokenCount>;
};

export function createRevokedTokens({
  findRevokedRanges,
  ranges,
  clock,
}: {
  findRevokedRanges: FindRevokedRanges;
  ranges: Pick<StatusRangeStore, 'count'>;
  clock: Clock;
}): RevokedTokens {
  const sharedCount = createSharedWork<TokenCount>();

  const inRange = async (range: RevokedRange): Promise<TokenCount> => {
    if (range.of === 'lease') return ranges.count(range, clock.now());
    return range.of === 'token' ? { tokens: 1, blocks: 0 } : { tokens: 0, blocks: 1 };
  };

  const count = async (marked: RevocationMarker): Promise<TokenCount> => {
    const total = { tokens: 0, blocks: 0 };
    for await (const page of findRevokedRanges(marked)) {
      for (const range of page) {
        const { tokens, blocks } = await inRange(range);
        total.tokens += tokens;
        total.blocks += blocks;
      }
    }
    return total;
  };

  return {
    async any(marked) {
      for await (const page of findRevokedRanges(marked)) if (page.length > 0) return true;
      return false;
    },
    count: (marked) =>
      isPermanentMarker(marked.key) ? sharedCount(marked.key, () => count(marked)) : count(marked),
  };
}
