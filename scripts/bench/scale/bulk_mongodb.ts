/**
 * MongoDB in bulk: what the store's modules write is gathered and sent in unordered batches. Documents, which are
 * changed by compare-and-set, and revocations are written at once.
 */
import { type Collection, type Db, type Document, MongoClient } from 'mongodb';
import { createApiKeyStore } from '../../../src/storage/mongodb/api_keys.ts';
import { createArtifactStore } from '../../../src/storage/mongodb/artifacts.ts';
import { createAuditChainStore } from '../../../src/storage/mongodb/audit_chains.ts';
import { createAuditStore } from '../../../src/storage/mongodb/audit_events.ts';
import { createClientStore } from '../../../src/storage/mongodb/clients.ts';
import type { Connection } from '../../../src/storage/mongodb/connection.ts';
import { createDocumentStore } from '../../../src/storage/mongodb/documents.ts';
import { createProjectStore } from '../../../src/storage/mongodb/projects.ts';
import { createRefusalStore } from '../../../src/storage/mongodb/refusals.ts';
import { createRevocationStore } from '../../../src/storage/mongodb/revocations.ts';
import { createStatisticsStore } from '../../../src/storage/mongodb/statistics.ts';
import { createStatusLeaseStore } from '../../../src/storage/mongodb/status_leases.ts';
import { createStatusRangeStore } from '../../../src/storage/mongodb/status_ranges.ts';
import { createUsageStore } from '../../../src/storage/mongodb/usage.ts';
import { createUserStore } from '../../../src/storage/mongodb/users.ts';
import type { BulkStore } from './bulk.ts';

const batch = 2000;
/** Batches of one collection that the server may be busy with. */
const mostUnderWay = 2;

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
    audit: createAuditStore(bulk),
    auditChains: createAuditChainStore(direct),
    clients: createClientStore(bulk),
    documents: createDocumentStore(direct),
    projects: createProjectStore(bulk),
    refusals: createRefusalStore(bulk),
    revocations: createRevocationStore(direct),
    statistics: createStatisticsStore(direct),
    statusLeases: createStatusLeaseStore(bulk),
    statusRanges: createStatusRangeStore(bulk),
    usage: createUsageStore(direct),
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

/** Reads go through; insertions wait for others, and nobody waits for them. */
function createGathering(target: Collection): Gathering {
  const underWay = new Set<Promise<unknown>>();
  let waiting: Document[] = [];
  const send = async () => {
    while (underWay.size >= mostUnderWay) await Promise.race(underWay);
    const documents = waiting;
    waiting = [];
    if (documents.length === 0) return;
    const sent = target.insertMany(documents, { ordered: false });
    underWay.add(sent);
    await sent.finally(() => underWay.delete(sent));
  };
  const insertMany = async (documents: readonly Document[]) => {
    waiting.push(...documents);
    if (waiting.length < batch) return;
    // The first failure ends the program.
    const sent = send();
    if (underWay.size >= mostUnderWay) await sent;
  };
  const insertOne = (document: Document) => insertMany([document]);
  // An artifact is put by an update that makes it where there is none.
  const updateOne = (filter: Document, { $set, $setOnInsert }: Document) =>
    insertOne({ ...filter, ...$set, ...$setOnInsert });
  const collection = new Proxy(target, {
    get(_target, name) {
      if (name === 'insertMany') return insertMany;
      if (name === 'insertOne') return insertOne;
      if (name === 'updateOne') return updateOne;
      const member = Reflect.get(target, name);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
  return {
    collection,
    async flush() {
      await send();
      await Promise.all(underWay);
    },
  };
}
