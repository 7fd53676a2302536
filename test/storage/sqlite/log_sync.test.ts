/** When a write counts as durable, and what a failed sync to the disk means for the writes after it. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { StoreUnavailableError } from '../../../src/storage/errors.ts';
import { foldWholeLog } from '../../../src/storage/sqlite/checkpoints.ts';
import { openConnection } from '../../../src/storage/sqlite/connection.ts';
import { createLogSync } from '../../../src/storage/sqlite/log_sync.ts';
import { createWriter } from '../../../src/storage/sqlite/writer.ts';

/** A database whose syncs end when, and as, the test says. */
async function heldSyncs(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'cardea-sync-'));
  const path = join(folder, 'cardea.db');
  const connection = await openConnection(path, 1000);
  connection.database.exec('CREATE TABLE notes (text TEXT)');
  const syncs: PromiseWithResolvers<void>[] = [];
  let folds = 0;
  const logSync = createLogSync({
    path,
    fold() {
      foldWholeLog(connection);
      folds += 1;
    },
    sync() {
      const held = Promise.withResolvers<void>();
      syncs.push(held);
      return held.promise;
    },
  });
  t.after(async () => {
    await logSync.close();
    connection.close();
    await rm(folder, { recursive: true });
  });
  const { write, writeVolatile } = createWriter(connection, { logSync, timeoutMs: 1000 });
  const note = (text: string) => () => connection.run('INSERT INTO notes VALUES (:text)', { text });
  const states = new Map<string, 'waits' | 'durable' | 'lost'>();
  const follow = async (text: string, writing: Promise<unknown>) => {
    states.set(text, 'waits');
    try {
      await writing;
      states.set(text, 'durable');
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      states.set(text, 'lost');
    }
  };
  /** Resolves when this many syncs have begun. */
  const begun = async (count: number) => {
    while (syncs.length < count) await nextTurn();
  };
  return {
    ...{ path, syncs, begun, folds: () => folds, states: () => Object.fromEntries(states) },
    write: (text: string) => follow(text, write(note(text))),
    writeVolatile: (text: string) => follow(text, writeVolatile(note(text))),
  };
}

describe('Sync of the SQLite log', () => {
  test('A write is answered only after a sync that began after its commit', async (t) => {
    const { write, writeVolatile, syncs, states, begun } = await heldSyncs(t);
    const first = write('first');
    await begun(1);
    const second = write('second');
    await writeVolatile('volatile');
    assert.deepEqual(states(), { first: 'waits', second: 'waits', volatile: 'durable' });
    syncs[0]?.resolve();
    await first;
    await begun(2);
    assert.deepEqual(states(), { first: 'durable', second: 'waits', volatile: 'durable' });
    syncs[1]?.resolve();
    await second;
    assert.equal(states().second, 'durable');
  });

  test('After a failed sync no write is acknowledged until all that was committed is in the database', async (t) => {
    const { write, syncs, states, begun, folds, path } = await heldSyncs(t);
    const lost = write('lost');
    await begun(1);
    const reader = new DatabaseSync(path);
    reader.exec('BEGIN; SELECT * FROM notes');
    syncs[0]?.reject(Object.assign(new Error('i/o error'), { code: 'EIO' }));
    await lost;
    // The log is in use: it cannot be brought in, and a sync of it would prove nothing.
    await write('refused');
    assert.deepEqual(states(), { lost: 'lost', refused: 'lost' });
    assert.deepEqual([syncs.length, folds()], [1, 0]);
    reader.close();
    const kept = write('kept');
    await begun(2);
    assert.equal(folds(), 1);
    syncs[1]?.resolve();
    await kept;
    assert.equal(states().kept, 'durable');
    const next = write('next');
    await begun(3);
    syncs[2]?.resolve();
    await next;
    assert.equal(folds(), 1);
  });
});
