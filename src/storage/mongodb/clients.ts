/**
 * Clients in MongoDB: the record as a JSON text beside what it is found by.
 */
import {
  type ClientRecord,
  type ClientStore,
  clientConditions,
  clientListing,
} from '../clients.ts';
import { DuplicateError } from '../errors.ts';
import type { Fillable } from '../search.ts';
import { asText, byId, type Connection } from './connection.ts';
import { violatedIndex } from './errors.ts';
import { createRecordLists } from './record_lists.ts';
import { type Carrier, carrying, removeCarrier, replacing } from './unsettled_events.ts';

type StoredClient = Carrier & {
  _id: string;
  version: number;
  record: string;
  expires_at?: Date;
};

/** See ClientStore. */
export function createClientStore(connection: Connection): ClientStore & Fillable {
  const { database, guard } = connection;
  const clients = database.collection<StoredClient>('clients');
  const lists = createRecordLists(connection, {
    ...{ collection: 'clients', id: '_id', name: '_id', listing: clientListing },
  });
  const { list, fill, linksOf, linkFields, creating, updating, removing } = lists;
  const toStored = (client: ClientRecord) => {
    const { version, expiresAt } = client;
    return {
      ...{ ...linksOf(client), version, record: JSON.stringify(client) },
      ...(expiresAt !== undefined && { expires_at: new Date(expiresAt) }),
    };
  };

  return {
    async find(clientId) {
      const stored = await guard(() => clients.findOne(byId(clientId)));
      return stored ? toRecord(stored) : undefined;
    },
    fill,
    list: (options) => list(options, clientConditions(options)),
    async create(client, event) {
      const stored = { _id: asText(client.clientId), ...toStored(client), ...carrying(event) };
      try {
        await guard(() => creating(client, () => clients.insertOne(stored)));
      } catch (error) {
        throw violatedIndex(error) ? new DuplicateError('A client with this client_id') : error;
      }
    },
    update(client, event) {
      const { clientId, version } = client;
      const replace = async () => {
        const filter = { ...byId(clientId), version: version - 1 };
        const optional = ['expires_at', ...linkFields(client)] as (keyof StoredClient & string)[];
        const change = replacing<StoredClient>(toStored(client), optional, event);
        const result = await clients.updateOne(filter, change);
        return result.matchedCount === 1;
      };
      return guard(() => updating(client, replace));
    },
    remove: (clientId) =>
      guard(() =>
        removing(() =>
          removeCarrier(database, { collection: 'clients', record: clientId }, undefined),
        ),
      ),
  };
}

function toRecord({ record }: StoredClient): ClientRecord {
  return JSON.parse(record) as ClientRecord;
}
