/** How large a store on SQLite is, and how much of what is in it. */
import { DatabaseSync } from 'node:sqlite';

export type Sizes = {
  /** Of all pages that hold something. */
  bytes: number;
  records: number;
  events: number;
  /** The number that the last revocation took. */
  revocations: number;
  clients: number;
  counters: number;
};

/** `url`: as CARDEA_STORE. */
export function measure(url: string): Sizes {
  const database = new DatabaseSync(url.slice('sqlite:'.length), { readOnly: true });
  const number = (sql: string) =>
    Number(Object.values(database.prepare(sql).get() ?? { none: 0 })[0]);
  const pages = number('PRAGMA page_count') - number('PRAGMA freelist_count');
  const sizes = {
    bytes: pages * number('PRAGMA page_size'),
    records: number('SELECT count(*) FROM artifacts'),
    events: number('SELECT count(*) FROM audit_events'),
    revocations: number("SELECT coalesce(max(value), 0) FROM sequences WHERE name = 'revocations'"),
    clients: number('SELECT count(*) FROM clients'),
    counters: number('SELECT count(*) FROM counters'),
  };
  database.close();
  return sizes;
}

export function difference(before: Sizes, after: Sizes): Sizes {
  const entries = Object.entries(after) as [keyof Sizes, number][];
  return Object.fromEntries(entries.map(([key, value]) => [key, value - before[key]])) as Sizes;
}
