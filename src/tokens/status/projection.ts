/**
 * Which bits a revocation sets: a pure function of the marker and of what is on record about tokens. Every
 * process works it out for itself, so that nothing is half done when one of them dies.
 */
import type { Revocation } from '../../storage/revocations.ts';
import type { HitRange, HitRanges } from './hit_ranges.ts';
import type { ListRegistry } from './list_registry.ts';
import type { Permutation } from './permutation.ts';

/** Indexes of one list that are revoked. */
export type Hit = { list: string; indexes: number[] };

export type Projection = { hitsOf(revocation: Revocation): AsyncIterable<Hit> };

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
          if (list) yield { list: id, indexes: indexesOf(hit, list.permutation) };
        }
      }
    },
  };
}

function indexesOf(hit: readonly HitRange[], permutation: Permutation): number[] {
  return hit.flatMap(({ range, count }) =>
    Array.from({ length: count }, (_, offset) => permutation.indexOf(range.first + offset)),
  );
}
