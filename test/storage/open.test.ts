/**
 * From an address to a store; what watches it.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { openStore } from '../../src/storage/open.ts';
import { onSqlite } from '../support/stores.ts';
import { now, sampleArtifact, sampleClient } from './contract/samples.ts';

const bad = {
  '': /must start with/,
  'postgres://alice:s3cret@db.example/cardea': /must start with/,
  'sqlite:': /needs the path of a file/,
  'sqlite::memory:': /needs the path of a file/,
  'mongodb://alice:s3cret@db.example': /names no database/,
  'mongodb://alice:s3cret@db.example/': /names no database/,
  'mongodb://alice:s3cret@db.example/?replicaSet=rs0': /names no database/,
  'mongodb://alice:s3cret@a.example,b.example:27018/?tls=true': /names no database/,
  'mongodb+srv://alice:s3cret@db.example': /names no database/,
  'mongodb://db.example/%zz': /names no database/,
  'mongodb://alice:s3cret@db.example/cardea?unknownOption=1': /not a MongoDB connection string/,
  'mongodb://alice:s3@cret@db.example/cardea': /not a MongoDB connection string/,
};

test('A store URL that names no store is refused with the remedy and without its password', async () => {
  for (const [url, message] of Object.entries(bad)) {
    await assert.rejects(openStore({ url }), (error) => {
      assert.ok(error instanceof Error && 'code' in error);
      assert.equal(error.code, 'store_url_invalid');
      assert.match(error.message, message);
      assert.match(error.message, /CARDEA_STORE/);
      assert.doesNotMatch(
        JSON.stringify([error.message, error.stack, error.cause]),
        /s3cret|cret@/,
      );
      return true;
    });
  }
});

test('A database file that cannot be opened is named', async () => {
  await assert.rejects(openStore({ url: 'sqlite:/dev/null/cardea.db' }), (error) => {
    assert.ok(error instanceof Error && 'code' in error);
    assert.equal(error.code, 'store_not_opened');
    assert.match(error.message, /\/dev\/null\/cardea\.db/);
    return true;
  });
});

onSqlite((stores) => {
  test('A store observer is told of each operation, its duration and its failure', async (t) => {
    const seen: [string, boolean][] = [];
    const store = await openStore({
      url: await stores.freshUrl(),
      observe: (operation, seconds, failed) => {
        assert.ok(seconds >= 0 && seconds < 60);
        seen.push([operation, failed]);
      },
    });
    t.after(store.close);
    const artifact = sampleArtifact();
    await store.artifacts.put(artifact);
    assert.deepEqual(await store.artifacts.find(artifact.kind, artifact.id, now), artifact);
    const client = sampleClient();
    await store.clients.create(client);
    await assert.rejects(store.clients.create(client), { code: 'already_exists' });
    await store.purge({ now, limit: 1, auditBefore: now });
    await store.ping();
    assert.deepEqual(seen, [
      ['artifacts.put', false],
      ['artifacts.find', false],
      ['clients.create', false],
      ['clients.create', true],
      ['purge', false],
      ['ping', false],
    ]);
  });

  test('A start on the embedded store does not load the MongoDB driver', async () => {
    const url = await stores.freshUrl();
    const program = `
      import { registerHooks } from 'node:module';
      const loaded = [];
      registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context); } });
      const { openStore } = await import(${JSON.stringify(new URL('../../src/storage/open.ts', import.meta.url))});
      await (await openStore({ url: ${JSON.stringify(url)} })).close();
      console.log(loaded.filter((url) => url.includes('mongodb')).length, loaded.length > 5);`;
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--input-type=module',
      '--eval',
      program,
    ]);
    assert.equal(stdout.trim(), '0 true');
  });
});
