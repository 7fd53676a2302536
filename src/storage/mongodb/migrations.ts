/**
 * The schema (indexes) and its history. The version stands in one record of the collection `schema`;
 * whoever of several nodes takes the lease in that record migrates, the others wait. A node that dies
 * amid a migration leaves it to the next, so each migration can be run again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Collection, Db, Document, IndexDescription } from 'mongodb';
import { clockSkewMs } from '../../clock.ts';
import { randomId } from '../../digests.ts';
import { StoreTooNewError, StoreUnavailableError } from '../errors.ts';
import { upsert } from './errors.ts';
import { type RefusalDocument, toRefusalDocument } from './refusals.ts';

type SchemaRecord = { _id: 'schema'; version: number; lease_until: Date; lease_by?: string };

const leaseMs = 30_000;

/** Migration n (from 1) leads from version n-1 to n. Published ones never change. */
export const migrations: readonly ((database: Db) => Promise<void>)[] = [
  createFirstIndexes,
  narrowArtifactIndexes,
  addStatusLeases,
  expireUnusedClients,
  linkAuditEvents,
  nameApis,
  findWaitingDeliveries,
  addLists,
  addConsoleRecords,
  carryEventsOfApis,
  carryEventsOfDocuments,
  addAuthenticators,
  listClientsByApi,
  addMails,
  listLeavingUsers,
  listTrustedBrowsers,
];

/** Whether Cardea was ever here. */
export async function hasSchema(database: Db): Promise<boolean> {
  return (await schema(database).findOne({ _id: 'schema' })) !== null;
}

/** Whether `migrate` has something to do. Throws StoreTooNewError. */
export async function needsMigration(database: Db): Promise<boolean> {
  const record = await schema(database).findOne({ _id: 'schema' });
  const version = record?.version ?? 0;
  if (version > migrations.length) throw new StoreTooNewError(version, migrations.length);
  return version < migrations.length;
}

/** Brings the schema to this program's version, or waits while another node does; answers whether it was this one. */
export async function migrate(database: Db): Promise<boolean> {
  const start = { version: 0, lease_until: new Date(0) };
  await upsert(() =>
    schema(database).updateOne({ _id: 'schema' }, { $setOnInsert: start }, { upsert: true }),
  );
  let migrated = false;
  while (await needsMigration(database)) {
    const owner = randomId();
    const record = await takeLease(database, owner);
    if (record) migrated = await runMigrations(database, record.version, owner);
    else await sleep(100);
  }
  return migrated;
}

/** The server's own clock ($$NOW) decides, so that nodes whose clocks differ agree. */
function takeLease(database: Db, owner: string): Promise<SchemaRecord | null> {
  return schema(database).findOneAndUpdate(
    { _id: 'schema', $expr: { $lt: ['$lease_until', '$$NOW'] } },
    [{ $set: { lease_until: { $add: ['$$NOW', leaseMs] }, lease_by: { $literal: owner } } }],
    { returnDocument: 'after' },
  );
}

/** From `from` on; answers whether there were any (another node may just have been at it). */
async function runMigrations(database: Db, from: number, owner: string): Promise<boolean> {
  const mine = { _id: 'schema' as const, lease_by: owner };
  const renewal = setInterval(() => {
    schema(database)
      .updateOne(mine, [{ $set: { lease_until: { $add: ['$$NOW', leaseMs] } } }])
      // A lease that cannot be renewed runs out; the step below then does not count.
      .catch(() => {});
  }, leaseMs / 3);
  try {
    for (const [index, migration] of migrations.entries()) {
      if (index < from) continue;
      await migration(database);
      const done = await schema(database).updateOne(
        { ...mine, version: index },
        { $set: { version: index + 1 } },
      );
      if (done.matchedCount === 0) {
        throw new StoreUnavailableError(new Error('another node took over the migration'));
      }
    }
    return from < migrations.length;
  } finally {
    clearInterval(renewal);
    await schema(database).updateOne(mine, { $set: { lease_until: new Date(0) } });
  }
}

function schema(database: Db): Collection<SchemaRecord> {
  return database.collection<SchemaRecord>('schema');
}

function expiry(field: string): IndexDescription {
  return {
    name: 'expiry',
    key: { [field]: 1 },
    // The server's clock may be ahead of the nodes', to which a record is not over yet.
    expireAfterSeconds: clockSkewMs / 1000,
  };
}

/** `sparse` where most records lack the link; expired records go by themselves where there is a TTL. */
async function createFirstIndexes(database: Db): Promise<void> {
  const link = (name: string, field: string): IndexDescription => ({
    name,
    key: { [field]: 1 },
    sparse: true,
  });
  const indexes: Record<string, IndexDescription[]> = {
    artifacts: [
      link('grant', 'grant_id'),
      link('family', 'family_id'),
      {
        name: 'account',
        key: { account_id: 1, client_id: 1 },
        // Sparse would take in all that have a client.
        partialFilterExpression: { account_id: { $exists: true } },
      },
      link('client', 'client_id'),
      link('session', 'session_uid'),
      link('alias', 'alias'),
      expiry('expires_at'),
    ],
    revocations: [
      { name: 'sequence', key: { sequence: 1 } },
      {
        name: 'work',
        key: { sequence: 1, work: 1 },
        partialFilterExpression: { work: { $exists: true } },
      },
      expiry('expires_at'),
    ],
    status_ranges: [
      { name: 'position', key: { list: 1, first: 1 } },
      ...['grant_id', 'session', 'user_id', 'client_id', 'derived_from'].map(
        (field): IndexDescription => ({
          name: field.replace('_id', ''),
          key: { [field]: 1, list: 1, first: 1 },
          partialFilterExpression: { [field]: { $exists: true } },
        }),
      ),
      expiry('expires_at'),
    ],
    counters: [expiry('reset_at')],
    users: [
      { name: 'username', key: { username: 1 }, unique: true },
      {
        name: 'email',
        key: { email: 1 },
        unique: true,
        partialFilterExpression: { email: { $exists: true } },
      },
    ],
    projects: [{ name: 'name', key: { name: 1 }, unique: true }],
    api_keys: [
      { name: 'id', key: { id: 1 }, unique: true },
      { name: 'lineage', key: { lineage: 1, id: 1 } },
      ...['project_id', 'user_id', 'ends_at'].map(
        (field): IndexDescription => ({
          name: field,
          key: { [field]: 1, id: 1 },
          partialFilterExpression: { [field]: { $exists: true } },
        }),
      ),
    ],
    usage: [
      { name: 'key', key: { key_id: 1, _id: 1 } },
      { name: 'project', key: { project_id: 1, _id: 1 } },
      { name: 'api', key: { api: 1, _id: 1 } },
    ],
    webhook_deliveries: [{ name: 'due', key: { endpoint: 1, due_at: 1 } }, expiry('expires_at')],
    audit_events: [
      { name: 'at', key: { at: -1, _id: -1 } },
      { name: 'type', key: { type: 1, at: -1, _id: -1 } },
      { name: 'user', key: { user_id: 1, at: -1, _id: -1 } },
      { name: 'client', key: { client_id: 1, at: -1, _id: -1 } },
    ],
  };
  for (const [collection, descriptions] of Object.entries(indexes)) {
    await database.collection(collection).createIndexes(descriptions);
  }
}

/**
 * What is looked up by a link is of one kind, so its index has that kind alone: spent refresh tokens are in none.
 * Status ranges are found by their family, too.
 */
async function narrowArtifactIndexes(database: Db): Promise<void> {
  const newestOf = (name: string, kind: string, ...fields: string[]): IndexDescription => ({
    name,
    key: { ...Object.fromEntries(fields.map((field) => [field, 1])), created: -1 },
    partialFilterExpression: { kind },
  });
  const artifacts = database.collection('artifacts');
  await artifacts.createIndexes([
    newestOf('sessions', 'Session', 'session_uid'),
    newestOf('device_codes', 'DeviceCode', 'alias'),
    newestOf('grants', 'Grant', 'account_id', 'client_id'),
    { name: 'account_only', key: { account_id: 1 }, sparse: true },
    {
      name: 'grant_session',
      key: { grant_id: 1, session_uid: 1 },
      partialFilterExpression: { grant_id: { $exists: true } },
    },
  ]);
  await database.collection('status_ranges').createIndexes([
    {
      name: 'family',
      key: { family_id: 1, list: 1, first: 1 },
      partialFilterExpression: { family_id: { $exists: true } },
    },
  ]);
  const there = new Set((await artifacts.indexes()).map(({ name }) => name));
  for (const name of ['session', 'alias', 'account', 'grant']) {
    if (there.has(name)) await artifacts.dropIndex(name);
  }
}

/**
 * Leases, by which many tokens are revoked at once. What is there becomes a lease of its own, range by range.
 */
async function addStatusLeases(database: Db): Promise<void> {
  const [leases, ranges] = [
    database.collection('status_leases'),
    database.collection('status_ranges'),
  ];
  const byPosition = (name: string, field: string): IndexDescription => ({
    name,
    key: { [field]: 1, list: 1, first: 1 },
    partialFilterExpression: { [field]: { $exists: true } },
  });
  await leases.createIndexes([
    { name: 'position', key: { list: 1, first: 1 } },
    byPosition('api', 'api'),
    byPosition('client', 'client_id'),
    expiry('expires_at'),
  ]);
  for (let last: Document | undefined; ; ) {
    const behind = last ? { _id: { $gt: last._id } } : {};
    const batch = await ranges.find(behind).sort({ _id: 1 }).limit(1000).toArray();
    last = batch.at(-1);
    if (!last) break;
    await leases.bulkWrite(
      batch.map(({ _id, list, first, count, api, key_id, as_of, expires_at }) => {
        const times = { issued_from: 0, issued_until: Math.floor(expires_at.getTime() / 1000) };
        const lease = { list, first, count, api, key_id, ...times, as_of, expires_at };
        return { replaceOne: { filter: { _id }, replacement: lease, upsert: true } };
      }),
    );
    await ranges.updateMany({ _id: { $in: batch.map(({ _id }) => _id) } }, [
      { $set: { loose_client: '$client_id' } },
    ]);
  }
  await ranges.createIndexes([byPosition('loose_client', 'loose_client')]);
  const there = await ranges.indexes();
  if (there.some(({ name }) => name === 'client')) await ranges.dropIndex('client');
}

/** Clients that came by themselves and were never used. */
async function expireUnusedClients(database: Db): Promise<void> {
  await database.collection('clients').createIndexes([expiry('expires_at')]);
}

/** Of records that carry audit events (unsettled_events.ts). */
const unsettled = ['id', 'at'].map(
  (field): IndexDescription => ({
    ...{ name: `unsettled_${field}`, key: { [`unsettled.${field}`]: 1 }, sparse: true },
  }),
);

/** Audit events by who did what with which request; the register of their chains; those of changes under way. */
async function linkAuditEvents(database: Db): Promise<void> {
  await database.collection('audit_events').createIndexes(
    ['actor', 'target', 'request_id'].map((field) => ({
      name: field,
      key: { [field]: 1, at: -1, _id: -1 },
      partialFilterExpression: { [field]: { $exists: true } },
    })),
  );
  await database
    .collection('audit_chains')
    .createIndexes([{ name: 'position', key: { position: 1 }, unique: true }]);
  for (const name of ['clients', 'users', 'projects', 'api_keys']) {
    await database.collection(name).createIndexes(unsettled);
  }
  await database.collection('unsettled_removals').createIndexes([{ name: 'at', key: { at: 1 } }]);
}

/** APIs that are made while the server runs, and those of the declarative file: each name leads to one. */
async function nameApis(database: Db): Promise<void> {
  const names: IndexDescription = { name: 'names', key: { names: 1 }, unique: true };
  await database.collection('apis').createIndexes([names]);
}

/** Deliveries that were neither made nor given up: those have no payload any more. */
async function findWaitingDeliveries(database: Db): Promise<void> {
  await database.collection('webhook_deliveries').createIndexes([
    {
      name: 'waiting',
      key: { endpoint: 1, created_at: 1, _id: 1 },
      partialFilterExpression: { payload: { $gt: '' } },
    },
  ]);
}

function byLink(field: string, name: string): IndexDescription {
  return {
    name: field,
    key: { [field]: 1, [name]: 1 },
    partialFilterExpression: { [field]: { $exists: true } },
  };
}

/**
 * What records are listed by, and the words that they are found by. Of records that are there already both are filled
 * in while the server runs (operation/search_fill.ts): they are in the text of the record, which no index can read.
 */
async function addLists(database: Db): Promise<void> {
  await database
    .collection('users')
    .createIndexes([byLink('state', 'username'), byLink('groups', 'username')]);
  await database
    .collection('clients')
    .createIndexes([byLink('state', '_id'), byLink('source', '_id')]);
  await database
    .collection('projects')
    .createIndexes([byLink('api', 'name'), byLink('owner_id', 'name')]);
  await database
    .collection('api_keys')
    .createIndexes([
      byLink('api', 'id'),
      byLink('display_start', 'id'),
      byLink('display_end', 'id'),
    ]);
  await database.collection('search_words').createIndexes([expiry('expires_at')]);
}

/** Clients are listed by the APIs that they name. Those that are there get the field as addLists() says. */
async function listClientsByApi(database: Db): Promise<void> {
  await database.collection('clients').createIndexes([byLink('apis', '_id')]);
}

/** Users who are to be removed. */
async function listLeavingUsers(database: Db): Promise<void> {
  await database.collection('users').createIndexes([byLink('deletion', 'username')]);
}

/** The browsers that a person has trusted. */
async function listTrustedBrowsers(database: Db): Promise<void> {
  await database
    .collection('artifacts')
    .createIndexes([newestOf('account_browsers', 'TrustedBrowser', 'account_id')]);
}

/** APIs carry the events of their changes, as the other records do. */
async function carryEventsOfApis(database: Db): Promise<void> {
  await database.collection('apis').createIndexes(unsettled);
}

/** So do groups, and documents: signing keys, operators, webhooks, settings. */
async function carryEventsOfDocuments(database: Db): Promise<void> {
  for (const name of ['groups', 'documents']) {
    await database.collection(name).createIndexes(unsettled);
  }
}

/** What people sign in with besides passwords, and the keys that lead to it. */
async function addAuthenticators(database: Db): Promise<void> {
  const names: IndexDescription = { name: 'names', key: { names: 1 }, unique: true };
  await database.collection('authenticators').createIndexes([names, ...unsettled]);
}

/** What is told of a delivery, and the links that were sent to a person. */
async function addMails(database: Db): Promise<void> {
  await database.collection('webhook_deliveries').createIndexes([
    {
      name: 'told',
      key: { endpoint: 1, created_at: -1, _id: -1 },
      partialFilterExpression: { note: { $gt: '' } },
    },
  ]);
  await database
    .collection('artifacts')
    .createIndexes([newestOf('account_links', 'OneTimeLink', 'account_id')]);
}

/** Artifacts of a kind in the order of their lists. */
function newestOf(name: string, kind: string, ...fields: string[]): IndexDescription {
  return {
    name,
    key: { ...Object.fromEntries(fields.map((field) => [field, 1])), created: -1, _id: -1 },
    partialFilterExpression: { kind },
  };
}

/** Refusals and statistics have collections of their own, and live sessions and grants are listed. */
async function addConsoleRecords(database: Db): Promise<void> {
  const [artifacts, refusals] = [
    database.collection('artifacts'),
    database.collection<RefusalDocument>('refusals'),
  ];
  await artifacts.createIndexes([
    newestOf('account_sessions', 'Session', 'account_id'),
    newestOf('account_grants', 'Grant', 'account_id'),
    newestOf('client_grants', 'Grant', 'client_id'),
    newestOf('client_refresh', 'RefreshToken', 'client_id', 'consumed_at'),
  ]);
  await refusals.createIndexes([
    { name: 'at', key: { at: -1, _id: -1 } },
    {
      name: 'client',
      key: { client_id: 1, at: -1, _id: -1 },
      partialFilterExpression: { client_id: { $exists: true } },
    },
    { name: 'reason', key: { reason: 1, at: -1, _id: -1 } },
    expiry('expires_at'),
  ]);
  await database.collection('statistics').createIndexes([{ name: 'bucket', key: { bucket: 1 } }]);
  for (;;) {
    const batch = await artifacts
      .find({ _id: { $gt: 'Refusal:', $lt: 'Refusal;' } } as object)
      .limit(500)
      .toArray();
    if (batch.length === 0) return;
    await refusals.bulkWrite(
      batch.map(({ _id, payload, expires_at }) => {
        const reference = String(_id).slice('Refusal:'.length);
        const refusal = { ...JSON.parse(payload), reference, expiresAt: expires_at.getTime() };
        const { _id: id, ...replacement } = toRefusalDocument(refusal);
        return { replaceOne: { filter: { _id: id }, replacement, upsert: true } };
      }),
    );
    await artifacts.deleteMany({ _id: { $in: batch.map(({ _id }) => _id) } });
  }
}
