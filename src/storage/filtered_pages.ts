/**
 * Lists by several conditions at once, where an index for each combination would be paid for by every record:
 * the store reads by one of them, and the others are looked at here, page by page.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';

/** A value that is asked for, as both engines name its column; undefined: any. */
type Condition<Column> = { column: Column; value: string | undefined };

/** What the store reads by; undefined: everything. */
export type Link<Column> = { column: Column; value: string } | undefined;

type Filtered<Item, Column> = {
  /** The store reads by the first that has a value. */
  conditions: readonly Condition<Column>[];
  matches: (item: Item, condition: { column: Column; value: string }) => boolean;
  limit: number;
  /** Answers at most `size` from behind `after`. */
  read: (link: Link<Column>, after: Item | undefined, size: number) => Promise<Item[]>;
};

/** Some milliseconds of work; between two of them other requests have their turn. */
const pageSize = 500;

/** The first `limit` items that meet all conditions, in the order of the pages. */
export async function filteredPages<Item, Column extends string>(
  filtered: Filtered<Item, Column>,
): Promise<Item[]> {
  const { limit, read } = filtered;
  const { link, meetsOthers } = split(filtered);
  if (!meetsOthers) return read(link, undefined, limit);
  const found: Item[] = [];
  let after: Item | undefined;
  for (;;) {
    const page = await read(link, after, pageSize);
    found.push(...page.filter(meetsOthers));
    if (found.length >= limit || page.length < pageSize) return found.slice(0, limit);
    after = page.at(-1);
    await nextTurn();
  }
}

/** What is read by, and whether an item meets the rest; undefined where there is no rest. */
function split<Item, Column>({
  conditions,
  matches,
}: Pick<Filtered<Item, Column>, 'conditions' | 'matches'>): {
  link: Link<Column>;
  meetsOthers: ((item: Item) => boolean) | undefined;
} {
  const [link, ...others] = conditions.flatMap(({ column, value }) =>
    value === undefined ? [] : [{ column, value }],
  );
  if (others.length === 0) return { link, meetsOthers: undefined };
  return { link, meetsOthers: (item) => others.every((other) => matches(item, other)) };
}
