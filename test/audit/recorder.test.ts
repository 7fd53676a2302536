import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { AuditRecord } from '../../src/audit/events.ts';
import { createAudit } from '../../src/audit/recorder.ts';
import type { AuditEvent } from '../../src/storage/audit_events.ts';
import { StoreUnavailableError } from '../../src/storage/errors.ts';
import { openStore } from '../../src/storage/open.ts';
import { createMovableClock, testChain } from '../support/rooms.ts';

const clock = { now: () => 1_700_000_000_000 };
const log = { error: () => {} };
const issued: AuditRecord = { type: 'token.issued', outcome: 'success', clientId: 'billing-job' };

/** A store whose writes end when the test says so. */
function heldStore() {
  const writes: { events: readonly AuditEvent[]; end: (error?: Error) => void }[] = [];
  return {
    writes,
    append: (events: readonly AuditEvent[]) =>
      new Promise<number>((resolve, reject) => {
        writes.push({ events, end: (error) => (error ? reject(error) : resolve(events.length)) });
      }),
  };
}

const turns = async () => {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

describe('Audit trail writer', () => {
  test('An event is in the store, with id and time, when its promise resolves', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'cardea-audit-'));
    const store = await openStore({ url: `sqlite:${join(folder, 'cardea.db')}` });
    t.after(async () => {
      await store.close();
      await rm(folder, { recursive: true });
    });
    const audit = createAudit({ store: store.audit, ...testChain(), clock, log });
    await Promise.all(
      Array.from({ length: 300 }, (_, index) =>
        audit.record({ ...issued, requestId: `request-${index}` }),
      ),
    );
    const events = await store.audit.list({ limit: 1000, clientId: 'billing-job' });
    assert.equal(new Set(events.map((event) => event.requestId)).size, 300);
    assert.equal(new Set(events.map((event) => event.id)).size, 300);
    assert.ok(events.every((event) => event.at === clock.now() && event.outcome === 'success'));
  });

  test('Events that arrive together, or during a write, share the next write', async () => {
    const store = heldStore();
    const audit = createAudit({ store, ...testChain(), clock, log });
    const first = [audit.record(issued), audit.record(issued)];
    await turns();
    const second = [audit.record(issued), audit.record(issued), audit.record(issued)];
    await turns();
    assert.deepEqual(
      store.writes.map(({ events }) => events.length),
      [2],
    );
    store.writes[0]?.end();
    await Promise.all(first);
    await turns();
    assert.equal(store.writes[1]?.events.length, 3);
    store.writes[1]?.end();
    await Promise.all(second);
  });

  test('A failing store rejects every waiting event, and the next write proceeds', async () => {
    const store = heldStore();
    const audit = createAudit({ store, ...testChain(), clock, log });
    const lost = [audit.record(issued), audit.record(issued)];
    const outcomes = Promise.allSettled(lost);
    await turns();
    const kept = audit.record(issued);
    store.writes[0]?.end(new StoreUnavailableError(new Error('gone')));
    for (const outcome of await outcomes) {
      assert.equal(outcome.status, 'rejected');
      assert.ok(outcome.reason instanceof StoreUnavailableError);
    }
    await turns();
    store.writes[1]?.end();
    await kept;
  });

  test('An event beyond the buffer is refused at once', async () => {
    const store = heldStore();
    const audit = createAudit({ store, ...testChain(), clock, log, bufferLimit: 2 });
    const kept = [audit.record(issued), audit.record(issued)];
    await assert.rejects(audit.record(issued), { code: 'busy', status: 503 });
    await turns();
    store.writes[0]?.end();
    await Promise.all(kept);
  });

  test('Closing writes the waiting events and refuses later ones', async () => {
    const store = heldStore();
    const audit = createAudit({ store, ...testChain(), clock, log });
    const kept = audit.record(issued);
    const closing = audit.close();
    await assert.rejects(audit.record(issued), { code: 'busy' });
    await turns();
    store.writes[0]?.end();
    await Promise.all([kept, closing]);
  });

  test('Flushing waits for all earlier events, even when their write fails', async () => {
    const store = heldStore();
    const audit = createAudit({ store, ...testChain(), clock, log });
    await audit.flush();
    const lost = assert.rejects(audit.record(issued), StoreUnavailableError);
    const flushing = audit.flush();
    await turns();
    store.writes[0]?.end(new StoreUnavailableError(new Error('gone')));
    await Promise.all([lost, flushing]);
  });

  test('Routine events share one write that nobody waits for, and closing writes them', async () => {
    const store = heldStore();
    const audit = createAudit({ store, ...testChain(), clock, log });
    await Promise.all([1, 2, 3].map(() => audit.recordSoon(issued)));
    const closing = audit.close();
    await turns();
    store.writes[0]?.end();
    await closing;
    assert.deepEqual(
      store.writes.map(({ events }) => events.length),
      [3],
    );
  });

  test('Closing waits for routine events that are being written', async () => {
    const store = heldStore();
    const audit = createAudit({ store, ...testChain(), clock, log });
    audit.recordSoon(issued);
    while (store.writes.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    let closed = false;
    const closing = audit.close().then(() => {
      closed = true;
    });
    await turns();
    assert.equal(closed, false);
    store.writes[0]?.end();
    await closing;
    assert.equal(store.writes.length, 1);
  });

  test('A response waits for its event once an event has waited for more than 50 ms, and only until the write', async () => {
    const store = heldStore();
    const movable = createMovableClock();
    const audit = createAudit({ store, ...testChain(), clock: movable, log });
    const writesAre = async (count: number) => {
      while (store.writes.length < count) await new Promise((resolve) => setTimeout(resolve, 1));
    };
    await audit.recordSoon(issued);
    movable.advance(50);
    await audit.recordSoon(issued);
    await writesAre(1);
    await audit.recordSoon(issued);

    movable.advance(1);
    let answered = 0;
    const held = [1, 2].map(() => audit.recordSoon(issued).then(() => (answered += 1)));
    await turns();
    assert.equal(answered, 0);
    store.writes[0]?.end();
    // At once, and with what had only gathered so far.
    await turns();
    assert.equal(store.writes[1]?.events.length, 3);
    assert.equal(answered, 0);
    store.writes[1]?.end();
    await Promise.all(held);
    await audit.recordSoon(issued);
    const closing = audit.close();
    await turns();
    store.writes[2]?.end();
    await closing;
  });

  test('A store that accepts no events delays a response by a second, and the events are kept', async () => {
    const store = heldStore();
    const movable = createMovableClock();
    const audit = createAudit({ store, ...testChain(), clock: movable, log });
    await audit.recordSoon(issued);
    movable.advance(51);
    await audit.recordSoon(issued);
    assert.equal(store.writes.length, 1);
    const closing = audit.close();
    store.writes[0]?.end();
    await closing;
    assert.equal(store.writes[0]?.events.length, 2);
  });

  test('Routine events outlive a store outage: those of the failed write, and of later ones as many as the buffer takes', async () => {
    const store = heldStore();
    const audit = createAudit({ store, ...testChain(), clock, log, bufferLimit: 2 });
    const add = (from: number, to: number) => {
      for (let count = from; count <= to; count += 1) {
        audit.recordSoon({ ...issued, requestId: `request-${count}` });
      }
    };
    add(0, 2);
    const failed = audit.flush();
    await turns();
    add(3, 5);
    store.writes[0]?.end(new StoreUnavailableError(new Error('gone')));
    await failed;
    const closing = audit.close();
    await turns();
    store.writes[1]?.end();
    await turns();
    store.writes[2]?.end();
    await closing;
    const written = store.writes.slice(1).flatMap(({ events }) => events);
    assert.deepEqual(
      written.map((event) => event.requestId),
      ['request-0', 'request-1', 'request-2', 'request-4', 'request-5'],
    );
    assert.deepEqual(
      written.map((event) => event.link?.number),
      [1, 2, 3, 4, 5],
    );
    // As it may have been kept: to the letter what is written again.
    assert.deepEqual(store.writes[0]?.events, written.slice(0, 3));
  });
});
