/**
 * Which bits a revocation sets: a pure function of the marker and of what is on record about tokens. Every
 * process works it out for itself, so that nothing is half done when one of them dies.
 */
import type { Revocation } from '../../storage/revocations.ts';
import type { Marked } from '../revocation/revocations.ts';
import type { HitRange, HitRanges } from './hit_ranges.ts';
import type { ListRegistry } from './list_registry.ts';
import type { Permutation } from './permutation.ts';

/** Indexes of one list that are revoked. */
export type Hit = { list: string; indexes: number[] };

type Marker = Marked & Pick<Revocation, 'status'>;

export type Projection = { hitsOf(revocation: Marker): AsyncIterable<Hit> };

export function createProjection({
  hitRanges,
  registry,
}: {
  hitRanges: HitRanges;
  registry: Pick<ListRegistry, 'find'>;
}): Projection {
  return {
    async *hitsOf(revocation) {
      if (revocation.status) {
        yield { list: revocation.status.list, indexes: [revocation.status.index] };
      }
      for await (const page of hitRanges(revocation)) {
        for (const [id, hit] of Map.groupBy(page, ({ range }) => range.list)) {
          const list = await registry.find(id);
          if (!list) continue;
          for (const part of partsOf(hit)) {
            yield { list: id, indexes: indexesOf(part, list.permutation) };
          }
        }
      }
    },
  };
}

/** Single tokens together, blocks of thousands each by itself. */
function partsOf(hit: readonly HitRange[]): HitRange[][] {
  const [blocks, singles] = [hit.filter(isBlock), hit.filter((one) => !isBlock(one))];
  return [...(singles.length > 0 ? [singles] : []), ...blocks.map((block) => [block])];
}

function isBlock({ count }: HitRange): boolean {
  return count > 1;
}

function indexesOf(hit: readonly HitRange[], permutation: Permutation): number[] {
  return hit.flatMap(({ range, count }) =>
    Array.from({ length: count }, (_, offset) => permutation.indexOf(range.first + offset)),
  );
}
