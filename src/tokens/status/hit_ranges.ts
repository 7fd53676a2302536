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
    const selector = selectorOf(revocation);
    let after: StatusRange | undefined;
    while (selector) {
      const page: StatusRange[] = await ranges.select(selector, {
        after,
        limit: pageSize,
        now: clock.now(),
      });
      for (const range of page) {
        const count = revokedPart(range, revocation);
        if (count > 0) yield { range, count };
      }
      if (page.length < pageSize) return;
      after = page.at(-1);
    }
  };
}

/** Where to look for tokens that this can be about; undefined: none has a bit. */
function selectorOf({ key }: Marked): StatusRangeSelector | undefined {
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
    case 'token':
    case 'record':
    case 'api_key':
      return { derivedFrom: key };
    case 'api_key_tokens':
      return { derivedFrom: `api_key:${name}` };
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
function revokedPart(range: StatusRange, revocation: Marked): number {
  const { kind, name } = parseKey(revocation.key);
  const isAbout =
    (kind !== 'family' || range.familyId === name) &&
    (kind !== 'api' || range.api === name) &&
    (kind !== 'key' || range.keyId === name);
  if (!isAbout) return 0;
  const { before } = revocation;
  const { asOf, issuedFrom } = range;
  if (!hits(revocation, { asOf, issuedAt: issuedFrom * 1000 })) return 0;
  if (before === undefined) return range.count;
  const seconds = Math.ceil(before / 1000) - issuedFrom;
  return Math.min(range.count, Math.max(0, seconds * range.perSecond));
}
