/**
 * Lists by several conditions at once, where an index for each combination would be paid for by every record:
 * the store reads by one of them, and the others are looked at here, page by page.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';

/** A value that is asked for, as the item names it and as both engines name its column; undefined: any. */
export type Condition<Item, Column> = {
  name: keyof Item;
  column: Column;
  value: string | undefined;
};

/** What the store reads by; undefined: everything. */
export type Link<Column> = { column: Column; value: string } | undefined;

/** Some milliseconds of work; between two of them other requests have their turn. */
const pageSize = 500;

/**
 * The first `limit` items that meet all conditions, in the order of the pages. `read` answers at most `size` from
 * behind `after`, by the first condition that has a value.
 */
export async function filteredPages<Item, Column extends string>({
  conditions,
  limit,
  read,
}: {
  conditions: readonly Condition<Item, Column>[];
  limit: number;
  read: (link: Link<Column>, after: Item | undefined, size: number) => Promise<Item[]>;
}): Promise<Item[]> {
  const [link, ...others] = conditions.flatMap(({ value, ...condition }) =>
    value === undefined ? [] : [{ ...condition, value }],
  );
  if (others.length === 0) return read(link, undefined, limit);
  const found: Item[] = [];
  let after: Item | undefined;
  for (;;) {
    const page = await read(link, after, pageSize);
    found.push(...page.filter((item) => others.every(({ name, value }) => item[name] === value)));
    if (found.length >= limit || page.length < pageSize) return found.slice(0, limit);
    after = page.at(-1);
    await nextTurn();
  }
}
