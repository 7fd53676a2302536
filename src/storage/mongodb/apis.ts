/**
 * APIs in MongoDB: the record as a JSON text, and beside it all names that lead to it, under one unique index.
 */
import type { ApiRecord, ApiStore } from '../apis.ts';
import { DuplicateError } from '../errors.ts';
import { asText, byId, type Connection } from './connection.ts';
import { retryDeadlocks, violatedIndex } from './errors.ts';
import { type Carrier, carrying, removeCarrier, replacing } from './unsettled_events.ts';

type Content = { version: number; names: string[]; record: string };
type StoredApi = Content & Carrier & { _id: string };

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
    async create(api, event) {
      const stored = { _id: asText(api.identifier), ...toStored(api), ...carrying(event) };
      await orDuplicate(() => apis.insertOne(stored));
    },
    async update(api, event) {
      const filter = { ...byId(api.identifier), version: api.version - 1 };
      const change = replacing<StoredApi>(toStored(api), [], event);
      const result = await orDuplicate(() => apis.updateOne(filter, change));
      return result.matchedCount === 1;
    },
    async remove(identifier, event) {
      const gone = { collection: 'apis', record: identifier };
      return (await guard(() => removeCarrier(database, gone, event))) !== undefined;
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
