/**
 * API keys in MongoDB: the record as a JSON text beside what it is found by, and the last use in a field
 * of its own, which goes with the key and which no change of the record touches. `_id` is the hash: the
 * read of each verification takes the shortest way, and that a hash is given once rests on no other index.
 */
import type { Filter } from 'mongodb';
import {
  type ApiKeyRecord,
  type ApiKeyStore,
  apiKeyConditions,
  apiKeyListing,
  endOf,
} from '../api_keys.ts';
import { DuplicateError } from '../errors.ts';
import type { Fillable } from '../search.ts';
import { asText, byId, type Connection, exactly, firstOf } from './connection.ts';
import { retryDeadlocks, violatedIndex } from './errors.ts';
import { createRecordLists } from './record_lists.ts';
import { type Carrier, carrying, replacing } from './unsettled_events.ts';

/** Absent (never null) where there is none. */
type StoredKey = Carrier & {
  _id: string;
  id: string;
  lineage: string;
  project_id?: string;
  user_id?: string;
  ends_at?: number;
  revoked_at?: number;
  last_used_at?: number;
  version: number;
  record: string;
};

const optionalFields = ['project_id', 'user_id', 'ends_at', 'revoked_at'] as const;

/** See ApiKeyStore. */
export function createApiKeyStore(connection: Connection): ApiKeyStore & Fillable {
  const { database, guard } = connection;
  const keys = database.collection<StoredKey>('api_keys');

  const { list, fill, linksOf, creating, updating, removing } = createRecordLists(connection, {
    ...{ collection: 'api_keys', id: 'id', name: 'id', listing: apiKeyListing },
  });

  const findBy = async (field: '_id' | 'id', value: string) => {
    const filter = { [field]: exactly(value) };
    const stored = await guard(() => keys.findOne(filter, { projection: { record: 1 } }));
    return stored ? toRecord(stored) : undefined;
  };
  const select = async (filter: Filter<StoredKey>, sort: Record<string, 1>, limit: number) => {
    const found = keys.find(filter, { projection: { record: 1 } });
    return (await guard(() => firstOf(found.sort(sort), limit))).map(toRecord);
  };

  return {
    find: (id) => findBy('id', id),
    findByHash: (hash) => findBy('_id', hash),
    fill,
    list: (options) => list(options, apiKeyConditions(options)),
    async expiring({ from, until, limit }) {
      const filter = { ends_at: { $gt: from, $lt: until }, revoked_at: { $exists: false } };
      return select(filter, { ends_at: 1, id: 1 }, limit);
    },
    async create(key, event) {
      const stored = {
        ...{ _id: asText(key.hash), ...toStored(key, linksOf(key)) },
        ...carrying(event),
      };
      const insert = () => retryDeadlocks(() => keys.insertOne(stored));
      try {
        await guard(() => creating(key, insert));
      } catch (error) {
        const index = violatedIndex(error);
        if (!index) throw error;
        throw new DuplicateError(`An API key with this ${index === '_id_' ? 'hash' : index}`);
      }
    },
    update(key, event) {
      const replace = async () => {
        const filter = { ...byId(key.hash), id: exactly(key.id), version: key.version - 1 };
        const change = replacing<StoredKey>(toStored(key, linksOf(key)), optionalFields, event);
        const result = await keys.updateOne(filter, change);
        return result.matchedCount === 1;
      };
      return guard(() => updating(key, replace));
    },
    remove: (id) =>
      guard(() =>
        removing(async () => {
          const gone = await keys.findOneAndDelete({ id: exactly(id) });
          return gone?.record;
        }),
      ),
    async touch(uses) {
      if (uses.length === 0) return;
      // In one order, so that two that touch the same keys never wait for each other in a circle.
      const sorted = uses.toSorted((one, other) => (one.keyId < other.keyId ? -1 : 1));
      const updates = sorted.map(({ keyId, lastUsedAt: last_used_at }) => ({
        updateOne: { filter: { id: exactly(keyId) }, update: { $max: { last_used_at } } },
      }));
      await guard(() => keys.bulkWrite(updates, { ordered: false }));
    },
    async lastUses(keyIds) {
      const filter = { id: { $in: keyIds.map(asText) }, last_used_at: { $exists: true } };
      const found = keys.find(filter, { projection: { id: 1, last_used_at: 1 } });
      return (await guard(() => found.toArray())).map(({ id, last_used_at = 0 }) => ({
        keyId: id,
        lastUsedAt: last_used_at,
      }));
    },
  };
}

/** `links`: the fields that it is listed by. */
function toStored(key: ApiKeyRecord, links: object): Omit<StoredKey, '_id'> {
  const { id, lineage, revokedAt, version } = key;
  const endsAt = endOf(key);
  return {
    ...{ id, lineage, ...links },
    ...(endsAt !== undefined && { ends_at: endsAt }),
    ...(revokedAt !== undefined && { revoked_at: revokedAt }),
    version,
    record: JSON.stringify(key),
  };
}

function toRecord({ record }: Pick<StoredKey, 'record'>): ApiKeyRecord {
  return JSON.parse(record) as ApiKeyRecord;
}
