/**
 * Clients in MongoDB: the record as a JSON text beside what it is found by, and the last uses in fields of their own,
 * which no change of the record touches, but that a secret which it loses takes its last use along.
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
  last_used_at?: number;
  /** By the hash of the secret, which is base64url. */
  secret_uses?: Record<string, number>;
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
      const replace = async (previous: ClientRecord) => {
        const filter = { ...byId(clientId), version: version - 1 };
        const optional = [
          ...['expires_at', ...linkFields(client)],
          ...lostSecrets(previous, client).map(useOf),
        ] as (keyof StoredClient & string)[];
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
    async touch(uses) {
      if (uses.length === 0) return;
      // In one order, so that two that touch the same clients never wait for each other in a circle.
      const sorted = uses.toSorted((one, other) => (one.clientId < other.clientId ? -1 : 1));
      const updates = sorted.map(({ clientId, secretHash, lastUsedAt: last_used_at }) => {
        const ofSecret = secretHash !== undefined && { [useOf(secretHash)]: last_used_at };
        const update = { $max: { last_used_at, ...ofSecret } };
        return { updateOne: { filter: byId(clientId), update } };
      });
      await guard(() => clients.bulkWrite(updates, { ordered: false }));
    },
    async lastUses(clientIds) {
      const filter = { _id: { $in: clientIds.map(asText) }, last_used_at: { $exists: true } };
      const found = clients.find(filter, { projection: { last_used_at: 1, secret_uses: 1 } });
      return (await guard(() => found.toArray())).map((stored) => {
        const { _id: clientId, last_used_at: lastUsedAt = 0, secret_uses: secrets = {} } = stored;
        return { clientId, lastUsedAt, secrets };
      });
    },
  };
}

/** The hashes of the secrets that a change of a client leaves out. */
function lostSecrets(before: ClientRecord, after: ClientRecord): string[] {
  const kept = new Set(after.secretHashes.map(({ hash }) => hash));
  return before.secretHashes.map(({ hash }) => hash).filter((hash) => !kept.has(hash));
}

function useOf(secretHash: string): string {
  return `secret_uses.${secretHash}`;
}

function toRecord({ record }: StoredClient): ClientRecord {
  return JSON.parse(record) as ClientRecord;
}
