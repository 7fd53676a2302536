/**
 * Lists of records by conditions and by words: which index answers, and what is then looked at record by record. Engines
 * give the indexes; what is decided here is the same for both.
 */
import { boundedPage, type IndexRow, type Page } from './pages.ts';
import {
  hasWords,
  mayHaveWords,
  recordWords,
  type SearchedTexts,
  searchedWords,
} from './search_words.ts';

export const searchKinds = ['user', 'client', 'project', 'api_key'] as const;
export type SearchKind = (typeof searchKinds)[number];

/** What is to be known of a kind of record for its lists. */
export type Listing<Item, Column extends string> = {
  kind: SearchKind;
  /** In its order records are listed: unique, and never changed by a change of something else. */
  nameOf(item: Item): string;
  idOf(item: Item): string;
  /** What its words are made of. */
  textsOf(item: Item): SearchedTexts;
  /** When a record goes by itself (ms), or later. Where there is no such function none does. */
  expiryOf?(item: Item): number | undefined;
  /** The values that it is listed by, as both engines name the columns; absent: none. */
  linksOf(item: Item): { [column in Column]?: string | readonly string[] | undefined };
};

/** The column must have this value; undefined: it must have none. */
export type Condition<Column> = { column: Column; value: string | undefined };

export type ListOptions = {
  /** The `next` of the page before. */
  after?: string | undefined;
  limit: number;
  /** Words that each begin a word of the record. */
  text?: string | undefined;
};

/** What an engine reads, each by one index. */
export type ListIndexes<Item, Column extends string> = {
  /** At most `size` with this link, or all; in the order of their names, behind `after`. */
  byName(link: Link<Column>, after: string, size: number): Promise<Item[]>;
  /**
   * In the order of (word, id), behind `after`. An item is undefined where the record is gone; an engine may leave out
   * those that are not `wanted`, too.
   */
  byWord(
    prefix: string,
    after: WordPlace | undefined,
    size: number,
    wanted: Wanted<Column>,
  ): Promise<WordRow<Item>[]>;
  /** How many words begin so, counted up to `most`. */
  countWords(prefix: string, most: number): Promise<number>;
};

/** Words that each begin one of the record's, and conditions: all that it has to meet. */
export type Wanted<Column> = {
  words: readonly string[];
  conditions: readonly Condition<Column>[];
};

export type Link<Column> = { column: Column; value: string } | undefined;
export type WordPlace = { word: string; id: string };
type WordRow<Item> = WordPlace & { item: Item | undefined };

/** A word that begins so many, or more, is no better to read by than another. */
const fewWords = 1000;

/** Cursors of texts say which index they belong to; without a text a cursor is a name. */
const wordMark = 'w';
const nameMark = 'n';

/**
 * The page by the most selective index. `conditions` are in order of how much each leaves; one whose value is undefined
 * is only ever looked at.
 */
export async function listPage<Item, Column extends string>({
  listing,
  options: { after, limit, text },
  conditions,
  indexes,
}: {
  listing: Listing<Item, Column>;
  options: ListOptions;
  conditions: readonly Condition<Column>[];
  indexes: ListIndexes<Item, Column>;
}): Promise<Page<Item>> {
  const words = searchedWords(text);
  const link = conditions.find(isLink);
  /** The item's words, if it has those that are looked for. */
  const foundWords = (item: Item): string[] | undefined => {
    const texts = listing.textsOf(item);
    if (!mayHaveWords(texts, words)) return undefined;
    const own = recordWords(texts);
    return hasWords(own, words) ? own : undefined;
  };
  const meets = (item: Item) =>
    conditions.every(({ column, value }) => hasValue(listing.linksOf(item)[column], value));

  const readByName = async (
    place: string | undefined,
    {
      isFiltered,
      mark,
      matches,
    }: { isFiltered: boolean; mark: string; matches(item: Item): boolean },
  ) =>
    boundedPage<Item>({
      ...{ after: place, limit, isFiltered, matches },
      read: async (from, size) => {
        const items = await indexes.byName(link, from?.slice(mark.length) ?? '', size);
        return items.map((item): IndexRow<Item> => ({ item, place: mark + listing.nameOf(item) }));
      },
    });

  if (words.length === 0) {
    const isFiltered = conditions.length > (link ? 1 : 0);
    return readByName(after, { isFiltered, mark: '', matches: meets });
  }
  const prefix = await wordToReadBy(words, { after, link, indexes });
  if (prefix === undefined) {
    const matches = (item: Item) => meets(item) && foundWords(item) !== undefined;
    return readByName(after, { isFiltered: true, mark: nameMark, matches });
  }
  return boundedPage<Item>({
    ...{ after, limit },
    isFiltered: words.length > 1 || conditions.length > 0,
    matches(item, place) {
      if (!meets(item)) return false;
      // Of several words that begin so, the record stands for the first: it is in the list once.
      const first = foundWords(item)?.find((word) => word.startsWith(prefix));
      return first !== undefined && first === placeOf(place)?.word;
    },
    read: async (from, size) => {
      const wanted = { words: words.filter((word) => word !== prefix), conditions };
      const rows = await indexes.byWord(prefix, placeOf(from), size, wanted);
      return rows.map(({ word, id, item }) => ({ item, place: `${wordMark}${word} ${id}` }));
    },
  });
}

/**
 * The word with the fewest records; undefined where the link promises fewer. A cursor has decided it before: no word of
 * a text begins another, so only one of them begins the cursor's.
 */
async function wordToReadBy<Item, Column extends string>(
  words: readonly string[],
  {
    after,
    link,
    indexes,
  }: {
    after: string | undefined;
    link: Link<Column>;
    indexes: ListIndexes<Item, Column>;
  },
): Promise<string | undefined> {
  if (after !== undefined) {
    const word = placeOf(after)?.word;
    return word === undefined ? undefined : words.find((prefix) => word.startsWith(prefix));
  }
  if (words.length === 1 && !link) return words[0];
  const counted = await Promise.all(
    words.map(async (word) => ({ word, count: await indexes.countWords(word, fewWords) })),
  );
  const [best] = counted.sort(
    (one, other) => one.count - other.count || other.word.length - one.word.length,
  );
  return link && (best?.count ?? 0) >= fewWords ? undefined : best?.word;
}

function isLink<Column>(
  condition: Condition<Column>,
): condition is { column: Column; value: string } {
  return condition.value !== undefined;
}

function hasValue(given: string | readonly string[] | undefined, wanted: string | undefined) {
  if (wanted === undefined) return given === undefined;
  return typeof given === 'string' ? given === wanted : given?.includes(wanted) === true;
}

/** No word has a space in it. */
function placeOf(cursor: string | undefined): WordPlace | undefined {
  if (!cursor?.startsWith(wordMark)) return undefined;
  const space = cursor.indexOf(' ');
  return space < 0
    ? undefined
    : { word: cursor.slice(wordMark.length, space), id: cursor.slice(space + 1) };
}

/** The condition for `enabled`: what is disabled has an index, what is enabled is nearly everything. */
export function enabledCondition(enabled: boolean | undefined): Condition<'state'>[] {
  if (enabled === undefined) return [];
  return [{ column: 'state', value: enabled ? undefined : 'disabled' }];
}

export function stateOf({ disabledAt }: { disabledAt?: number | undefined }) {
  return disabledAt === undefined ? undefined : 'disabled';
}

/** Conditions for the values that are asked for, in this order; undefined: any value. */
export function conditionsOn<Column extends string>(
  wanted: Readonly<Record<Column, string | undefined>>,
): Condition<Column>[] {
  return (Object.entries(wanted) as [Column, string | undefined][]).flatMap(([column, value]) =>
    value === undefined ? [] : [{ column, value }],
  );
}
