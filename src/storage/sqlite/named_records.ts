/**
 * Records in SQLite that have an id and a unique name: each as JSON beside the columns that it is found by.
 */
import type { AuditEvent } from '../audit_events.ts';
import { DuplicateError } from '../errors.ts';
import type { Connection } from './connection.ts';
import { violatedColumn } from './errors.ts';
import { keepUnsettled } from './unsettled_events.ts';
import type { Writer } from './writer.ts';

type Row = { record: string };
type Named<Column extends string> = { id: string; version: number } & {
  [column in Column]?: string | undefined;
};

/**
 * On a table of `id`, the `columns`, `version`, `record` and `words`. Each column is unique, and has the value of the
 * record's property of the same name. `wordsOf`: what is in `words`. `noun`: what DuplicateError calls a record. See
 * UserStore for what the functions promise.
 */
export function createNamedRecords<Column extends string, Kept extends Named<Column>>(
  connection: Connection,
  { write }: Writer,
  {
    table,
    noun,
    columns,
    wordsOf,
  }: {
    table: string;
    noun: string;
    columns: readonly [Column, ...Column[]];
    wordsOf: (kept: Kept) => string;
  },
) {
  const { run, readOne } = connection;
  const changed = [...columns, 'version', 'record', 'words'];
  const named = ['id', ...changed];
  const values = named.map((column) => `:${column}`);
  const changes = changed.map((column) => `${column} = :${column}`);

  const withEvent = (isDone: boolean, event: AuditEvent | undefined) => {
    if (isDone) keepUnsettled(connection, event);
    return isDone;
  };
  const save = async (sql: string, kept: Kept, event: AuditEvent | undefined) => {
    const { id, version } = kept;
    const found = Object.fromEntries(columns.map((column) => [column, kept[column] ?? null]));
    const [record, words] = [JSON.stringify(kept), wordsOf(kept)];
    try {
      const parameters = { id, ...found, version, record, words };
      return await write(() => withEvent(run(sql, parameters) === 1, event));
    } catch (error) {
      const column = violatedColumn(error)?.replace(`${table}.`, '');
      throw column ? new DuplicateError(`A ${noun} with this ${column}`) : error;
    }
  };

  return {
    async findBy(column: 'id' | Column, value: string): Promise<Kept | undefined> {
      const sql = `SELECT record FROM ${table} WHERE ${column} = :value`;
      const row = await readOne<Row>(sql, { value });
      return row && (JSON.parse(row.record) as Kept);
    },
    async create(kept: Kept, event?: AuditEvent): Promise<void> {
      const sql = `INSERT INTO ${table} (${named.join(', ')}) VALUES (${values.join(', ')})`;
      await save(sql, kept, event);
    },
    update: (kept: Kept, event?: AuditEvent): Promise<boolean> =>
      save(
        `UPDATE ${table} SET ${changes.join(', ')}
          WHERE id = :id AND version = :version - 1`,
        kept,
        event,
      ),
    remove: (id: string, event?: AuditEvent): Promise<boolean> =>
      write(() => withEvent(run(`DELETE FROM ${table} WHERE id = :id`, { id }) === 1, event)),
  };
}
