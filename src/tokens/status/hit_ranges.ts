/**
 * Which tokens a revocation ends: the ranges on record that it is about, and how much of each.
 */
import type { Clock } from '../../clock.ts';
import type {
  StatusRange,
  StatusRangeSelector,
  StatusRangeStore,
} from '../../storage/status_ranges.ts';
import { grantOf } from '../families.ts';
import { hits, type Marked, parseKey } from '../revocations.ts';

/** The first `count` positions of the range are revoked; at least one. */
export type HitRange = { range: StatusRange; count: number };

export type HitRanges = (revocation: Marked) => AsyncIterable<HitRange>;

const pageSize = 1000;

export function createHitRanges({
  ranges,
  clock,
}: {
  ranges: Pick<StatusRangeStore, 'select'>;
  clock: Clock;
}): HitRanges {
  return async function* hitRanges(revocation) {
    for (const selector of selectorsOf(revocation)) {
      for await (const range of all(selector)) {
        const count = revokedPart(range, revocation);
        if (count > 0) yield { range, count };
      }
    }
  };

  async function* all(selector: StatusRangeSelector): AsyncIterable<StatusRange> {
    let after: StatusRange | undefined;
    do {
      const page: StatusRange[] = await ranges.select(selector, {
        after,
        limit: pageSize,
        now: clock.now(),
      });
      yield* page;
      after = page.length < pageSize ? undefined : page.at(-1);
    } while (after);
  }
}

/** Where to look for tokens that this can be about. No range is in two of them (lineageOf). */
function selectorsOf({ key }: Marked): StatusRangeSelector[] {
  const { kind, name } = parseKey(key);
  const derived = { derivedFrom: key };
  switch (kind) {
    case 'family':
      return [{ grantId: grantOf(name) }, derived];
    case 'grant':
      return [{ grantId: name }, derived];
    case 'session':
      return [{ session: name }, derived];
    case 'user':
      return [{ userId: name }, derived];
    case 'client':
      return [{ clientId: name }, derived];
    case 'token':
    case 'record':
    case 'api_key':
    case 'api_key_tokens':
    case 'project_tokens':
      return [derived];
    case 'api':
    case 'key':
    case 'everything':
    case 'everything_before':
      return [{}];
    default:
      return [];
  }
}

/** How many positions of a range, from its first on, a revocation ends. */
function revokedPart(range: StatusRange, revocation: Marked): number {
  const { kind, name } = parseKey(revocation.key);
  const isAbout =
    range.derivedFrom?.includes(revocation.key) ||
    ((kind !== 'family' || range.familyId === name) &&
      (kind !== 'api' || range.api === name) &&
      (kind !== 'key' || range.keyId === name));
  if (!isAbout) return 0;
  const { before } = revocation;
  const { asOf, issuedFrom } = range;
  if (!hits(revocation, { asOf, issuedAt: issuedFrom * 1000 })) return 0;
  if (before === undefined) return range.count;
  const seconds = Math.ceil(before / 1000) - issuedFrom;
  return Math.min(range.count, Math.max(0, seconds * range.perSecond));
}
