/**
 * From a token's `status` claim to what is on record about it.
 */
import type { Clock } from '../../clock.ts';
import type { StatusRange, StatusRangeStore } from '../../storage/status_ranges.ts';
import { listSize } from './bit_list.ts';
import type { ListRegistry } from './list_registry.ts';

export type StatusRecords = {
  /** Undefined if nothing is on record for the claim, or no longer. */
  find(claim: unknown): Promise<StatusRange | undefined>;
  /** The list and index in a claim. */
  positionOf(claim: unknown): { list: string; index: number } | undefined;
};

export function createStatusRecords({
  registry,
  ranges,
  clock,
}: {
  registry: Pick<ListRegistry, 'find'>;
  ranges: Pick<StatusRangeStore, 'find'>;
  clock: Clock;
}): StatusRecords {
  return {
    positionOf,
    async find(claim) {
      const named = positionOf(claim);
      const list = named && (await registry.find(named.list));
      if (!list) return undefined;
      return ranges.find(list.id, list.permutation.positionOf(named.index), clock.now());
    },
  };
}

/** We signed the claims that come here, so anything of another form is not ours. */
export function positionOf(claim: unknown): { list: string; index: number } | undefined {
  const { idx, uri } =
    (claim as { status_list?: { idx?: unknown; uri?: unknown } } | undefined)?.status_list ?? {};
  if (typeof uri !== 'string' || !isIndex(idx)) return undefined;
  return { list: uri.slice(uri.lastIndexOf('/') + 1), index: idx };
}

function isIndex(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < listSize;
}
