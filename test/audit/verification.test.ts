/** What `cardea audit verify` finds, on both stores: whatever somebody with the store does to the trail, and nothing else. */
import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { MongoClient } from 'mongodb';
import {
  createAudit,
  createChainRegister,
  createRepeatableEvents,
  createSealingKeys,
  verifyTrail,
} from '../../src/audit/room.ts';
import { createSecrets } from '../../src/secrets/room.ts';
import type { AuditEvent } from '../../src/storage/audit_events.ts';
import { openStore } from '../../src/storage/open.ts';
import { createMovableClock, type MovableClock } from '../support/rooms.ts';
import { eachEngine } from '../support/stores.ts';

const dayMs = 86_400_000;
const secret = (byte: number) => Buffer.alloc(32, byte);
const strict: { error(): void } = { error: () => assert.fail() };
/** Of a process that is as good as dead: nobody reads what it complains about. */
const unread = { error: () => {} };

/** A process that records on the store. */
async function recorderOn(
  t: TestContext,
  url: string,
  clock: MovableClock,
  { secrets = [secret(1)], log = strict } = {},
) {
  const store = await openStore({ url });
  const derived = createSecrets(secrets);
  const keys = createSealingKeys(derived);
  const register = createChainRegister({
    ...{ chains: store.auditChains, documents: store.documents, keys, clock },
  });
  const audit = createAudit({ store: store.audit, register, key: keys[0], clock, log });
  const repeatable = createRepeatableEvents({
    ...{ store: store.audit, counters: store.counters, clock },
    ...{ key: derived.derive('repeatable events'), sealingKey: keys[0] },
    onFirst: async () => {},
  });
  t.after(() => store.close());
  return {
    ...{ store, audit, register },
    recordFailure: () =>
      repeatable.recordRepeatable({ type: 'sign_in.failed', outcome: 'failure', ip: '192.0.2.1' }),
    verify: () => verifyTrail({ store, keys, clock }),
  };
}

type Recorder = Awaited<ReturnType<typeof recorderOn>>;

/** Some events of both streams, each at a time of its own; as the store has them, oldest first. */
async function recordSome({ audit, store }: Recorder, clock: MovableClock): Promise<AuditEvent[]> {
  for (let index = 0; index < 6; index += 1) {
    clock.advance(1000);
    await audit.record({ type: 'client.updated', outcome: 'success', clientId: `c${index}` });
    await audit.recordSoon({ type: 'token.issued', outcome: 'success', clientId: 'job' });
  }
  await audit.close();
  return (await store.audit.list({ limit: 100 })).toReversed();
}

/** What somebody does who has the store and nothing else. */
const byHand = {
  async sqlite(url: string, { id, event, columns = {} }: Change) {
    const database = new DatabaseSync(url.slice('sqlite:'.length));
    if (event === null) database.prepare('DELETE FROM audit_events WHERE id = ?').run(id);
    else {
      const sets = { ...(event && { event }), ...columns };
      const names = Object.keys(sets).map((name) => `${name} = ?`);
      database
        .prepare(`UPDATE audit_events SET ${names.join(', ')} WHERE id = ?`)
        .run(...Object.values(sets), id);
    }
    database.close();
  },
  async mongodb(url: string, { id, event, columns = {} }: Change) {
    const client = new MongoClient(url);
    const events = client.db().collection<{ _id: string }>('audit_events');
    if (event === null) await events.deleteOne({ _id: id });
    else await events.updateOne({ _id: id }, { $set: { ...(event && { event }), ...columns } });
    await client.close();
  },
};

/** `event`: its new text; null: it is removed. */
type Change = { id: string; event?: string | null; columns?: Record<string, string> };

const kinds = (found: Awaited<ReturnType<Recorder['verify']>>) =>
  found.findings.map((finding) =>
    'id' in finding ? `${finding.kind} ${finding.id}` : finding.kind,
  );

await eachEngine((stores) => {
  const scene = async (t: TestContext) => {
    const url = await stores.freshUrl();
    const clock = createMovableClock(Date.now() - 100 * dayMs);
    const recorder = await recorderOn(t, url, clock);
    const events = await recordSome(recorder, clock);
    const change = (what: Change) => byHand[recorder.store.engine](url, what);
    return { url, clock, recorder, events, change };
  };
  const durable = (events: AuditEvent[]) => events.filter(({ type }) => type !== 'token.issued');

  test('A trail that nobody touched is right, folded events and several processes included', async (t) => {
    const { url, clock, recorder } = await scene(t);
    await recorder.recordFailure();
    await recorder.recordFailure();
    const other = await recorderOn(t, url, clock);
    const third = await recorderOn(t, url, clock);
    await Promise.all([recordSome(other, clock), recordSome(third, clock)]);
    const found = await recorder.verify();
    assert.deepEqual(found, {
      ...{ findings: [], more: 0, events: 37, chains: 6, folded: 1, unlinked: 0, unknownKeys: 0 },
    });
  });

  test('An altered event is named, whatever was changed in it', async (t) => {
    const { recorder, events, change } = await scene(t);
    const [first, second, third, fourth] = durable(events);
    assert.ok(first && second && third && fourth);
    await change({ id: first.id, event: JSON.stringify({ ...first, clientId: 'another' }) });
    await change({ id: second.id, event: 'not json' });
    await change({ id: third.id, columns: { client_id: 'hidden' } });
    const { link, ...bare } = fourth;
    await change({
      id: fourth.id,
      event: JSON.stringify({ ...bare, link: { ...link, number: 99 } }),
    });
    const found = await recorder.verify();
    assert.deepEqual(
      kinds(found)
        .sort()
        .filter((kind) => kind.includes(' '))
        .slice(0, 4),
      [
        ...[first.id, second.id, fourth.id].sort().map((id) => `altered ${id}`),
        `misfiled ${third.id}`,
      ],
    );
    const named = found.findings.find((finding) => 'id' in finding && finding.id === first.id);
    assert.ok(named?.kind === 'altered');
    assert.equal(named.at, first.at);
    assert.equal(named.type, 'client.updated');
    assert.deepEqual([named.chain, named.number], [first.link?.chain, 1]);
  });

  test('A removed event is named by its place: in the middle, at the start and at the end', async (t) => {
    const { recorder, events, change } = await scene(t);
    const sealed = durable(events);
    for (const index of [0, 3, 5]) await change({ id: sealed[index]?.id ?? '', event: null });
    const { findings } = await recorder.verify();
    const removed = findings.flatMap((one) => (one.kind === 'removed' ? [one] : []));
    assert.equal(removed.length, findings.length);
    assert.deepEqual(
      removed.map(({ number, count }) => [number, count]),
      [
        [1, 1],
        [4, 1],
        [6, 1],
      ],
    );
    assert.equal(removed[1]?.after?.id, sealed[2]?.id);
    assert.equal(removed[1]?.before?.id, sealed[4]?.id);
  });

  test('All events of a process removed, and an event put in, are named', async (t) => {
    const { recorder, events, change, clock } = await scene(t);
    for (const { id, type } of events)
      if (type === 'token.issued') await change({ id, event: null });
    clock.advance(2 * 3_600_000);
    const forged = { type: 'consent.granted', outcome: 'success', id: 'forged', at: clock.now() };
    await recorder.store.audit.append([forged as AuditEvent]);
    const { findings } = await recorder.verify();
    assert.deepEqual(
      findings.map((one) =>
        one.kind === 'removed' ? [one.kind, one.number, one.count] : one.kind,
      ),
      ['inserted', ['removed', 1, 6]],
    );
  });

  test('An event from before events were linked is counted, and no fault', async (t) => {
    const { recorder, events } = await scene(t);
    const old = {
      type: 'sign_out',
      outcome: 'success',
      id: 'old',
      at: (events[0]?.at ?? 0) - 1000,
    };
    await recorder.store.audit.append([old as AuditEvent]);
    const { findings, unlinked } = await recorder.verify();
    assert.deepEqual([findings, unlinked], [[], 1]);
  });

  test('What was purged in its time is no fault, also when the time that events are kept is made longer', async (t) => {
    const { url, recorder, clock, events } = await scene(t);
    const purgeBefore = async (auditBefore: number) => {
      await recorder.register.notePurge(auditBefore);
      await recorder.store.purge({ now: clock.now(), limit: 100, auditBefore });
    };
    await purgeBefore(events[5]?.at ?? 0);
    assert.ok((await recorder.store.audit.list({ limit: 100 })).length < events.length);
    assert.deepEqual((await recorder.verify()).findings, []);
    clock.advance(10 * dayMs);
    const later = await recorderOn(t, url, clock);
    await recordSome(later, clock);
    await purgeBefore(clock.now() - 5 * dayMs);
    assert.deepEqual((await recorder.verify()).findings, []);
    assert.equal((await recorder.verify()).chains, 2);
    await later.store.audit.list({ limit: 1 });
  });

  test('Events that a killed process lost are no fault, and those that failed twice are kept once', async (t) => {
    const { url, clock, recorder } = await scene(t);
    const killed = await recorderOn(t, url, clock, { log: unread });
    await killed.audit.record({
      id: 'fixed',
      at: clock.now(),
      type: 'sign_out',
      outcome: 'success',
    });
    // Sealed, and never written.
    killed.store.audit.append = () => new Promise(() => {});
    void killed.audit.recordSoon({ type: 'token.issued', outcome: 'success' });
    const finisher = await recorderOn(t, url, clock);
    for (const type of ['sign_out', 'sign_out', 'consent.granted'] as const) {
      const id = type === 'sign_out' ? { id: 'fixed', at: clock.now() } : {};
      await finisher.audit.record({ ...id, type, outcome: 'success' });
    }
    await finisher.audit.close();
    assert.deepEqual((await recorder.verify()).findings, []);
  });

  test('A former secret verifies what it sealed, and a secret that is gone is told from a forgery', async (t) => {
    const { url, clock } = await scene(t);
    const rotated = await recorderOn(t, url, clock, { secrets: [secret(2), secret(1)] });
    await recordSome(rotated, clock);
    assert.deepEqual((await rotated.verify()).findings, []);
    assert.equal((await rotated.verify()).unknownKeys, 0);
    const forgetful = await recorderOn(t, url, clock, { secrets: [secret(2)] });
    const found = await forgetful.verify();
    assert.deepEqual(found.findings, []);
    assert.ok(found.unknownKeys > 0);
  });

  test('An event that is recorded long after its time begins a chain of its own, so that no purge makes a gap', async (t) => {
    const { url, clock, recorder } = await scene(t);
    const late = await recorderOn(t, url, clock);
    const record = (at: number) =>
      late.audit.record({ id: `at ${at}`, at, type: 'sign_out', outcome: 'success' });
    const now = clock.now();
    for (const at of [now, now - 3 * dayMs, now - 3 * dayMs + 1, now + 1]) await record(at);
    await late.audit.close();
    await recorder.register.notePurge(now - dayMs);
    await recorder.store.purge({ now, limit: 100, auditBefore: now - dayMs });
    assert.deepEqual((await recorder.verify()).findings, []);
  });
});
