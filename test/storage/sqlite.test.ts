/**
 * The contract on SQLite, and what only a file can do.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { rename, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { StoreUnavailableError } from '../../src/storage/errors.ts';
import { openStore } from '../../src/storage/open.ts';
import { onSqlite } from '../support/stores.ts';
import { storeContract } from './contract/contract.ts';
import { now, openAll, sampleArtifact, sampleRange } from './contract/samples.ts';

const pathOf = (url: string) => url.slice('sqlite:'.length);

onSqlite((stores) => {
  storeContract({
    ...stores,
    /** Another process that never lets go of the write lock. */
    async breakable(t) {
      const url = await stores.freshUrl();
      await openAll(t, { url, count: 1 });
      const other = new DatabaseSync(pathOf(url));
      t.after(() => other.close());
      return {
        url,
        lose: async () => other.exec('BEGIN IMMEDIATE'),
        giveBack: async () => other.exec('ROLLBACK'),
      };
    },
    async setSchemaVersion(url, version) {
      const database = new DatabaseSync(pathOf(url));
      const written = database.prepare('PRAGMA user_version').get()?.user_version;
      database.exec(`PRAGMA user_version = ${version}`);
      database.close();
      return Number(written);
    },
  });

  test('Only the owner may read the database, its log and its folder', async (t) => {
    const url = await stores.freshUrl();
    const [store] = await openAll(t, { url, count: 1 });
    await store?.artifacts.put(sampleArtifact());
    const mode = async (path: string) => (await stat(path)).mode & 0o777;
    assert.equal(await mode(dirname(pathOf(url))), 0o700);
    for (const suffix of ['', '-wal', '-shm']) {
      assert.equal(await mode(pathOf(url) + suffix), 0o600);
    }
  });

  test('Reads proceed while another process holds the write lock', async (t) => {
    const url = await stores.freshUrl();
    const [store] = await openAll(t, { url, count: 1 });
    assert.ok(store);
    const artifact = sampleArtifact();
    await store.artifacts.put(artifact);
    const other = new DatabaseSync(pathOf(url));
    t.after(() => other.close());
    other.exec('BEGIN IMMEDIATE');
    assert.ok(await store.artifacts.find(artifact.kind, artifact.id, now));
    const waiting = store.artifacts.consume(artifact.kind, artifact.id, now);
    other.exec('ROLLBACK');
    assert.equal((await waiting)?.won, true);
  });

  test('A failed change does not affect others in the same commit', async (t) => {
    const [store] = await openAll(t, { url: await stores.freshUrl(), count: 1 });
    assert.ok(store);
    const artifact = sampleArtifact();
    const outcomes = await Promise.allSettled([
      store.artifacts.put(artifact),
      store.artifacts.put({ ...artifact, id: { $gt: '' } as unknown as string }),
      store.revocations.put({ key: 'k', before: now, expiresAt: now + 1 }),
    ]);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
    assert.ok(await store.artifacts.find(artifact.kind, artifact.id, now));
    assert.equal((await store.revocations.find(['k'], now)).length, 1);
  });

  test('A full disk counts as an outage: nothing is half written, and writes that fit succeed', async () => {
    const url = await stores.freshUrl();
    const file = fileURLToPath(new URL('./full_disk.ts', import.meta.url));
    // No file may grow beyond 2 MB (4096 blocks of 512 bytes).
    const command = `ulimit -f 4096 && exec '${process.execPath}' '${file}' '${url}'`;
    const { stdout } = await promisify(execFile)('sh', ['-c', command]);
    assert.deepEqual(JSON.parse(stdout), {
      small: 'fulfilled',
      large: 'store_unavailable',
      beside: 'store_unavailable',
      after: 'fulfilled',
      found: [true, false, false, true],
    });
  });

  test('A moved database file is noticed', async (t) => {
    const url = await stores.freshUrl();
    const [store] = await openAll(t, { url, count: 1 });
    assert.ok(store);
    await rename(pathOf(url), `${pathOf(url)}.moved`);
    await assert.rejects(store.ping(), StoreUnavailableError);
    await writeFile(pathOf(url), '');
    await assert.rejects(store.ping(), StoreUnavailableError);
    await rename(`${pathOf(url)}.moved`, pathOf(url));
    await store.ping();
  });

  test('A purged status range takes its stored origins with it', async () => {
    const url = await stores.freshUrl();
    const store = await openStore({ url });
    const [now, derivedFrom] = [Date.now(), ['token:a', 'client:b']];
    await store.statusRanges.add(sampleRange({ first: 1, derivedFrom, expiresAt: now - 1 }));
    await store.statusRanges.add(sampleRange({ first: 2, derivedFrom, expiresAt: now + 60_000 }));
    const database = new DatabaseSync(pathOf(url), { readOnly: true });
    const count = () => database.prepare('SELECT count(*) AS n FROM status_range_origins').get()?.n;
    assert.equal(count(), 4);
    await store.purge({ now, limit: 100, auditBefore: 0 });
    assert.equal(count(), 2);
    database.close();
    await store.close();
  });

  test('A file of another program is refused and left unchanged', async () => {
    const url = await stores.freshUrl();
    await (await openStore({ url })).close();
    const path = `${pathOf(url)}.other`;
    const other = new DatabaseSync(path);
    other.exec('CREATE TABLE notes (text TEXT)');
    other.close();
    const before = await stat(path);
    await assert.rejects(openStore({ url: `sqlite:${path}` }), { code: 'store_not_ours' });
    assert.equal((await stat(path)).mtimeMs, before.mtimeMs);
    await writeFile(path, 'a text, not a database, and long enough to be taken for one'.repeat(20));
    await assert.rejects(openStore({ url: `sqlite:${path}` }), { code: 'store_not_ours' });
  });
});
