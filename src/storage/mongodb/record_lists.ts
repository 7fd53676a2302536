/**
 * Lists of records in MongoDB: by fields made of the record, and by the words beside them (search_words.ts). It owns in
 * which order a record and its words are written.
 */
import type { Collection, Filter } from 'mongodb';
import {
  type Condition,
  type Link,
  type ListIndexes,
  type Listing,
  type ListOptions,
  listPage,
  type Wanted,
} from '../listing.ts';
import type { Page } from '../pages.ts';
import type { Fillable } from '../search.ts';
import { endOfPrefix, recordWords } from '../search_words.ts';
import { asText, byId, type Connection, exactly, firstOf } from './connection.ts';
import { createWordIndex, type WordIndex } from './search_words.ts';

type Stored = { _id: string; version: number; record: string; [field: string]: unknown };
type Versioned = { version: number; createdAt: number };

export type RecordLists<Item, Column> = Fillable & {
  list(options: ListOptions, conditions: readonly Condition<Column>[]): Promise<Page<Item>>;
  /** The fields of a record that it is listed by, and its words beside them. */
  linksOf(item: Item): Record<string, string | readonly string[]>;
  /** Runs the insertion of the record, which throws when it fails. Not guarded, like the next two. */
  creating(item: Item, insert: () => Promise<unknown>): Promise<void>;
  /** Runs the replacement of the previous version; false where that is no longer there. */
  updating(item: Item, replace: (previous: Item) => Promise<boolean>): Promise<boolean>;
  /** Runs the removal, which answers the record that it removed as it was kept; false where there was none. */
  removing(remove: () => Promise<string | undefined>): Promise<boolean>;
  /** The names of those fields that a record may lack. */
  linkFields(item: Item): string[];
};

/** `id`, `name`: the fields of both. `otherWords`: kept beside the words that records are found by. */
export function createRecordLists<Item extends Versioned, Column extends string>(
  connection: Connection,
  {
    collection,
    id,
    name,
    listing,
    otherWords = [],
  }: {
    collection: string;
    id: string;
    name: string;
    listing: Listing<Item, Column>;
    otherWords?: readonly WordIndex<Item>[];
  },
): RecordLists<Item, Column> {
  const { database, guard } = connection;
  const records = database.collection(collection) as unknown as Collection<Stored>;
  const words = createWordIndex(connection, {
    ...listing,
    wordsOf: (item: Item) => recordWords(listing.textsOf(item)),
  });
  const allWords = [words, ...otherWords];
  const forAll = async (work: (index: WordIndex<Item>) => Promise<void>) => {
    for (const index of allWords) await work(index);
  };
  const withId = (value: string) => ({ [id]: exactly(value) }) as Filter<Stored>;

  const linksOf = (item: Item) => ({
    ...Object.fromEntries(
      Object.entries(listing.linksOf(item)).flatMap(([field, value]) =>
        value === undefined ? [] : [[field, value as string | readonly string[]]],
      ),
    ),
    words: recordWords(listing.textsOf(item)),
  });
  const read = async (filter: Filter<Stored>, order: string, size: number) =>
    firstOf(records.find(filter, { projection: { record: 1 } }).sort({ [order]: 1 }), size);
  const findOne = async (value: string) => {
    const stored = await records.findOne(withId(value), { projection: { record: 1 } });
    return stored ? toItem<Item>(stored) : undefined;
  };

  const indexes: ListIndexes<Item, Column> = {
    async byName(link: Link<Column>, after, size) {
      const linked = link ? { [link.column]: exactly(link.value) } : {};
      const filter = { ...linked, [name]: { $gt: asText(after) } } as Filter<Stored>;
      return (await guard(() => read(filter, name, size))).map(toItem<Item>);
    },
    byWord: (prefix, after, size, wanted) =>
      guard(async () => {
        const places = await words.read(prefix, after, size);
        const ids = [...new Set(places.map((place) => place.id))];
        // The server leaves out what is not wanted, so that nobody has to read it.
        const filter = { [id]: { $in: ids }, ...meeting(wanted) } as Filter<Stored>;
        const found =
          ids.length > 0
            ? await firstOf(records.find(filter, { projection: { record: 1 } }), ids.length)
            : [];
        const items = found.map(toItem<Item>);
        const byIds = new Map(items.map((item) => [listing.idOf(item), item]));
        return places.map((place) => ({ ...place, item: byIds.get(place.id) }));
      }),
    countWords: (prefix, most) => guard(() => words.count(prefix, most)),
  };

  return {
    linksOf,
    list: (options, conditions) => listPage({ listing, options, conditions, indexes }),
    async creating(item, insert) {
      await forAll((index) => index.add([item]));
      try {
        await insert();
      } catch (error) {
        // What was refused leaves no words, unless they are those of a record that is there.
        if (!(await findOne(listing.idOf(item)))) await forAll((index) => index.removeAll(item));
        throw error;
      }
    },
    async updating(item, replace) {
      const previous = await findOne(listing.idOf(item));
      if (previous?.version !== item.version - 1) return false;
      await forAll((index) => index.addNew(previous, item));
      const isReplaced = await replace(previous);
      if (isReplaced) await forAll((index) => index.removeOld(previous, item));
      return isReplaced;
    },
    async removing(remove) {
      const record = await remove();
      if (record === undefined) return false;
      await forAll((index) => index.removeAll(toItem<Item>({ record })));
      return true;
    },
    linkFields: (item) => Object.keys(listing.linksOf(item)),
    fill: ({ after, limit }) =>
      guard(async () => {
        const stored = await read({ [id]: { $gt: asText(after) } } as Filter<Stored>, id, limit);
        const items = stored.map(toItem<Item>);
        await forAll((index) => index.add(items));
        // A record that changes in between gets its links from that change.
        const updates = items.map((item, index) => ({
          updateOne: {
            filter: { ...byId(stored[index]?._id ?? ''), version: item.version } as Filter<Stored>,
            update: { $set: linksOf(item) },
          },
        }));
        if (updates.length > 0) await records.bulkWrite(updates, { ordered: false });
        const last = items.at(-1);
        return { last: last && listing.idOf(last), lookedAt: items.length };
      }),
  };
}

function meeting<Column extends string>({ words, conditions }: Wanted<Column>): object {
  const all = [
    ...words.map((prefix) => ({
      words: { $elemMatch: { $gte: asText(prefix), $lt: endOfPrefix(prefix) } },
    })),
    ...conditions.map(({ column, value }) => ({
      [column]: value === undefined ? { $exists: false } : exactly(value),
    })),
  ];
  return all.length > 0 ? { $and: all } : {};
}

function toItem<Item>({ record }: Pick<Stored, 'record'>): Item {
  return JSON.parse(record) as Item;
}
