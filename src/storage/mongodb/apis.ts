/**
 * APIs in MongoDB: the record as a JSON text, and beside it all names that lead to it, under one unique index.
 */
import type { ApiRecord, ApiStore } from '../apis.ts';
import { DuplicateError } from '../errors.ts';
import { asText, byId, type Connection } from './connection.ts';
import { retryDeadlocks, violatedIndex } from './errors.ts';

type Content = { version: number; names: string[]; record: string };
type StoredApi = Content & { _id: string };

/** See ApiStore. */
export function createApiStore({ database, guard }: Connection): ApiStore {
  const apis = database.collection<StoredApi>('apis');

  const orDuplicate = async <T>(operation: () => Promise<T>): Promise<T> => {
    try {
      return await guard(() => retryDeadlocks(operation));
    } catch (error) {
      throw violatedIndex(error) ? new DuplicateError('An API with one of these names') : error;
    }
  };

  return {
    async find(identifier) {
      const stored = await guard(() => apis.findOne(byId(identifier)));
      return stored ? toRecord(stored) : undefined;
    },
    async list({ after = '', limit }) {
      const stored = await guard(() =>
        apis
          .find({ _id: { $gt: asText(after) } })
          .sort({ _id: 1 })
          .limit(limit)
          .toArray(),
      );
      return stored.map(toRecord);
    },
    async create(api) {
      const stored = { _id: asText(api.identifier), ...toStored(api) };
      await orDuplicate(() => apis.insertOne(stored));
    },
    async update(api) {
      const filter = { ...byId(api.identifier), version: api.version - 1 };
      const result = await orDuplicate(() => apis.replaceOne(filter, toStored(api)));
      return result.matchedCount === 1;
    },
    async remove(identifier) {
      const result = await guard(() => apis.deleteOne(byId(identifier)));
      return result.deletedCount === 1;
    },
  };
}

function toStored(api: ApiRecord): Content {
  const { identifier, aliases, version } = api;
  const names = [...new Set([identifier, ...aliases])].map(asText);
  return { version, names, record: JSON.stringify(api) };
}

function toRecord({ record }: Content): ApiRecord {
  return JSON.parse(record) as ApiRecord;
}
