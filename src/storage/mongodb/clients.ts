/**
 * Clients in MongoDB: the record as a JSON text beside what it is found by.
 */
import type { ClientRecord, ClientStore } from '../clients.ts';
import { DuplicateError } from '../errors.ts';
import { byId, type Connection } from './connection.ts';
import { violatedIndex } from './errors.ts';

type StoredClient = { _id: string; version: number; record: string; expires_at?: Date };

/** See ClientStore. */
export function createClientStore({ database, guard }: Connection): ClientStore {
  const clients = database.collection<StoredClient>('clients');
  return {
    async find(clientId) {
      const stored = await guard(() => clients.findOne(byId(clientId)));
      return stored ? toRecord(stored) : undefined;
    },
    async list({ after = '', limit }) {
      const stored = await guard(() =>
        clients
          .find({ _id: { $gt: after } })
          .sort({ _id: 1 })
          .limit(limit)
          .toArray(),
      );
      return stored.map(toRecord);
    },
    async create(client) {
      const { clientId: _id } = client;
      try {
        await guard(() => clients.insertOne({ _id, ...toStored(client) }));
      } catch (error) {
        throw violatedIndex(error) ? new DuplicateError('A client with this client_id') : error;
      }
    },
    async update(client) {
      const { version } = client;
      const result = await guard(() =>
        clients.replaceOne({ ...byId(client.clientId), version: version - 1 }, toStored(client)),
      );
      return result.matchedCount === 1;
    },
    async remove(clientId) {
      const result = await guard(() => clients.deleteOne(byId(clientId)));
      return result.deletedCount === 1;
    },
  };
}

function toStored(client: ClientRecord): Omit<StoredClient, '_id'> {
  const { version, expiresAt } = client;
  const record = JSON.stringify(client);
  return { version, record, ...(expiresAt !== undefined && { expires_at: new Date(expiresAt) }) };
}

function toRecord({ record }: StoredClient): ClientRecord {
  return JSON.parse(record) as ClientRecord;
}
