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
 * On a table of `id`, the `columns`, `version` and `record`, in this order. Each column is unique, and has the
 * value of the record's property of the same name; the first of them is the name, in whose order records are
 * listed. `noun`: what DuplicateError calls a record. See UserStore for what the functions promise.
 */
export function createNamedRecords<Column extends string, Kept extends Named<Column>>(
  connection: Connection,
  { write }: Writer,
  {
    table,
    noun,
    columns,
  }: { table: string; noun: string; columns: readonly [Column, ...Column[]] },
) {
  const { run, readOne, readAll } = connection;
  const [name] = columns;
  const values = ['id', ...columns, 'version', 'record'].map((column) => `:${column}`);
  const changes = [...columns, 'version', 'record'].map((column) => `${column} = :${column}`);

  const withEvent = (isDone: boolean, event: AuditEvent | undefined) => {
    if (isDone) keepUnsettled(connection, event);
    return isDone;
  };
  const save = async (sql: string, kept: Kept, event: AuditEvent | undefined) => {
    const { id, version } = kept;
    const found = Object.fromEntries(columns.map((column) => [column, kept[column] ?? null]));
    const record = JSON.stringify(kept);
    try {
      const parameters = { id, ...found, version, record };
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
      return row && toRecord<Kept>(row);
    },
    async list({ after = '', limit }: { after?: string | undefined; limit: number }) {
      const sql = `SELECT record FROM ${table} WHERE ${name} > :after ORDER BY ${name} LIMIT :limit`;
      return (await readAll<Row>(sql, { after, limit })).map(toRecord<Kept>);
    },
    async create(kept: Kept, event?: AuditEvent): Promise<void> {
      await save(`INSERT INTO ${table} VALUES (${values.join(', ')})`, kept, event);
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

function toRecord<Kept>({ record }: Row): Kept {
  return JSON.parse(record) as Kept;
}
