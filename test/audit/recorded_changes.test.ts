/** A change and its event, when the process dies between the two. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changeOf, createRecordedChanges } from '../../src/audit/room.ts';
import { sampleClient } from '../storage/contract/samples.ts';
import { createMovableClock, testAudit } from '../support/rooms.ts';
import { eachEngine, openFresh } from '../support/stores.ts';

await eachEngine((stores) => {
  test('The event of a change whose process died before it was on record is put there once, by another', async (t) => {
    const store = await openFresh(t, stores);
    const clock = createMovableClock();
    const dying = createRecordedChanges({
      ...{ store: store.audit, clock },
      record: async () => assert.fail('killed'),
    });
    const found = sampleClient();
    await store.clients.create(found);
    const next = { ...found, version: 2, metadata: { ...found.metadata, client_name: 'New' } };
    const target = { kind: 'client', id: found.clientId } as const;
    const change = changeOf(target, found, next);
    const event = { type: 'client.updated', outcome: 'success', actor: 'operator' } as const;
    const write = () =>
      dying.recordChange({ ...event, ...change }, (kept) => store.clients.update(next, kept));
    await assert.rejects(write(), /killed/);
    // Nothing was changed, so nothing is on record of it.
    assert.equal(await write(), false);

    const { record } = testAudit(store, clock);
    const other = createRecordedChanges({ store: store.audit, clock, record });
    assert.equal(await other.resume(1000), 0);
    clock.advance(2000);
    assert.equal(await other.resume(1000), 1);
    assert.equal(await other.resume(0), 0);
    const { events } = await store.audit.search({ target, limit: 9 });
    assert.equal(events.length, 1);
    assert.deepEqual(events[0]?.after, { metadata: { client_name: 'New' } });
    assert.equal(events[0]?.actor, 'operator');
  });
});
