/**
 * MongoDB in bulk: what the store's modules write is gathered and sent in unordered batches. Documents, which are
 * changed by compare-and-set, and revocations are written at once.
 */
import { type Collection, type Db, type Document, MongoClient } from 'mongodb';
import { createApiKeyStore } from '../../../src/storage/mongodb/api_keys.ts';
import { createArtifactStore } from '../../../src/storage/mongodb/artifacts.ts';
import { createClientStore } from '../../../src/storage/mongodb/clients.ts';
import type { Connection } from '../../../src/storage/mongodb/connection.ts';
import { createDocumentStore } from '../../../src/storage/mongodb/documents.ts';
import { createProjectStore } from '../../../src/storage/mongodb/projects.ts';
import { createRevocationStore } from '../../../src/storage/mongodb/revocations.ts';
import { createStatusLeaseStore } from '../../../src/storage/mongodb/status_leases.ts';
import { createStatusRangeStore } from '../../../src/storage/mongodb/status_ranges.ts';
import { createUserStore } from '../../../src/storage/mongodb/users.ts';
import type { BulkStore } from './bulk.ts';

const batch = 2000;

export async function openBulkMongo(url: string): Promise<BulkStore> {
  const client = new MongoClient(url);
  const database = client.db();
  const gathered = new Map<string, Gathering>();
  const gathering = (name: string) => {
    const known = gathered.get(name) ?? createGathering(database.collection(name));
    gathered.set(name, known);
    return known;
  };
  const direct: Connection = { database, guard: (work) => work(), close: () => client.close() };
  const bulk: Connection = {
    ...direct,
    database: { collection: (name: string) => gathering(name).collection } as unknown as Db,
  };
  return {
    apiKeys: createApiKeyStore(bulk),
    artifacts: createArtifactStore(bulk, { now: Date.now }),
    clients: createClientStore(bulk),
    documents: createDocumentStore(direct),
    projects: createProjectStore(bulk),
    revocations: createRevocationStore(direct),
    statusLeases: createStatusLeaseStore(bulk),
    statusRanges: createStatusRangeStore(bulk),
    users: createUserStore(bulk),
    async artifactOf(kind) {
      const found = await database
        .collection('artifacts')
        .findOne({ kind }, { sort: { created: -1 } });
      return String(found?._id).slice(kind.length + 1);
    },
    async finish() {
      for (const { flush } of gathered.values()) await flush();
      await client.close();
    },
  };
}

type Gathering = { collection: Collection; flush(): Promise<void> };

/** Reads go through; insertions wait for others. */
function createGathering(target: Collection): Gathering {
  let waiting: Document[] = [];
  const flush = async () => {
    const documents = waiting;
    waiting = [];
    if (documents.length > 0) await target.insertMany(documents, { ordered: false });
  };
  const insertOne = async (document: Document) => {
    waiting.push(document);
    if (waiting.length >= batch) await flush();
  };
  // An artifact is put by an update that makes it where there is none.
  const updateOne = (filter: Document, { $set, $setOnInsert }: Document) =>
    insertOne({ ...filter, ...$set, ...$setOnInsert });
  const collection = new Proxy(target, {
    get(_target, name) {
      if (name === 'insertOne') return insertOne;
      if (name === 'updateOne') return updateOne;
      const member = Reflect.get(target, name);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
  return { collection, flush };
}
