/**
 * Documents in SQLite.
 */
import type { DocumentStore } from '../documents.ts';
import type { Connection } from './connection.ts';
import type { Writer } from './writer.ts';

/** See DocumentStore. */
export function createDocumentStore(
  { run, readOne }: Connection,
  { write }: Writer,
): DocumentStore {
  return {
    async get<T>(name: string) {
      const row = await readOne<{ version: number; value: string }>(
        'SELECT version, value FROM documents WHERE name = :name',
        { name },
      );
      return row && { version: row.version, value: JSON.parse(row.value) as T };
    },
    async compareAndSet(name, expected, value) {
      const json = JSON.stringify(value);
      return write(() =>
        expected === 0
          ? run('INSERT INTO documents VALUES (:name, 1, :json) ON CONFLICT DO NOTHING', {
              name,
              json,
            }) === 1
          : run(
              `UPDATE documents SET version = version + 1, value = :json
                WHERE name = :name AND version = :expected`,
              { name, json, expected },
            ) === 1,
      );
    },
  };
}
