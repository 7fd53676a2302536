/**
 * Lists of records in SQLite, by what migrations.ts keeps beside them: columns made of the record, and the table of words
 * (`search_words`), which triggers fill from the column `words` in the transaction of the record.
 */
import {
  type Condition,
  type Link,
  type ListIndexes,
  type Listing,
  type ListOptions,
  listPage,
} from '../listing.ts';
import type { Page } from '../pages.ts';
import type { Fillable } from '../search.ts';
import { endOfPrefix, recordWords } from '../search_words.ts';
import type { Connection, Parameters } from './connection.ts';
import type { Writer } from './writer.ts';

type Row = { record: string };

export type RecordLists<Item, Column> = Fillable & {
  list(options: ListOptions, conditions: readonly Condition<Column>[]): Promise<Page<Item>>;
  /** Of the column `words`. */
  wordsOf(item: Item): string;
};

/**
 * `id`, `name`: the columns of both. `otherLinks`: how to select by a link that is no column: a text that ends in a
 * condition on `:link`, and the name's column there.
 */
export function createRecordLists<Item extends { version: number }, Column extends string>(
  { run, readOne, readAll }: Connection,
  { write }: Writer,
  {
    table,
    id,
    name,
    listing,
    otherLinks = {},
  }: {
    table: string;
    id: string;
    name: string;
    listing: Listing<Item, Column>;
    otherLinks?: { [column in Column]?: { sql: string; name: string } };
  },
): RecordLists<Item, Column> {
  const { kind } = listing;
  const ofPrefix = `kind = '${kind}' AND word < :end`;

  const byNameSql = (link: Link<Column>) => {
    const other = link && otherLinks[link.column];
    if (other) {
      return `${other.sql} AND ${other.name} > :after ORDER BY ${other.name} LIMIT :size`;
    }
    const linked = link ? `${link.column} = :link AND ` : '';
    return `SELECT record FROM ${table} WHERE ${linked}${name} > :after ORDER BY ${name} LIMIT :size`;
  };

  /** `others`: how many further words a record must have to be worth reading. */
  const byWordSql = (others: number) => {
    const has = Array.from({ length: others }, (_, index) => `instr(r.words, :other${index}) > 0`);
    const record = others > 0 ? `CASE WHEN ${has.join(' AND ')} THEN r.record END` : 'r.record';
    return `SELECT w.word, w.id, ${record} AS record FROM search_words w
      LEFT JOIN ${table} r ON r.${id} = w.id
      WHERE w.kind = '${kind}' AND (w.word, w.id) > (:word, :id) AND w.word < :end
      ORDER BY w.word, w.id LIMIT :size`;
  };

  const countSql = `SELECT count(*) AS count FROM
    (SELECT 1 FROM search_words WHERE ${ofPrefix} AND word >= :prefix LIMIT :most) LIMIT 1`;

  const nextSql = `SELECT ${id} AS id, record, words FROM ${table}
    WHERE ${id} > :after ORDER BY ${id} LIMIT :limit`;

  const fillSql = `UPDATE ${table} SET words = :words WHERE ${id} = :id AND version = :version`;

  const indexes: ListIndexes<Item, Column> = {
    async byName(link, after, size) {
      const parameters: Parameters = { after, size, ...(link && { link: link.value }) };
      return (await readAll<Row>(byNameSql(link), parameters)).map(toItem<Item>);
    },
    async byWord(prefix, after, size, { words }) {
      const place = after ?? { word: prefix, id: '' };
      const parameters: Parameters = { ...place, end: endOfPrefix(prefix), size };
      // A word that begins so stands in the list of words behind its quotation mark, as JSON has it.
      for (const [index, word] of words.entries()) {
        parameters[`other${index}`] = JSON.stringify(word).slice(0, -1);
      }
      const rows = await readAll<{ word: string; id: string; record: string | null }>(
        byWordSql(words.length),
        parameters,
      );
      return rows.map(({ word, id, record }) => ({
        ...{ word, id, item: record === null ? undefined : toItem<Item>({ record }) },
      }));
    },
    async countWords(prefix, most) {
      const row = await readOne<{ count: number }>(countSql, {
        ...{ prefix, end: endOfPrefix(prefix), most },
      });
      return row?.count ?? 0;
    },
  };
  const wordsOf = (item: Item) => JSON.stringify(recordWords(listing.textsOf(item)));

  return {
    wordsOf,
    list: (options, conditions) => listPage({ listing, options, conditions, indexes }),
    async fill({ after, limit }) {
      const rows = await readAll<{ id: string; record: string; words: string | null }>(nextSql, {
        ...{ after, limit },
      });
      const stale = rows.flatMap(({ id, record, words: known }) => {
        const item = toItem<Item>({ record });
        const words = wordsOf(item);
        return words === known ? [] : [{ id, words, version: item.version }];
      });
      // A record that changes in between gets its words from that change.
      if (stale.length > 0) await write(() => stale.map((values) => run(fillSql, values)));
      return { last: rows.at(-1)?.id, lookedAt: rows.length };
    },
  };
}

function toItem<Item>({ record }: Row): Item {
  return JSON.parse(record) as Item;
}
