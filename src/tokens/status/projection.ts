/**
 * The bits that a revocation sets: a pure function of the marker and of what is on record about tokens. Every
 * process computes it for itself, so nothing is half done when one dies.
 */
import type { Revocation } from '../../storage/revocations.ts';
import type { RevocationMarker } from '../revocation/revocations.ts';
import type { ListRegistry } from './list_registry.ts';
import type { Permutation } from './permutation.ts';
import type { FindRevokedRanges, RevokedRange } from './revoked_ranges.ts';

/** Indexes of one list that are revoked. Some milliseconds of work at most. */
type RevokedIndexes = { list: string; indexes: Uint32Array };

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
        const { list, index } = revocation.status;
        yield { list, indexes: Uint32Array.of(index) };
      }
      for await (const page of findRevokedRanges(revocation)) {
        for (const [id, ranges] of Map.groupBy(page, ({ list }) => list)) {
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

/** Single tokens together, each range of thousands by itself. */
function partsOf(ranges: readonly RevokedRange[]): RevokedRange[][] {
  const [large, singles] = [ranges.filter(isLarge), ranges.filter((one) => !isLarge(one))];
  return [...(singles.length > 0 ? [singles] : []), ...large.map((range) => [range])];
}

function isLarge({ count }: RevokedRange): boolean {
  return count > 1;
}

function indexesOf(ranges: readonly RevokedRange[], permutation: Permutation): Uint32Array {
  const indexes = new Uint32Array(ranges.reduce((sum, { count }) => sum + count, 0));
  let filled = 0;
  for (const { first, count } of ranges) {
    for (let position = first; position < first + count; position += 1) {
      indexes[filled] = permutation.indexOf(position);
      filled += 1;
    }
  }
  return indexes;
}
