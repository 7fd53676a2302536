/**
 * What a plan of SQLite leaves to be looked at record by record (https://sqlite.org/eqp.html): sorts, scans, and
 * conditions that no part of an index answers.
 */
import type { DatabaseSync } from 'node:sqlite';

export type Flaw = { sql: string; flaw: string };

/** What has expired stays at most until the next purge, half a minute later, so leaving it out costs no more. */
const purgedSoon = new Set(['expires_at']);

/** All that is wrong with how this database would answer the statement. */
export function flawsOf(database: DatabaseSync, sql: string): Flaw[] {
  const steps = database
    .prepare(`EXPLAIN QUERY PLAN ${sql}`)
    .all()
    .map(({ detail }) => String(detail));
  const searches = steps.filter((step) => /^SEARCH /.test(step));
  const scans = steps.filter((step) => /^SCAN /.test(step));
  const sorts = steps.filter((step) => /TEMP B-TREE/.test(step));
  const isBounded = /\bLIMIT\b/.test(sql);
  const flaws = [...sorts, ...(isBounded ? [] : scans)];
  // One record at most is looked at again.
  if (scans.length > 0 || !searches.every((step) => isUnique(database, step))) {
    if (!isBounded && scans.length === 0) flaws.push('answers any number of records');
    const answered = new Set([
      ...steps.flatMap((step) => [...constrained(step), ...rowIdOf(database, step)]),
      ...fixedByIndexes(database, steps),
    ]);
    const left = conditionsOf(sql).filter((name) => !answered.has(name) && !purgedSoon.has(name));
    flaws.push(...left.map((name) => `no index has ${name}`));
  }
  return flaws.map((flaw) => ({ sql: sql.replaceAll(/\s+/g, ' '), flaw }));
}

/** The columns that a statement compares, of all its parts. */
function conditionsOf(sql: string): string[] {
  const where = sql.slice(sql.search(/\bWHERE\b/)).replaceAll(/'[^']*'/g, "''");
  if (where === sql.slice(-1)) return [];
  const single = [...where.matchAll(/(?<![:\w])(?:\w\.)?(\w+)\s*(?:[<>=]|IS\b|IN\b)/g)];
  const rows = [...where.matchAll(/\(((?:\w\.)?\w+(?:, (?:\w\.)?\w+)+)\)\s*(?:[<>]|IN\b)/g)];
  const names = [
    ...single.map(([, name = '']) => name),
    ...rows.flatMap(([, list = '']) => list.split(', ').map((name) => name.replace(/^\w\./, ''))),
  ];
  return [...new Set(names)].filter((name) => !/^(NOT|AND|OR|NULL)$/.test(name));
}

/** `SEARCH r USING INDEX i (a=? AND (b,c)>(?,?))`: a, b, c. */
function constrained(step: string): string[] {
  const terms = /\((.*)\)$/.exec(step)?.[1] ?? '';
  return [...terms.matchAll(/[a-z_]\w*/g)].map(([name]) => name).filter((name) => name !== 'AND');
}

/** The column that a plan calls `rowid`: the table's `INTEGER PRIMARY KEY`, which is in the order of its records. */
function rowIdOf(database: DatabaseSync, step: string): string[] {
  const table = /^SEARCH (\w+) USING INTEGER PRIMARY KEY /.exec(step)?.[1];
  if (!table) return [];
  const sql = "SELECT name FROM pragma_table_info(?) WHERE pk = 1 AND type = 'INTEGER'";
  return database
    .prepare(sql)
    .all(table)
    .map(({ name }) => String(name));
}

/** Columns whose value is the same in all of an index that was made for it. */
function fixedByIndexes(database: DatabaseSync, steps: readonly string[]): string[] {
  return steps.flatMap((step) => {
    const index = indexOf(step);
    const sql = index ? definition(database, index) : '';
    return [
      ...sql.slice(sql.search(/\bWHERE\b/)).matchAll(/(\w+) (?:=|<>|IS NOT NULL|IS NULL)/g),
    ].map(([, name = '']) => name);
  });
}

function definition(database: DatabaseSync, index: string): string {
  const row = database.prepare('SELECT sql FROM sqlite_schema WHERE name = ?').get(index);
  const sql = String(row?.sql ?? '');
  return sql.includes(' WHERE ') ? sql : '';
}

function isUnique(database: DatabaseSync, step: string): boolean {
  const terms = constrained(step);
  if (/[<>]/.test(step)) return false;
  if (step.includes('USING INTEGER PRIMARY KEY')) return true;
  const table = /^SEARCH (\w+) /.exec(step)?.[1] ?? '';
  const index = indexOf(step);
  const all = database
    .prepare('SELECT name, "unique", origin FROM pragma_index_list(?)')
    .all(table);
  const found = all.find(({ name, origin }) => (index ? name === index : origin === 'pk'));
  if (found?.unique !== 1) return false;
  const columns = database.prepare('SELECT name FROM pragma_index_info(?)').all(String(found.name));
  return columns.every(({ name }) => terms.includes(String(name)));
}

function indexOf(step: string): string | undefined {
  return /USING (?:COVERING )?INDEX (\w+)/.exec(step)?.[1];
}
