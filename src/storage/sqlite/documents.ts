/**
 * Documents in SQLite.
 */
import type { DocumentStore } from '../documents.ts';
import type { Connection } from './connection.ts';
import { keepUnsettled } from './unsettled_events.ts';
import type { Writer } from './writer.ts';

const createSql = 'INSERT INTO documents VALUES (:name, 1, :json) ON CONFLICT DO NOTHING';

const changeSql = `UPDATE documents SET version = version + 1, value = :json
  WHERE name = :name AND version = :expected`;

/** See DocumentStore. */
export function createDocumentStore(connection: Connection, { write }: Writer): DocumentStore {
  const { run, readOne } = connection;
  return {
    async get<T>(name: string) {
      const row = await readOne<{ version: number; value: string }>(
        'SELECT version, value FROM documents WHERE name = :name',
        { name },
      );
      return row && { version: row.version, value: JSON.parse(row.value) as T };
    },
    async compareAndSet(name, expected, value, events = []) {
      const json = JSON.stringify(value);
      return write(() => {
        const isWritten =
          (expected === 0
            ? run(createSql, { name, json })
            : run(changeSql, { name, json, expected })) === 1;
        if (isWritten) for (const event of events) keepUnsettled(connection, event);
        return isWritten;
      });
    },
  };
}
