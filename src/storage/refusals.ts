/**
 * Refusals as they are kept: why a request was refused, for whoever has its reference, and for lists of what was refused
 * lately.
 */
import { conditionsOn } from './listing.ts';
import { boundedPage, type Page } from './pages.ts';

export type StoredRefusal = {
  /** The request id; unique. */
  reference: string;
  /** Milliseconds since the epoch. */
  at: number;
  /** The name of the reason. */
  reason: string;
  route: string;
  status: number;
  clientId?: string | undefined;
  /** Kept as JSON. */
  details: Record<string, unknown>;
  /** Milliseconds since the epoch. From then on no read returns it. */
  expiresAt: number;
};

export type RefusalListOptions = {
  clientId?: string | undefined;
  reason?: string | undefined;
  after?: string | undefined;
  limit: number;
  now: number;
};

export type RefusalStore = {
  /** False, and no change, where one has this reference. A failure of the machine may take the latest. */
  insert(refusal: StoredRefusal): Promise<boolean>;
  find(reference: string, now: number): Promise<StoredRefusal | undefined>;
  /** Newest first, from behind the `next` of the page before. Bounded: a page of two conditions may be short and go on. */
  list(options: RefusalListOptions): Promise<Page<StoredRefusal>>;
};

/** What both engines name the columns. */
export type RefusalLink = { column: 'client_id' | 'reason'; value: string } | undefined;
export type RefusalPlace = Pick<StoredRefusal, 'at' | 'reference'>;

/** RefusalStore.list, of pages that each go by one index: a client's, or else those of a reason. */
export function refusalPage(
  { clientId, reason, after, limit }: RefusalListOptions,
  read: (
    link: RefusalLink,
    before: RefusalPlace | undefined,
    size: number,
  ) => Promise<StoredRefusal[]>,
): Promise<Page<StoredRefusal>> {
  const [link, ...others] = conditionsOn({ client_id: clientId, reason });
  return boundedPage<StoredRefusal>({
    ...{ after, limit, isFiltered: others.length > 0 },
    matches: (refusal) => others.length === 0 || refusal.reason === reason,
    read: async (from, size) =>
      (await read(link as RefusalLink, placeOf(from), size)).map((item) => ({
        ...{ item, place: `${item.at} ${item.reference}` },
      })),
  });
}

function placeOf(cursor: string | undefined): RefusalPlace | undefined {
  const [, at, reference] = /^(\d{1,16}) (.*)$/s.exec(cursor ?? '') ?? [];
  return at === undefined || reference === undefined ? undefined : { at: Number(at), reference };
}
