/**
 * Nothing that is stored can be turned back into a key: all that a store holds is searched for every key that
 * was made on it.
 */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { MongoClient } from 'mongodb';
import { openStore } from '../../src/storage/open.ts';
import { eachEngine } from '../support/stores.ts';
import { by, createKeyRoom, making, projectFor } from './key_room.ts';

/** Every byte that the store has written. */
async function dump(url: string): Promise<string> {
  if (url.startsWith('sqlite:')) {
    const folder = dirname(url.slice('sqlite:'.length));
    const files = (await readdir(folder)).map((name) => readFile(join(folder, name), 'latin1'));
    return (await Promise.all(files)).join('\n');
  }
  const client = new MongoClient(url);
  try {
    const collections = await client.db().collections();
    const all = collections.map((collection) => collection.find().toArray());
    return JSON.stringify(await Promise.all(all));
  } finally {
    await client.close();
  }
}

await eachEngine((stores) => {
  test('No API key is in the store, neither whole nor its random part nor in base64', async (t) => {
    const url = await stores.freshUrl();
    const store = await openStore({ url });
    t.after(() => store.close());
    const room = createKeyRoom(store);
    const project = await projectFor(room);
    const made = await room.apiKeys.create(project, making);
    const repeated = await room.apiKeys.create(project, { ...making, idempotencyKey: 'a' });
    const rotated = await room.apiKeys.rotate(
      made.record.id,
      {},
      {
        ...making,
        idempotencyKey: 'b',
      },
    );
    await room.apiKeys.update(made.record.id, { name: 'other' }, by);
    await room.apiKeys.revoke(repeated.record.id, {}, by);
    await store.audit.append(
      room.audit.events.map((event, index) => ({ id: String(index), at: 1, ...event })),
    );

    const stored = await dump(url);
    assert.ok(stored.includes(made.record.hash) && stored.includes(rotated.successor.hash));
    for (const { key } of [made, repeated, rotated]) {
      const random = key.slice(-38, -6);
      const encoded = [key, random].flatMap((text) =>
        [0, 1, 2].map((shift) => Buffer.from(text.slice(shift)).toString('base64').slice(0, 30)),
      );
      for (const text of [key, random, random.slice(0, 16), random.slice(16), ...encoded]) {
        assert.ok(!stored.includes(text));
      }
    }
  });
});
