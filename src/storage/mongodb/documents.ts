/**
 * Documents in MongoDB; the value is kept as a JSON text.
 */
import type { AuditEvent } from '../audit_events.ts';
import type { DocumentStore } from '../documents.ts';
import { byId, type Connection } from './connection.ts';
import { violatedIndex } from './errors.ts';
import { type Carrier, carrying, replacing } from './unsettled_events.ts';

type DocumentRecord = Carrier & { _id: string; version: number; value: string };

/** See DocumentStore. */
export function createDocumentStore({ database, guard }: Connection): DocumentStore {
  const documents = database.collection<DocumentRecord>('documents');

  async function create(
    name: string,
    value: string,
    events: readonly AuditEvent[],
  ): Promise<boolean> {
    try {
      await guard(() =>
        documents.insertOne({ _id: name, version: 1, value, ...carrying(...events) }),
      );
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
    async compareAndSet(name, expected, value, events = []) {
      const json = JSON.stringify(value);
      if (expected === 0) return create(name, json, events);
      const result = await guard(() =>
        documents.updateOne(
          { ...byId(name), version: expected },
          replacing<DocumentRecord>({ version: expected + 1, value: json }, [], ...events),
        ),
      );
      return result.matchedCount === 1;
    },
  };
}
