/**
 * APIs in SQLite: the record as JSON, and beside it all names that lead to it.
 */
import type { ApiRecord, ApiStore } from '../apis.ts';
import { DuplicateError } from '../errors.ts';
import type { Connection } from './connection.ts';
import { violatedColumn } from './errors.ts';
import type { Writer } from './writer.ts';

type Row = { record: string };

/** See ApiStore. */
export function createApiStore({ run, readOne, readAll }: Connection, { write }: Writer): ApiStore {
  /** All of it or, where a name is taken, nothing. */
  const save = async (sql: string, api: ApiRecord): Promise<boolean> => {
    const { identifier, aliases, version } = api;
    const record = JSON.stringify(api);
    try {
      return await write(() => {
        if (run(sql, { identifier, version, record }) !== 1) return false;
        run('DELETE FROM api_names WHERE identifier = :identifier', { identifier });
        for (const name of new Set([identifier, ...aliases])) {
          run('INSERT INTO api_names VALUES (:name, :identifier)', { name, identifier });
        }
        return true;
      });
    } catch (error) {
      throw violatedColumn(error) ? new DuplicateError('An API with one of these names') : error;
    }
  };

  return {
    async find(identifier) {
      const sql = 'SELECT record FROM apis WHERE identifier = :identifier';
      const row = await readOne<Row>(sql, { identifier });
      return row && toRecord(row);
    },
    async list({ after = '', limit }) {
      const rows = await readAll<Row>(
        'SELECT record FROM apis WHERE identifier > :after ORDER BY identifier LIMIT :limit',
        { after, limit },
      );
      return rows.map(toRecord);
    },
    async create(api) {
      await save('INSERT INTO apis VALUES (:identifier, :version, :record)', api);
    },
    update: (api) =>
      save(
        `UPDATE apis SET version = :version, record = :record
          WHERE identifier = :identifier AND version = :version - 1`,
        api,
      ),
    remove: (identifier) =>
      write(() => {
        run('DELETE FROM api_names WHERE identifier = :identifier', { identifier });
        return run('DELETE FROM apis WHERE identifier = :identifier', { identifier }) === 1;
      }),
  };
}

function toRecord({ record }: Row): ApiRecord {
  return JSON.parse(record) as ApiRecord;
}
