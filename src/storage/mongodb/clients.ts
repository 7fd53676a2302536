/**
 * Clients in MongoDB: the record as a JSON text beside what it is found by.
 */
import type { ClientRecord, ClientStore } from '../clients.ts';
import { DuplicateError } from '../errors.ts';
import { byId, type Connection } from './connection.ts';
import { violatedIndex } from './errors.ts';
import { type Carrier, carrying, removeCarrier, replacing } from './unsettled_events.ts';

type StoredClient = Carrier & {
  _id: string;
  version: number;
  record: string;
  expires_at?: Date;
};

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
    async create(client, event) {
      const { clientId: _id } = client;
      try {
        await guard(() => clients.insertOne({ _id, ...toStored(client), ...carrying(event) }));
      } catch (error) {
        throw violatedIndex(error) ? new DuplicateError('A client with this client_id') : error;
      }
    },
    async update(client, event) {
      const { version } = client;
      const result = await guard(() =>
        clients.updateOne(
          { ...byId(client.clientId), version: version - 1 },
          replacing<StoredClient>(toStored(client), ['expires_at'], event),
        ),
      );
      return result.matchedCount === 1;
    },
    remove: (clientId) =>
      guard(() => removeCarrier(database, { collection: 'clients', record: clientId }, undefined)),
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
