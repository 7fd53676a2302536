/**
 * Which bits a revocation sets: a pure function of the marker and of what is on record about tokens. Every
 * process works it out for itself, so that nothing is half done when one of them dies.
 */
import type { Clock } from '../../clock.ts';
import type { Revocation } from '../../storage/revocations.ts';
import type {
  StatusRange,
  StatusRangeSelector,
  StatusRangeStore,
} from '../../storage/status_ranges.ts';
import { grantOf } from '../families.ts';
import { hits, parseKey } from '../revocations.ts';
import type { ListRegistry } from './list_registry.ts';

/** Indexes of one list that are revoked. */
export type Hit = { list: string; indexes: number[] };

export type Projection = { hitsOf(revocation: Revocation): AsyncIterable<Hit> };

const pageSize = 1000;

export function createProjection({
  ranges,
  registry,
  clock,
}: {
  ranges: Pick<StatusRangeStore, 'select'>;
  registry: Pick<ListRegistry, 'find'>;
  clock: Clock;
}): Projection {
  async function* rangesOf(selector: StatusRangeSelector): AsyncIterable<StatusRange> {
    let after: StatusRange | undefined;
    do {
      const page: StatusRange[] = await ranges.select(selector, {
        after,
        limit: pageSize,
        now: clock.now(),
      });
      yield* page;
      after = page.length === pageSize ? page.at(-1) : undefined;
    } while (after);
  }

  const hitOf = async (range: StatusRange, count: number): Promise<Hit | undefined> => {
    const list = await registry.find(range.list);
    if (!list || count === 0) return undefined;
    const indexes = Array.from({ length: count }, (_, offset) =>
      list.permutation.indexOf(range.first + offset),
    );
    return { list: list.id, indexes };
  };

  return {
    async *hitsOf(revocation) {
      if (revocation.status) {
        yield { list: revocation.status.list, indexes: [revocation.status.index] };
        return;
      }
      const selector = selectorOf(revocation);
      if (!selector) return;
      for await (const range of rangesOf(selector)) {
        const hit = await hitOf(range, revokedPart(range, revocation));
        if (hit) yield hit;
      }
    },
  };
}

/** Where to look for tokens that this can be about; undefined: none has a bit. */
function selectorOf({ key }: Revocation): StatusRangeSelector | undefined {
  const { kind, name } = parseKey(key);
  switch (kind) {
    case 'family':
      return { grantId: grantOf(name) };
    case 'grant':
      return { grantId: name };
    case 'session':
      return { session: name };
    case 'user':
      return { userId: name };
    case 'client':
      return { clientId: name };
    case 'api':
    case 'key':
    case 'everything':
    case 'everything_before':
      return {};
    default:
      return undefined;
  }
}

/** How many positions of a range, from its first on, a revocation ends. */
function revokedPart(range: StatusRange, revocation: Revocation): number {
  const { kind, name } = parseKey(revocation.key);
  const isAbout =
    (kind !== 'family' || range.familyId === name) &&
    (kind !== 'api' || range.api === name) &&
    (kind !== 'key' || range.keyId === name);
  if (!isAbout) return 0;
  const { before } = revocation;
  if (before === undefined) return hits(revocation, { asOf: range.asOf }) ? range.count : 0;
  const seconds = Math.ceil(before / 1000) - range.issuedFrom;
  return Math.min(range.count, Math.max(0, seconds * range.perSecond));
}
