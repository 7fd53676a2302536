/** The thread that writes what no response waits for, and what becomes of its work when it dies or hangs. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { describe, type TestContext, test } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { createAudit } from '../../../src/audit/recorder.ts';
import { systemClock } from '../../../src/clock.ts';
import { StoreUnavailableError } from '../../../src/storage/errors.ts';
import { openConnection } from '../../../src/storage/sqlite/connection.ts';
import { createRoutineWriter } from '../../../src/storage/sqlite/routine_writer.ts';
import type { Store } from '../../../src/storage/store.ts';
import { testChain } from '../../support/rooms.ts';
import { onSqlite } from '../../support/stores.ts';
import { now, openAll, sampleArtifact, sampleEvent, sampleUsage } from '../contract/samples.ts';

const pathOf = (url: string) => url.slice('sqlite:'.length);
const routine = true;

/** All threads that start during the test; `threadNo` resolves with the one that is the n-th, from 0. */
function watchThreads(t: TestContext) {
  const threads: Worker[] = [];
  const watch = (thread: Worker) => void threads.push(thread);
  process.on('worker', watch);
  t.after(() => process.off('worker', watch));
  const threadNo = async (index: number): Promise<Worker> => {
    while (threads.length <= index) await once(process, 'worker');
    return threads[index] ?? assert.fail();
  };
  return { threads, threadNo };
}

onSqlite((stores) => {
  const openOne = async (t: TestContext): Promise<{ store: Store; path: string }> => {
    const url = await stores.freshUrl();
    const [store] = await openAll(t, { url, count: 1 });
    assert.ok(store);
    return { store, path: pathOf(url) };
  };

  describe('Routine thread', () => {
    test('A store starts its thread with the first routine write, and ends it when it closes', async (t) => {
      const { threads } = watchThreads(t);
      const { store } = await openOne(t);
      await store.artifacts.put(sampleArtifact());
      await store.audit.append([sampleEvent()]);
      await store.audit.append([], { routine });
      assert.equal(threads.length, 0);
      await store.audit.append([sampleEvent()], { routine });
      await store.usage.add([sampleUsage()]);
      assert.equal(threads.length, 1);
      const ended = once(threads[0] ?? assert.fail(), 'exit');
      await store.close();
      assert.deepEqual(await ended, [0]);
    });

    test('Routine events outlive the death of the thread that writes them', async (t) => {
      const { threads, threadNo } = watchThreads(t);
      const { store, path } = await openOne(t);
      const holder = new DatabaseSync(path);
      t.after(() => holder.close());
      const errors: string[] = [];
      const log = { error: (_fields: object, message: string) => void errors.push(message) };
      const audit = createAudit({ store: store.audit, ...testChain(), clock: systemClock, log });
      const record = (requestId: string) =>
        audit.recordSoon({ type: 'token.issued', outcome: 'success', clientId: 'job', requestId });
      for (let index = 0; index < 3; index += 1) {
        // Its thread cannot write until it has died.
        holder.exec('BEGIN IMMEDIATE');
        void record(`before-${index}`);
        const flushed = audit.flush();
        await (await threadNo(index)).terminate();
        holder.exec('ROLLBACK');
        void record(`after-${index}`);
        await flushed;
        await audit.flush();
      }
      await audit.close();
      const events = await store.audit.list({ limit: 100, clientId: 'job' });
      const expected = [0, 1, 2].flatMap((index) => [`before-${index}`, `after-${index}`]);
      assert.deepEqual(events.map(({ requestId }) => requestId).sort(), expected.sort());
      assert.equal(threads.length, 4);
      assert.deepEqual(errors, Array(3).fill('routine audit events not recorded yet'));
    });

    test('A write that the thread takes with it is refused as unavailable, and the next one succeeds', async (t) => {
      const { threadNo } = watchThreads(t);
      const { store } = await openOne(t);
      const lost = assert.rejects(store.usage.add([sampleUsage()]), StoreUnavailableError);
      await (await threadNo(0)).terminate();
      await lost;
      await store.usage.add([sampleUsage({ keyId: 'next' })]);
      const all = { from: '0000', to: '9999', limit: 9 };
      assert.deepEqual(
        (await store.usage.query(all)).map(({ keyId }) => keyId),
        ['next'],
      );
    });

    test('A thread that does not respond is given up, and another one takes over once it has ended', async (t) => {
      const { threads } = watchThreads(t);
      const { store, path } = await openOne(t);
      const connection = await openConnection(path, 1000);
      const writer = createRoutineWriter({
        ...{ connection, path, timeoutMs: 60_000, deadlineMs: 500 },
      });
      const holder = new DatabaseSync(path);
      holder.exec('BEGIN IMMEDIATE');
      const row = [now, 'id', 'type', null, null, '{}'];
      await assert.rejects(writer.write('appendEvent', [row]), StoreUnavailableError);
      await assert.rejects(writer.write('appendEvent', [row]), StoreUnavailableError);
      assert.equal(threads.length, 1);
      await once(threads[0] ?? assert.fail(), 'exit');
      holder.close();
      await writer.close();
      connection.close();
      assert.deepEqual(await store.audit.list({ limit: 9 }), []);
      await store.audit.append([sampleEvent()], { routine });
      assert.equal((await store.audit.list({ limit: 9 })).length, 1);
    });
  });

  describe('Length of the log', () => {
    const megabytes = async (path: string) => (await stat(`${path}-wal`)).size / 1e6;
    /** Artifacts of 1 MB, so that few writes make much of a log. */
    const write = async (store: Store, count: number) => {
      const payload = { text: 'x'.repeat(1e6) };
      for (let index = 0; index < count; index += 1) {
        await store.artifacts.put(sampleArtifact({ payload }));
      }
    };

    test('The thread brings a long log into the database, so that it begins anew', async (t) => {
      const { store, path } = await openOne(t);
      await store.audit.append([sampleEvent()], { routine });
      await write(store, 20);
      // Left to the thread, which looks before it writes.
      assert.ok((await megabytes(path)) > 19);
      await store.audit.append([sampleEvent()], { routine });
      await write(store, 15);
      assert.ok((await megabytes(path)) < 25);
    });

    test('A process whose thread died, or is late, keeps the log short by itself', async (t) => {
      const { threads } = watchThreads(t);
      const { store, path } = await openOne(t);
      await store.audit.append([sampleEvent()], { routine });
      await write(store, 80);
      assert.ok((await megabytes(path)) < 70);
      const dead = await openOne(t);
      await dead.store.audit.append([sampleEvent()], { routine });
      await threads[1]?.terminate();
      await write(dead.store, 40);
      assert.ok((await megabytes(dead.path)) < 20);
    });
  });
});
