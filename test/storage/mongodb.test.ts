/**
 * The contract on MongoDB, and what only a server can do.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { MongoClient } from 'mongodb';
import { startCrashableServer } from '../../harness/mongodb_servers.ts';
import { StoreUnavailableError } from '../../src/storage/errors.ts';
import { openStore } from '../../src/storage/open.ts';
import { onMongo } from '../support/stores.ts';
import { storeContract } from './contract/contract.ts';
import { allThere, startWriter } from './contract/durability.ts';
import {
  asFound,
  minute,
  now,
  openAll,
  sampleArtifact,
  sampleRevocation,
} from './contract/samples.ts';
import { proxyTo } from './mongodb_proxy.ts';

/** Of a server of this test's own. */
const crashPort = 27_918;

async function withClient<T>(url: string, use: (client: MongoClient) => Promise<T>): Promise<T> {
  const client = new MongoClient(url);
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

await onMongo((stores) => {
  const proxied = async (t: TestContext) => {
    const proxy = await proxyTo(await stores.freshUrl());
    t.after(() => proxy.close());
    return proxy;
  };

  storeContract({
    ...stores,
    /** A server behind a connection that can be cut. */
    async breakable(t) {
      const proxy = await proxied(t);
      return { url: proxy.url, lose: proxy.cut, giveBack: proxy.mend };
    },
    setSchemaVersion: (url, version) =>
      withClient(url, async (client) => {
        const schema = client.db().collection('schema');
        const written = await schema.findOneAndUpdate({}, { $set: { version } });
        return Number(written?.version);
      }),
  });

  test('A MongoDB server that stops responding counts as lost until it responds again', async (t) => {
    const proxy = await proxied(t);
    const [store] = await openAll(t, { url: proxy.url, count: 1 });
    assert.ok(store);
    const artifact = sampleArtifact();
    await store.artifacts.put(artifact);
    proxy.silence();
    await assert.rejects(
      store.artifacts.find(artifact.kind, artifact.id, now),
      StoreUnavailableError,
    );
    await proxy.mend();
    assert.ok(await store.artifacts.find(artifact.kind, artifact.id, now));
  });

  test('The log records when the store is lost and when it is back', async (t) => {
    const proxy = await proxied(t);
    const lines: string[] = [];
    const log = {
      info: (_: object, message: string) => lines.push(message),
      warn: (_: object, message: string) => lines.push(message),
    };
    const store = await openStore({ url: proxy.url, log });
    t.after(store.close);
    await proxy.cut();
    await assert.rejects(store.ping(), StoreUnavailableError);
    await proxy.mend();
    await store.ping();
    assert.deepEqual(lines, ['store schema migrated', 'store lost', 'store is back']);
  });

  test('An unreachable MongoDB server soon fails the start', async (t) => {
    const proxy = await proxied(t);
    await proxy.cut();
    await assert.rejects(openStore({ url: proxy.url }), StoreUnavailableError);
  });

  test('A migration interrupted by a crash is completed by the next node', async (t) => {
    const url = await stores.freshUrl();
    await withClient(url, (client) =>
      client
        .db()
        .collection<{ _id: string }>('schema')
        .insertOne({
          _id: 'schema',
          ...{ version: 0, lease_by: 'dead', lease_until: new Date(Date.now() + 1000) },
        }),
    );
    const [store] = await openAll(t, { url, count: 1 });
    await store?.artifacts.put(sampleArtifact());
    const names = await withClient(url, async (client) =>
      (await client.db().collection('artifacts').indexes()).map(({ name }) => name),
    );
    assert.ok(names.includes('expiry'));
  });

  test('MongoDB removes records no sooner than a minute after they expire, for nodes with slow clocks', async (t) => {
    const url = await stores.freshUrl();
    await openAll(t, { url, count: 1 });
    const waits = await withClient(url, async (client) => {
      const collections = await client.db().collections();
      const indexes = await Promise.all(collections.map((collection) => collection.indexes()));
      return indexes.flat().map(({ expireAfterSeconds }) => expireAfterSeconds);
    });
    assert.deepEqual(new Set(waits), new Set([undefined, 60]));
  });

  test('A revocation overtaken by others gets a number after all that have been read', async (t) => {
    const url = await stores.freshUrl();
    const [store] = await openAll(t, { url, count: 1 });
    assert.ok(store);
    await store.revocations.put(sampleRevocation());
    // As if nine others had taken a number after it and were faster.
    await withClient(url, (client) =>
      client
        .db()
        .collection('sequences')
        .updateOne({}, { $set: { announced: 10 } }),
    );
    const revocation = sampleRevocation({ work: 'w' });
    const sequence = await store.revocations.put(revocation);
    assert.equal(sequence, 11);
    assert.equal(await store.revocations.sequence(), sequence);
    const changes = await store.revocations.changes({ after: 10, limit: 9, now });
    // Once, although it was written with two numbers.
    assert.deepEqual(changes, [asFound(revocation, sequence)]);
  });

  test('A slow writer with a lower number neither overwrites a marker nor shows it early', async (t) => {
    const url = await stores.freshUrl();
    const [store] = await openAll(t, { url, count: 1 });
    assert.ok(store);
    const newer = sampleRevocation({ before: now, work: 'newer' });
    await store.revocations.put(newer);
    // As if its writer had taken the number 9, and not yet announced it.
    await withClient(url, (client) =>
      client
        .db()
        .collection('revocations')
        .updateOne({}, { $set: { sequence: 9 } }),
    );
    const status = { list: 'l1', index: 3 };
    const older = { ...newer, before: now - 1, work: 'older', expiresAt: now + 2 * minute };
    assert.equal(await store.revocations.put({ ...older, status }), 2);
    const work = [
      { sequence: 1, text: 'newer' },
      { sequence: 2, text: 'older' },
    ];
    const left = { ...newer, sequence: 9, status, work, expiresAt: older.expiresAt };
    assert.deepEqual(await store.revocations.find([newer.key], now), [left]);
    // The position of a lower number counts only where there is none.
    const position = { list: 'l1', index: 4 };
    await store.revocations.put({ ...older, work: undefined, status: position });
    assert.deepEqual(await store.revocations.find([newer.key], now), [left]);
    assert.equal(await store.revocations.sequence(), 3);
    assert.deepEqual(await store.revocations.changes({ after: 0, limit: 9, now }), []);
  });

  test('A marker whose writer died becomes visible, and nothing appears behind it', async (t) => {
    const url = await stores.freshUrl();
    const [store] = await openAll(t, { url, count: 1 });
    assert.ok(store);
    const revocation = sampleRevocation();
    await store.revocations.put(revocation);
    // As if one had taken 2 and is slow, another had taken 3, revoked the same key again, and died.
    await withClient(url, async (client) => {
      await client
        .db()
        .collection('revocations')
        .updateOne({}, { $set: { sequence: 3 } });
      await client
        .db()
        .collection('sequences')
        .updateOne({}, { $set: { taken: 3 } });
    });
    assert.equal(await store.revocations.sequence(), 1);
    const changes = await store.revocations.changes({ after: 1, limit: 9, now });
    assert.deepEqual(changes, [{ ...revocation, sequence: 3 }]);
    assert.equal(await store.revocations.sequence(), 3);
    assert.equal(await store.revocations.put(sampleRevocation()), 4);
  });

  test('A MongoDB server killed while writing loses no acknowledged write', async (t) => {
    const server = await startCrashableServer(crashPort);
    // Where the server was given and none can be started, cutting its connection is what can be done.
    if (!server) return t.diagnostic('no server of its own to kill');
    t.after(server.stop);
    const url = server.uri.replace(/\/(\?|$)/, `/cardea_crash_${process.pid}$1`);
    const [store] = await openAll(t, { url, count: 1 });
    assert.ok(store);
    const writer = startWriter(t, url);
    await writer.acknowledged(400);
    await server.crash();
    await writer.acknowledged(1200);
    writer.kill();
    await allThere(store, await writer.all());
    await withClient(url, (client) => client.db().dropDatabase());
  });
});
