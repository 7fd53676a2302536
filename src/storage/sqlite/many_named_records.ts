/**
 * Records in SQLite that several names lead to: each as JSON, and beside it a table of the names, no two of which are the
 * same.
 */
import type { AuditEvent } from '../audit_events.ts';
import { DuplicateError } from '../errors.ts';
import type { Connection } from './connection.ts';
import { violatedColumn } from './errors.ts';
import { keepUnsettled } from './unsettled_events.ts';
import type { Writer } from './writer.ts';

type Row = { record: string };

/**
 * On a table of `id`, `version` and `record`, and a table `names` of `name` and `id`. `id`: the column's name. `taken`: what DuplicateError says. See ApiStore for what the functions promise.
 */
export function createManyNamedRecords<Kept extends { version: number }>(
  connection: Connection,
  { write }: Writer,
  {
    table,
    names,
    id,
    idOf,
    namesOf,
    taken,
  }: {
    table: string;
    names: string;
    id: string;
    idOf: (kept: Kept) => string;
    namesOf: (kept: Kept) => readonly string[];
    taken: string;
  },
) {
  const { run, readOne, readAll } = connection;
  const parse = ({ record }: Row) => JSON.parse(record) as Kept;

  /** All of it or, where a name is taken, nothing. */
  const save = async (sql: string, kept: Kept, event?: AuditEvent): Promise<boolean> => {
    const { version } = kept;
    const [value, record] = [idOf(kept), JSON.stringify(kept)];
    try {
      return await write(() => {
        if (run(sql, { id: value, version, record }) !== 1) return false;
        run(`DELETE FROM ${names} WHERE ${id} = :id`, { id: value });
        for (const name of new Set(namesOf(kept))) {
          run(`INSERT INTO ${names} VALUES (:name, :id)`, { name, id: value });
        }
        keepUnsettled(connection, event);
        return true;
      });
    } catch (error) {
      throw violatedColumn(error) ? new DuplicateError(taken) : error;
    }
  };

  return {
    async find(value: string): Promise<Kept | undefined> {
      const row = await readOne<Row>(`SELECT record FROM ${table} WHERE ${id} = :value`, { value });
      return row && parse(row);
    },
    async findByName(name: string): Promise<Kept | undefined> {
      const sql = `SELECT record FROM ${names} JOIN ${table} USING (${id}) WHERE name = :name`;
      const row = await readOne<Row>(sql, { name });
      return row && parse(row);
    },
    async list({ after = '', limit }: { after?: string | undefined; limit: number }) {
      const rows = await readAll<Row>(
        `SELECT record FROM ${table} WHERE ${id} > :after ORDER BY ${id} LIMIT :limit`,
        { after, limit },
      );
      return rows.map(parse);
    },
    async create(kept: Kept, event?: AuditEvent): Promise<void> {
      await save(`INSERT INTO ${table} VALUES (:id, :version, :record)`, kept, event);
    },
    update: (kept: Kept, event?: AuditEvent): Promise<boolean> =>
      save(
        `UPDATE ${table} SET version = :version, record = :record
          WHERE ${id} = :id AND version = :version - 1`,
        kept,
        event,
      ),
    remove: (value: string, event?: AuditEvent): Promise<boolean> =>
      write(() => {
        run(`DELETE FROM ${names} WHERE ${id} = :value`, { value });
        if (run(`DELETE FROM ${table} WHERE ${id} = :value`, { value }) !== 1) return false;
        keepUnsettled(connection, event);
        return true;
      }),
  };
}
