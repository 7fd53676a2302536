/**
 * One page of a list by several conditions, for which no more than so many items are looked at: who asks for the
 * rarest combination gets what was found so far, and where to go on.
 */
import { type Filtered, pageSize, split } from './filtered_pages.ts';

/** Some tens of milliseconds of work. */
const mostLookedAt = 4000;

/** `last` is the item behind which to go on; undefined: there are no more. */
export async function searchPages<Item, Column extends string>(
  filtered: Filtered<Item, Column>,
): Promise<{ items: Item[]; last: Item | undefined }> {
  const { limit, read } = filtered;
  const { link, meetsOthers = () => true } = split(filtered);
  const size =
    filtered.conditions.filter(({ value }) => value !== undefined).length > 1
      ? pageSize
      : Math.min(limit, pageSize);
  const items: Item[] = [];
  let after: Item | undefined;
  for (let lookedAt = 0; lookedAt < mostLookedAt; ) {
    const page = await read(link, after, size);
    for (const item of page) {
      after = item;
      if (meetsOthers(item)) items.push(item);
      if (items.length === limit) return { items, last: item };
    }
    if (page.length < size) return { items, last: undefined };
    lookedAt += page.length;
  }
  return { items, last: after };
}
