/**
 * Pages of a list whose work is bounded: what no index answers is looked at record by record, and only so many of them
 * in one call.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';

export type Page<Item> = {
  items: Item[];
  /**
   * Where the list goes on (as `after`); undefined: nothing follows. A page may be short and have a `next`, where few
   * of many records meet the conditions.
   */
  next: string | undefined;
};

/** One record of an index. Without an item it is passed over. */
export type IndexRow<Item> = { item: Item | undefined; place: string };

/** Where items may be passed over, so many are read first. */
const firstChunk = 100;
/** Some milliseconds of work; between two of them other requests have their turn. */
const chunk = 500;
/** Records that one call looks at. */
const mostLookedAt = 2000;

/**
 * The first `limit` items that meet the conditions, in the order of the index. `read` answers at most `size` of its rows
 * from behind `after`; fewer: there are no more. `isFiltered`: whether rows may be passed over.
 */
export async function boundedPage<Item>({
  after,
  limit,
  isFiltered,
  matches,
  read,
}: {
  after: string | undefined;
  limit: number;
  isFiltered: boolean;
  matches: (item: Item, place: string) => boolean;
  read: (after: string | undefined, size: number) => Promise<IndexRow<Item>[]>;
}): Promise<Page<Item>> {
  const items: Item[] = [];
  // One more than asked for tells whether anything follows.
  let size = isFiltered ? Math.max(firstChunk, limit + 1) : limit + 1;
  const most = Math.max(mostLookedAt, size);
  let place = after;
  for (let lookedAt = 0; lookedAt < most; ) {
    if (lookedAt > 0) await nextTurn();
    const rows = await read(place, size);
    lookedAt += size;
    for (const row of rows) {
      if (items.length === limit) return { items, next: place };
      place = row.place;
      if (row.item !== undefined && matches(row.item, row.place)) items.push(row.item);
    }
    if (rows.length < size) return { items, next: undefined };
    // Where few of those were found, more are read at once.
    size = Math.min(2 * size, Math.max(chunk, size), most - lookedAt);
  }
  return { items, next: place };
}
