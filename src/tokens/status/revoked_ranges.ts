/**
 * The tokens that a revocation affects: the recorded ranges, and how much of each. There can be many, so they
 * come in pages, with other requests in between.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../clock.ts';
import { parseMarkerKey } from '../../storage/revocations.ts';
import type {
  StatusRange,
  StatusRangeSelector,
  StatusRangeStore,
} from '../../storage/status_ranges.ts';
import { appliesTo, type RevocationMarker } from '../revocation/revocations.ts';

/** The first `count` positions of the range are revoked. At least one. */
export type RevokedRange = { range: StatusRange; count: number };

/** Pages of them, none empty. */
export type FindRevokedRanges = (revocation: RevocationMarker) => AsyncIterable<RevokedRange[]>;

/** Some milliseconds of work. */
const pageSize = 500;

export function createRevokedRanges({
  ranges,
  clock,
}: {
  ranges: Pick<StatusRangeStore, 'select'>;
  clock: Clock;
}): FindRevokedRanges {
  return async function* findRevokedRanges(revocation) {
    for (const selector of selectorsOf(revocation)) {
      for await (const page of pagesOf(selector)) {
        const revoked = page.flatMap((range) => {
          const count = revokedPart(range, revocation);
          return count > 0 ? [{ range, count }] : [];
        });
        if (revoked.length > 0) yield revoked;
      }
    }
  };

  async function* pagesOf(selector: StatusRangeSelector): AsyncIterable<StatusRange[]> {
    let after: StatusRange | undefined;
    for (;;) {
      const page = await ranges.select(selector, { after, limit: pageSize, now: clock.now() });
      yield page;
      if (page.length < pageSize) return;
      after = page.at(-1);
      await nextTurn();
    }
  }
}

/** Where to look for affected tokens. No range matches two selectors (originMarkersOf). */
function selectorsOf({ key }: RevocationMarker): StatusRangeSelector[] {
  const { kind, name } = parseMarkerKey(key);
  const derived = { derivedFrom: key };
  switch (kind) {
    case 'family':
      return [{ familyId: name }, derived];
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

/** How many positions of a range, from its first one on, a revocation affects. */
function revokedPart(range: StatusRange, revocation: RevocationMarker): number {
  const { kind, name } = parseMarkerKey(revocation.key);
  const isAbout =
    range.derivedFrom?.includes(revocation.key) ||
    ((kind !== 'api' || range.api === name) && (kind !== 'key' || range.keyId === name));
  if (!isAbout) return 0;
  const { before } = revocation;
  const { asOf, issuedFrom } = range;
  if (!appliesTo(revocation, { asOf, issuedAt: issuedFrom * 1000 })) return 0;
  if (before === undefined) return range.count;
  const seconds = Math.ceil(before / 1000) - issuedFrom;
  return Math.min(range.count, Math.max(0, seconds * range.perSecond));
}
