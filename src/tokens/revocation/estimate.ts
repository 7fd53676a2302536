/**
 * How much a revocation would hit, told before it is made. It counts no further than an operator wants to know, so that the
 * answer does not take longer the more tokens there are.
 */

import type { Clock } from '../../clock.ts';
import { mostCounted } from '../../definitions/limits.ts';
import type { RevocationStore } from '../../storage/revocations.ts';
import type { StatusRangeStore } from '../../storage/status_ranges.ts';
import type { FindRevokedRanges } from '../status/revoked_ranges.ts';
import { markerKeyOf, type RevocationTarget } from './revocations.ts';

type RevocationEstimate = {
  /** JWT access tokens that are recorded one by one. */
  tokens: number;
  /** Blocks of clients' own JWT access tokens, which are not counted one by one. */
  clientBlocks: number;
  /** False: there are more. */
  isComplete: boolean;
};

/** Changes nothing. Throws StoreUnavailableError. */
export type EstimateRevocation = (target: RevocationTarget) => Promise<RevocationEstimate>;

/** Of pages of what is on record, and of leases whose tokens are counted. */
const mostReads = 50;

export function createRevocationEstimate({
  findRevokedRanges,
  markers,
  ranges,
  clock,
}: {
  findRevokedRanges: FindRevokedRanges;
  markers: Pick<RevocationStore, 'sequence'>;
  ranges: Pick<StatusRangeStore, 'count'>;
  clock: Clock;
}): EstimateRevocation {
  return async (target) => {
    const sequence = (await markers.sequence()) + 1;
    const before = 'before' in target ? target.before : undefined;
    const estimate = { tokens: 'token' in target ? 1 : 0, clientBlocks: 0, isComplete: true };
    let reads = 0;
    for await (const page of findRevokedRanges({ key: markerKeyOf(target), sequence, before })) {
      for (const range of page) {
        if (range.of === 'token') estimate.tokens += 1;
        else if (range.of === 'block') estimate.clientBlocks += 1;
        else {
          const { tokens, blocks } = await ranges.count(range, clock.now());
          reads += 1;
          estimate.tokens += tokens;
          estimate.clientBlocks += blocks;
        }
        if (estimate.tokens + estimate.clientBlocks > mostCounted || reads >= mostReads) {
          return { ...estimate, isComplete: false };
        }
      }
      reads += 1;
      if (reads >= mostReads) return { ...estimate, isComplete: false };
    }
    return estimate;
  };
}
