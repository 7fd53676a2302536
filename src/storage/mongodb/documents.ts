/**
 * Documents in MongoDB; the value is kept as a JSON text.
 */
import type { DocumentStore } from '../documents.ts';
import { byId, type Connection } from './connection.ts';
import { violatedIndex } from './errors.ts';

type DocumentRecord = { _id: string; version: number; value: string };

/** See DocumentStore. */
export function createDocumentStore({ database, guard }: Connection): DocumentStore {
  const documents = database.collection<DocumentRecord>('documents');

  async function create(name: string, value: string): Promise<boolean> {
    try {
      await guard(() => documents.insertOne({ _id: name, version: 1, value }));
      return true;
    } catch (error) {
      if (violatedIndex(error)) return false;
      throw error;
    }
  }

  return {
    async get<T>(name: string) {
      const record = await guard(() => documents.findOne(byId(name)));
      if (!record) return undefined;
      return { version: record.version, value: JSON.parse(record.value) as T };
    },
    async compareAndSet(name, expected, value) {
      const json = JSON.stringify(value);
      if (expected === 0) return create(name, json);
      const result = await guard(() =>
        documents.updateOne(
          { ...byId(name), version: expected },
          { $set: { version: expected + 1, value: json } },
        ),
      );
      return result.matchedCount === 1;
    },
  };
}
