/**
 * APIs in SQLite: the record as JSON, and beside it all names that lead to it.
 */
import type { ApiRecord, ApiStore } from '../apis.ts';
import type { AuditEvent } from '../audit_events.ts';
import { DuplicateError } from '../errors.ts';
import type { Connection } from './connection.ts';
import { violatedColumn } from './errors.ts';
import { keepUnsettled } from './unsettled_events.ts';
import type { Writer } from './writer.ts';

type Row = { record: string };

/** See ApiStore. */
export function createApiStore(connection: Connection, { write }: Writer): ApiStore {
  const { run, readOne, readAll } = connection;

  /** All of it or, where a name is taken, nothing. */
  const save = async (sql: string, api: ApiRecord, event?: AuditEvent): Promise<boolean> => {
    const { identifier, aliases, version } = api;
    const record = JSON.stringify(api);
    try {
      return await write(() => {
        if (run(sql, { identifier, version, record }) !== 1) return false;
        run('DELETE FROM api_names WHERE identifier = :identifier', { identifier });
        for (const name of new Set([identifier, ...aliases])) {
          run('INSERT INTO api_names VALUES (:name, :identifier)', { name, identifier });
        }
        keepUnsettled(connection, event);
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
    async create(api, event) {
      await save('INSERT INTO apis VALUES (:identifier, :version, :record)', api, event);
    },
    update: (api, event) =>
      save(
        `UPDATE apis SET version = :version, record = :record
          WHERE identifier = :identifier AND version = :version - 1`,
        api,
        event,
      ),
    remove: (identifier, event) =>
      write(() => {
        run('DELETE FROM api_names WHERE identifier = :identifier', { identifier });
        if (run('DELETE FROM apis WHERE identifier = :identifier', { identifier }) !== 1)
          return false;
        keepUnsettled(connection, event);
        return true;
      }),
  };
}

function toRecord({ record }: Row): ApiRecord {
  return JSON.parse(record) as ApiRecord;
}
