/** Records from before there were lists by words are found after a while, without a start that waits for it. */
import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { MongoClient } from 'mongodb';
import { openStore } from '../../src/storage/open.ts';
import { createSearchFill } from '../../src/storage/operation/search_fill.ts';
import { eachEngine } from '../support/stores.ts';
import { now, sampleClient, sampleUser } from './contract/samples.ts';

/** As if an older program had written all of them. */
const forgetWords = {
  async sqlite(url: string) {
    const database = new DatabaseSync(url.slice('sqlite:'.length));
    for (const table of ['users', 'clients']) database.exec(`UPDATE ${table} SET words = NULL`);
    database.close();
  },
  async mongodb(url: string) {
    const client = new MongoClient(url);
    const database = client.db();
    await database.collection('search_words').deleteMany({});
    await database
      .collection('users')
      .updateMany({}, { $unset: { groups: '', state: '', words: '' } });
    await database.collection('clients').updateMany({}, { $unset: { source: '', words: '' } });
    await client.close();
  },
};

await eachEngine((stores) => {
  test('Records of an older program are found by words, group and source once they were filled in, which is done once', async () => {
    const url = await stores.freshUrl();
    const store = await openStore({ url });
    const { users, clients, search, documents } = store;
    const user = sampleUser({ username: 'anna', groups: ['dev'], disabledAt: now });
    await users.create(user);
    await clients.create(sampleClient({ clientId: 'anna-app', source: 'dynamic' }));
    await forgetWords[stores.engine](url);
    const find = () => search.find({ text: 'ann', kinds: ['user', 'client'], limit: 9 });
    assert.deepEqual(await find(), { items: [], more: [], isComplete: false });

    const told: [object, string][] = [];
    const log = {
      debug: (fields: object, message: string) => void told.push([fields, message]),
      info: () => assert.fail(),
      warn: () => assert.fail(),
    };
    await createSearchFill({ search, documents, log }).filled;
    const found = await find();
    assert.equal(found.items.length, 2);
    assert.equal(found.isComplete, true);
    assert.equal((await clients.list({ text: 'ann app', limit: 9 })).items.length, 1);
    assert.deepEqual((await users.list({ group: 'dev', limit: 9 })).items, [user]);
    assert.deepEqual((await users.list({ enabled: false, limit: 9 })).items, [user]);
    assert.equal((await clients.list({ source: 'dynamic', limit: 9 })).items.length, 1);
    await createSearchFill({ search, documents, log }).filled;
    assert.deepEqual(told, [[{ records: 2 }, 'all existing records are searchable']]);
    await store.close();
  });
});
