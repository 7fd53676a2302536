/**
 * The positions that a revocation affects: whole leases where it is about an API, a signing key, a busy client or
 * everything, and otherwise what is on record about tokens. There can be many, so they come in pages, with other
 * requests in between.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../clock.ts';
import { parseMarkerKey } from '../../storage/revocations.ts';
import type {
  StatusLease,
  StatusLeaseSelector,
  StatusLeaseStore,
} from '../../storage/status_leases.ts';
import type {
  StatusRange,
  StatusRangeSelector,
  StatusRangeStore,
} from '../../storage/status_ranges.ts';
import { appliesTo, type RevocationMarker } from '../revocation/revocations.ts';

/** Consecutive positions of a list that are revoked. At least one. */
export type RevokedRange = {
  list: string;
  first: number;
  count: number;
  /** What they are: one token, a part of a client's block, or all that was issued from a lease. */
  of: 'token' | 'block' | 'lease';
};

/** Pages of them, none empty. */
export type FindRevokedRanges = (revocation: RevocationMarker) => AsyncIterable<RevokedRange[]>;

type Place = { list: string; first: number };
/** What is affected is found in one, or in both. */
type Search = { leases?: StatusLeaseSelector; ranges?: StatusRangeSelector };

/** Some milliseconds of work. */
const pageSize = 500;

export function createRevokedRanges({
  ranges,
  leases,
  clock,
}: {
  ranges: Pick<StatusRangeStore, 'select'>;
  leases: Pick<StatusLeaseStore, 'select'>;
  clock: Clock;
}): FindRevokedRanges {
  return async function* findRevokedRanges(revocation) {
    for (const search of searchesFor(revocation)) {
      if (search.leases) yield* inLeases(search.leases, revocation);
      if (search.ranges) {
        for await (const page of pagesOf(ranges.select, search.ranges)) {
          yield* someOf(page.flatMap((range) => revokedPart(range, revocation)));
        }
      }
    }
  };

  async function* inLeases(selector: StatusLeaseSelector, revocation: RevocationMarker) {
    for await (const page of pagesOf(leases.select, selector)) {
      const affected = page.filter((lease) => mayAffect(revocation, lease));
      const [whole, parts] = [
        affected.filter((lease) => affectsAll(revocation, lease)),
        affected.filter((lease) => !affectsAll(revocation, lease)),
      ];
      yield* someOf(whole.map(({ list, first, count }) => ({ list, first, count, of: 'lease' })));
      for (const lease of parts) yield* partsOf(lease, revocation);
    }
  }

  /** Of a lease that was in use at the time that the revocation names. */
  async function* partsOf({ list, first, count }: StatusLease, revocation: RevocationMarker) {
    const isInside = (range: StatusRange) => range.list === list && range.first < first + count;
    for await (const page of pagesOf(ranges.select, {}, { list, first: first - 1 })) {
      const inside = page.filter(isInside);
      yield* someOf(inside.flatMap((range) => revokedPart(range, revocation)));
      if (inside.length < page.length) return;
    }
  }

  async function* pagesOf<Selector, Record extends Place>(
    select: (
      selector: Selector,
      options: { after?: Place | undefined; limit: number; now: number },
    ) => Promise<Record[]>,
    selector: Selector,
    from?: Place,
  ): AsyncIterable<Record[]> {
    let after = from;
    for (;;) {
      const page = await select(selector, { after, limit: pageSize, now: clock.now() });
      yield page;
      if (page.length < pageSize) return;
      after = page.at(-1);
      await nextTurn();
    }
  }
}

/** Where to look for affected tokens. No range matches two of them (originMarkersOf, StatusRange). */
function searchesFor({ key }: RevocationMarker): Search[] {
  const { kind, name } = parseMarkerKey(key);
  const derived = { ranges: { derivedFrom: key } };
  switch (kind) {
    case 'family':
      return [{ ranges: { familyId: name } }, derived];
    case 'grant':
      return [{ ranges: { grantId: name } }, derived];
    case 'session':
      return [{ ranges: { session: name } }, derived];
    case 'user':
      return [{ ranges: { userId: name } }, derived];
    case 'client':
      return [{ leases: { clientId: name }, ranges: { clientId: name } }, derived];
    case 'token':
    case 'record':
    case 'api_key':
    case 'api_key_tokens':
    case 'project_tokens':
      return [derived];
    case 'api':
      return [{ leases: { api: name } }, derived];
    case 'key':
      return [{ leases: {} }, derived];
    case 'everything':
    case 'everything_before':
      return [{ leases: {} }];
    default:
      return [];
  }
}

/** Whether it affects any token of the lease. */
function mayAffect(revocation: RevocationMarker, { keyId, asOf, issuedFrom }: StatusLease) {
  const { kind, name } = parseMarkerKey(revocation.key);
  if (kind === 'key' && keyId !== name) return false;
  return appliesTo(revocation, { asOf, issuedAt: issuedFrom * 1000 });
}

/** Once it is revoked, no token is issued from a lease any more. */
function affectsAll({ before }: RevocationMarker, { issuedUntil }: StatusLease): boolean {
  return before === undefined || issuedUntil * 1000 <= before;
}

/** The positions of a range, from its first one on, that a revocation affects. */
function revokedPart(range: StatusRange, revocation: RevocationMarker): RevokedRange[] {
  const { list, first, asOf, issuedFrom, perSecond } = range;
  if (!appliesTo(revocation, { asOf, issuedAt: issuedFrom * 1000 })) return [];
  const { before } = revocation;
  const seconds = before === undefined ? range.count : Math.ceil(before / 1000) - issuedFrom;
  const count = Math.min(range.count, Math.max(0, seconds * perSecond));
  return count > 0 ? [{ list, first, count, of: range.count > 1 ? 'block' : 'token' }] : [];
}

function* someOf(page: RevokedRange[]): Iterable<RevokedRange[]> {
  if (page.length > 0) yield page;
}
