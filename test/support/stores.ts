/**
 * Fresh, empty stores for tests, on each engine, and their removal.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { MongoClient } from 'mongodb';
import { mongoIsRequired, type TestMongo, testMongo } from '../../harness/mongodb.ts';
import { randomId } from '../../src/digests.ts';
import { openStore } from '../../src/storage/open.ts';
import type { Store } from '../../src/storage/store.ts';

export type TestStores = {
  engine: 'sqlite' | 'mongodb';
  /** The address of a new, empty store, for `openStore` or CARDEA_STORE. It is removed after the suite. */
  freshUrl(): Promise<string>;
};

type RemovableStores = TestStores & { removeAll(): Promise<void> };

/**
 * Defines the same tests once for each engine:
 * `await eachEngine((stores) => { test('…', async () => openStore({ url: await stores.freshUrl() })) })`.
 * Where no MongoDB can be had its half is left out (and fails under CI=true; `npm test` says so at its end).
 */
export async function eachEngine(define: (stores: TestStores) => void): Promise<void> {
  onSqlite(define);
  await onMongo(define);
}

/** The half of `eachEngine` on SQLite. */
export function onSqlite(define: (stores: TestStores) => void): void {
  suite(sqliteStores(), define);
}

/** The half of `eachEngine` on MongoDB. */
export async function onMongo(define: (stores: TestStores) => void): Promise<void> {
  const mongo = await testMongo();
  if (mongo) suite(mongoStores(mongo), define);
  else if (mongoIsRequired)
    test('CI has a MongoDB for the storage tests', () => assert.fail('none'));
}

/** A connection to a new, empty store; closed after the test. */
export async function openFresh(
  t: { after(cleanUp: () => Promise<void>): void },
  stores: TestStores,
): Promise<Store> {
  const store = await openStore({ url: await stores.freshUrl() });
  t.after(() => store.close());
  return store;
}

function suite(stores: RemovableStores, define: (stores: TestStores) => void) {
  describe(`on ${stores.engine}`, () => {
    define(stores);
    // Registered last, it runs after the tests' own clean-up has closed the stores.
    after(stores.removeAll);
  });
}

function sqliteStores(): RemovableStores {
  const folders: string[] = [];
  return {
    engine: 'sqlite',
    async freshUrl() {
      const folder = await mkdtemp(join(tmpdir(), 'cardea-test-'));
      folders.push(folder);
      return `sqlite:${join(folder, 'data', 'cardea.db')}`;
    },
    async removeAll() {
      for (const folder of folders) await rm(folder, { recursive: true, force: true });
    },
  };
}

function mongoStores(mongo: TestMongo): RemovableStores {
  const urls: string[] = [];
  return {
    engine: 'mongodb',
    async freshUrl() {
      const url = mongo.uri(`cardea_test_${process.pid}_${randomId(6).replace(/\W/g, '')}`);
      urls.push(url);
      return url;
    },
    async removeAll() {
      for (const url of urls) {
        const client = new MongoClient(url);
        await client.db().dropDatabase();
        await client.close();
      }
    },
  };
}
