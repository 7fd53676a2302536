/** A store that was made before there were these indexes gets them, and what is in it is found by them. */
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { MongoClient } from 'mongodb';
import { migrations as mongoMigrations } from '../../../src/storage/mongodb/migrations.ts';
import { openStore } from '../../../src/storage/open.ts';
import { applicationId } from '../../../src/storage/sqlite/connection.ts';
import { migrations as sqliteMigrations } from '../../../src/storage/sqlite/migrations.ts';
import { eachEngine } from '../../support/stores.ts';

const range = { list: 'l', first: 1, count: 1, issued_from: 1, per_second: 1, as_of: 0 };
const links = {
  client_id: 'c',
  api: 'a',
  key_id: 'k',
  user_id: 'u',
  grant_id: 'g',
  family_id: 'g.f',
};
const expiresAt = Date.now() + 3_600_000;

const clientRecord = JSON.stringify({
  ...{ clientId: 'c', metadata: { apis: ['a', 'b'] }, secretHashes: [], source: 'operator' },
  ...{ createdAt: 1, updatedAt: 1, version: 1 },
});

/** A store as the first version made it, with one living token and a client. */
const makeFirst = {
  async sqlite(url: string) {
    const path = url.slice('sqlite:'.length);
    await mkdir(dirname(path), { recursive: true });
    const database = new DatabaseSync(path);
    database.exec(sqliteMigrations[0] ?? '');
    database.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = 1`);
    const row = { ...range, ...links, expires_at: expiresAt };
    const columns = Object.keys(row);
    database
      .prepare(
        `INSERT INTO status_ranges (${columns.join(', ')})
          VALUES (${columns.map((column) => `:${column}`).join(', ')})`,
      )
      .run(row);
    database.prepare('INSERT INTO clients VALUES (?, 1, ?)').run('c', clientRecord);
    database.close();
  },
  async mongodb(url: string) {
    const client = new MongoClient(url);
    const database = client.db();
    await mongoMigrations[0]?.(database);
    const id = (_id: string) => ({ _id }) as object;
    await database
      .collection('schema')
      .insertOne({ ...id('schema'), version: 1, lease_until: new Date(0) });
    const record = { ...range, ...links, expires_at: new Date(expiresAt) };
    await database.collection('status_ranges').insertOne({ ...id('l:1'), ...record });
    await database
      .collection('clients')
      .insertOne({ ...id('c'), version: 1, record: clientRecord });
    await client.close();
  },
};

const indexNames = {
  async sqlite(url: string) {
    const database = new DatabaseSync(url.slice('sqlite:'.length), { readOnly: true });
    const rows = database.prepare(`SELECT name, sql FROM sqlite_schema WHERE type = 'index'`).all();
    database.close();
    return rows.map(({ name, sql }) => `${name} ${sql}`).toSorted();
  },
  async mongodb(url: string) {
    const client = new MongoClient(url);
    const collections = await client.db().collections();
    const all = await Promise.all(
      collections.map(async (collection) =>
        (await collection.indexes()).map(({ name }) => `${collection.collectionName} ${name}`),
      ),
    );
    await client.close();
    return all.flat().toSorted();
  },
};

await eachEngine((stores) => {
  test('A store of the first version gets the same indexes as a new one, and its tokens are found by family, client and lease, its clients by API', async () => {
    const [older, fresh] = [await stores.freshUrl(), await stores.freshUrl()];
    await makeFirst[stores.engine](older);
    const store = await openStore({ url: older });
    const found = await store.statusRanges.select({ familyId: 'g.f' }, { limit: 9, now: 0 });
    const leases = await store.statusLeases.select({ api: 'a' }, { limit: 9, now: 0 });
    const ofClient = await store.statusRanges.select({ clientId: 'c' }, { limit: 9, now: 0 });
    await store.search.fill({ kind: 'client', after: '', limit: 9 });
    const naming = await store.clients.list({ api: 'b', limit: 9 });
    await store.close();
    assert.deepEqual(
      naming.items.map(({ clientId }) => clientId),
      ['c'],
    );
    assert.deepEqual(
      leases.map(({ list, first, count, keyId, issuedFrom, asOf }) => [
        ...[list, first, count, keyId, issuedFrom, asOf],
      ]),
      [['l', 1, 1, 'k', 0, 0]],
    );
    assert.deepEqual(ofClient, found);
    assert.deepEqual(
      found.map(({ list, first, grantId }) => [list, first, grantId]),
      [['l', 1, 'g']],
    );
    await (await openStore({ url: fresh })).close();
    const names = indexNames[stores.engine];
    assert.deepEqual(await names(older), await names(fresh));
  });
});
