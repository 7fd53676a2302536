/**
 * The words that records are found by, in MongoDB: a collection with one entry for each word of each record, whose `_id`
 * is `kind word id`, so that its order is that of (word, id). Without transactions an entry is written before its record
 * has the word and removed after it has lost it. So an entry may stand for a word that its record does not have, which
 * whoever reads must look at, and none is ever missing.
 */
import type { AnyBulkWriteOperation } from 'mongodb';
import type { Listing, WordPlace } from '../listing.ts';
import { endOfPrefix } from '../search_words.ts';
import { asText, type Connection, firstOf } from './connection.ts';
import { onlyDuplicates } from './errors.ts';

type WordEntry = {
  _id: string;
  /** Of the newest version of the record that had this word: an older one that loses it late removes nothing. */
  stamp: string;
  /** When the record goes by itself. */
  expires_at?: Date;
};

type Versioned = { version: number; createdAt: number };

/** What of a kind of record is found by words. */
export type Indexed<Item> = Pick<Listing<Item, string>, 'idOf' | 'expiryOf'> & {
  /** Of the entries: no other index has it. */
  kind: string;
  wordsOf(item: Item): readonly string[];
};

export type WordIndex<Item> = {
  /** Adds the words of these, before they are written. */
  add(items: readonly Item[]): Promise<void>;
  /** Before `next` replaces `previous`. */
  addNew(previous: Item, next: Item): Promise<void>;
  /** After `next` has replaced `previous`. */
  removeOld(previous: Item, next: Item): Promise<void>;
  /** After it was removed. */
  removeAll(item: Item): Promise<void>;
  read(prefix: string, after: WordPlace | undefined, size: number): Promise<WordPlace[]>;
  count(prefix: string, most: number): Promise<number>;
  /** The least word that is greater than this one. */
  next(word: string): Promise<string | undefined>;
};

/** Not guarded: parts of a guarded operation. */
export function createWordIndex<Item extends Versioned>(
  { database }: Connection,
  { kind, idOf, wordsOf, expiryOf = () => undefined }: Indexed<Item>,
): WordIndex<Item> {
  const entries = database.collection<WordEntry>('search_words');

  const entriesOf = (item: Item, words = wordsOf(item)): WordEntry[] => {
    const expiresAt = expiryOf(item);
    return words.map((word) => ({
      ...{ _id: `${kind} ${word} ${asText(idOf(item))}`, stamp: stampOf(item) },
      ...(expiresAt !== undefined && { expires_at: new Date(expiresAt) }),
    }));
  };

  const addEntries = async (wanted: readonly WordEntry[]): Promise<void> => {
    let missing = wanted;
    while (missing.length > 0) {
      try {
        await entries.insertMany([...missing], { ordered: false });
        return;
      } catch (error) {
        if (!onlyDuplicates(error)) throw error;
      }
      await entries.bulkWrite(missing.map(renewal), { ordered: false });
      // One that was removed between the two, or was never renewed because it was not there, is added again.
      const ids = missing.map(({ _id }) => _id);
      const there = await entries.find({ _id: { $in: ids } }, { projection: { _id: 1 } }).toArray();
      const found = new Set(there.map(({ _id }) => _id));
      missing = missing.filter(({ _id }) => !found.has(_id));
    }
  };

  const removeEntries = async (item: Item, words: readonly string[]) => {
    if (words.length === 0) return;
    const ids = entriesOf(item, [...words]).map(({ _id }) => _id);
    await entries.deleteMany({ _id: { $in: ids }, stamp: { $lte: stampOf(item) } });
  };

  return {
    add: (items) => addEntries(items.flatMap((item) => entriesOf(item))),
    async addNew(previous, next) {
      const isKept = expiryOf(previous) === expiryOf(next);
      const known = new Set(isKept ? wordsOf(previous) : []);
      const words = wordsOf(next).filter((word) => !known.has(word));
      await addEntries(entriesOf(next, words));
    },
    async removeOld(previous, next) {
      const kept = new Set(wordsOf(next));
      await removeEntries(
        previous,
        wordsOf(previous).filter((word) => !kept.has(word)),
      );
    },
    removeAll: (item) => removeEntries(item, wordsOf(item)),
    async read(prefix, after, size) {
      const from = after ? `${kind} ${after.word} ${after.id}` : `${kind} ${prefix}`;
      const found = entries.find(
        { _id: { $gt: from, $lt: `${kind} ${endOfPrefix(prefix)}` } },
        { projection: { _id: 1 } },
      );
      return (await firstOf(found.sort({ _id: 1 }), size)).map(({ _id }) =>
        toPlace(_id.slice(kind.length + 1)),
      );
    },
    count: (prefix, most) =>
      entries.countDocuments(
        { _id: { $gt: `${kind} ${prefix}`, $lt: `${kind} ${endOfPrefix(prefix)}` } },
        { limit: most },
      ),
    async next(word) {
      // The end of a word is a space, and what is greater than that begins behind all entries of the word.
      const from = word === '' ? `${kind} ` : `${kind} ${word}!`;
      const found = await entries
        .find({ _id: { $gt: from, $lt: `${kind}!` } }, { projection: { _id: 1 } })
        .sort({ _id: 1 })
        .limit(1)
        .toArray();
      return found[0] && toPlace(found[0]._id.slice(kind.length + 1)).word;
    },
  };
}

function renewal({ _id, stamp, expires_at }: WordEntry): AnyBulkWriteOperation<WordEntry> {
  return {
    updateOne: {
      filter: { _id, stamp: { $lte: stamp } },
      update: expires_at
        ? { $set: { stamp, expires_at } }
        : { $set: { stamp }, $unset: { expires_at: '' } },
    },
  };
}

/** In the order of a record's versions, and of the records that have had one id. */
function stampOf({ createdAt, version }: Versioned): string {
  return `${String(createdAt).padStart(15, '0')}.${String(version).padStart(10, '0')}`;
}

function toPlace(text: string): WordPlace {
  const space = text.indexOf(' ');
  return { word: text.slice(0, space), id: text.slice(space + 1) };
}
