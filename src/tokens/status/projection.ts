/**
 * The bits that a revocation sets: a pure function of the marker and of what is on record about tokens. Every
 * process computes it for itself, so nothing is half done when one dies.
 */
import type { Revocation } from '../../storage/revocations.ts';
import type { RevocationMarker } from '../revocation/revocations.ts';
import type { ListRegistry } from './list_registry.ts';
import type { Permutation } from './permutation.ts';
import type { FindRevokedRanges, RevokedRange } from './revoked_ranges.ts';

/** Indexes of one list that are revoked. */
type RevokedIndexes = { list: string; indexes: number[] };

type Marker = RevocationMarker & Pick<Revocation, 'status'>;

export type Projection = { revokedIndexes(revocation: Marker): AsyncIterable<RevokedIndexes> };

export function createProjection({
  findRevokedRanges,
  registry,
}: {
  findRevokedRanges: FindRevokedRanges;
  registry: Pick<ListRegistry, 'find'>;
}): Projection {
  return {
    async *revokedIndexes(revocation) {
      if (revocation.status) {
        yield { list: revocation.status.list, indexes: [revocation.status.index] };
      }
      for await (const page of findRevokedRanges(revocation)) {
        for (const [id, ranges] of Map.groupBy(page, ({ range }) => range.list)) {
          const list = await registry.find(id);
          if (!list) continue;
          for (const part of partsOf(ranges)) {
            yield { list: id, indexes: indexesOf(part, list.permutation) };
          }
        }
      }
    },
  };
}

/** Single tokens together, each block of thousands by itself. */
function partsOf(ranges: readonly RevokedRange[]): RevokedRange[][] {
  const [blocks, singles] = [ranges.filter(isBlock), ranges.filter((one) => !isBlock(one))];
  return [...(singles.length > 0 ? [singles] : []), ...blocks.map((block) => [block])];
}

function isBlock({ count }: RevokedRange): boolean {
  return count > 1;
}

function indexesOf(ranges: readonly RevokedRange[], permutation: Permutation): number[] {
  return ranges.flatMap(({ range, count }) =>
    Array.from({ length: count }, (_, offset) => permutation.indexOf(range.first + offset)),
  );
}
