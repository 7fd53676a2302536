/**
 * A store in which one account, one client, one API, one session, one project and one key lineage have a long
 * history: put there in bulk, since a million requests would take a day.
 */
import { DatabaseSync } from 'node:sqlite';
import { type Document, MongoClient } from 'mongodb';

export const day = 86_400_000;
/** Tokens of one family: what ending one has to go through, however many families there are. */
export const familySize = 10;
export const names = {
  ...{ account: 'account', client: 'client', api: 'https://api.example', session: 'session' },
  ...{ grant: 'grant', project: 'project', lineage: 'lineage', endpoint: 'endpoint', list: 'list' },
};
export const familyOf = (index: number) => `${names.grant}.${Math.floor(index / familySize)}`;

/** Of a revocation; between two stand those that are put while it is measured. */
const numberOf = (index: number) => (index + 1) * 1000;

type Row = Record<string, string | number | null>;
type Seed = { table: string; row: (index: number, now: number) => Row };

/** As SQLite keeps them, columns in order; MongoDB has the same names. */
const seeds: Seed[] = [
  {
    table: 'artifacts',
    row: (index, now) => ({
      ...{ kind: 'RefreshToken', id: `spent-${index}`, payload: '{}', grant_id: names.grant },
      ...{ family_id: familyOf(index), account_id: names.account, client_id: names.client },
      ...{ session_uid: names.session, alias: null, consumed_at: now, expires_at: now + 30 * day },
    }),
  },
  {
    table: 'status_ranges',
    row: (index, now) => ({
      ...{ list: names.list, first: index, count: 1, issued_from: Math.floor(now / 1000) },
      ...{ per_second: 1, client_id: names.client, api: names.api, key_id: 'key' },
      ...{ user_id: names.account, grant_id: names.grant, family_id: familyOf(index) },
      ...{ session: names.session, derived_from: null, as_of: 0, expires_at: now + day },
    }),
  },
  {
    table: 'revocations',
    row: (index, now) => ({
      ...{
        key: `token:old-${index}`,
        sequence: numberOf(index),
        before: null,
        status_list: names.list,
      },
      ...{ status_index: index, work: null, expires_at: now + day },
    }),
  },
  {
    table: 'api_keys',
    row: (index) => ({
      ...{ id: `key_${String(index).padStart(9, '0')}`, hash: `hash-${index}` },
      ...{ lineage: names.lineage, project_id: names.project, user_id: null, ends_at: null },
      ...{ revoked_at: null, last_used_at: null, version: 1, record: '{}' },
    }),
  },
  {
    table: 'usage',
    row: (index) => ({
      ...{ day: '2031-05-04', key_id: `key_${String(index).padStart(9, '0')}` },
      ...{ project_id: names.project, api: names.api, allowed: 1, limited: 0, denied: 0 },
    }),
  },
  {
    table: 'webhook_deliveries',
    row: (index, now) => ({
      ...{ id: `delivery-${index}`, endpoint: names.endpoint, message: 'message', payload: '' },
      ...{ attempts: 1, created_at: now, due_at: now + day, expires_at: now + day },
    }),
  },
  {
    table: 'audit_events',
    row: (index, now) => ({
      ...{ at: now - index, id: `event-${index}`, type: 'token.issued', user_id: names.account },
      ...{ client_id: names.client, event: '{}' },
    }),
  },
];

/** Adds records number `from` to `to` of each kind to the store at `url`. */
export async function seed(url: string, from: number, to: number): Promise<void> {
  const now = Date.now();
  if (url.startsWith('mongodb')) await seedMongo(url, from, to, now);
  else seedSqlite(url.slice('sqlite:'.length), from, to, now);
}

function seedSqlite(file: string, from: number, to: number, now: number): void {
  const database = new DatabaseSync(file, { timeout: 10_000 });
  database.exec('PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; BEGIN IMMEDIATE');
  for (const { table, row } of seeds) {
    const columns = Object.keys(row(0, now));
    const values = columns.map((column) => `:${column}`).join(', ');
    const insert = database.prepare(
      `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${values})`,
    );
    for (let index = from; index < to; index += 1) insert.run(row(index, now));
  }
  database
    .prepare(`INSERT INTO sequences VALUES ('revocations', ?)
      ON CONFLICT (name) DO UPDATE SET value = excluded.value`)
    .run(numberOf(to));
  database.exec('COMMIT');
  database.close();
}

/** What is an id there, and what is a Date. */
const mongoIds: Record<string, (row: Row) => string> = {
  artifacts: ({ kind, id }) => `${kind}:${id}`,
  status_ranges: ({ list, first }) => `${list}:${first}`,
  revocations: ({ key }) => String(key),
  api_keys: ({ hash }) => String(hash),
  usage: ({ day: at, key_id }) => `${at}:${key_id}`,
  webhook_deliveries: ({ id }) => String(id),
  audit_events: ({ id }) => String(id),
};
const mongoBatch = 2000;

async function seedMongo(url: string, from: number, to: number, now: number): Promise<void> {
  const client = new MongoClient(url);
  const database = client.db();
  for (const { table, row } of seeds) {
    const toDocument = (index: number): Document => {
      const given = Object.entries(row(index, now)).filter(([, value]) => value !== null);
      const values = given.map(([name, value]) =>
        name === 'expires_at' ? [name, new Date(Number(value))] : [name, value],
      );
      return {
        ...Object.fromEntries(values),
        _id: mongoIds[table]?.(row(index, now)),
        created: index,
      };
    };
    for (let start = from; start < to; start += mongoBatch) {
      const size = Math.min(mongoBatch, to - start);
      const documents = Array.from({ length: size }, (_, offset) => toDocument(start + offset));
      await database.collection(table).insertMany(documents, { ordered: false });
    }
  }
  await database
    .collection<{ _id: string }>('sequences')
    .updateOne(
      { _id: 'revocations' },
      { $set: { taken: numberOf(to), announced: numberOf(to) } },
      { upsert: true },
    );
  await client.close();
}
