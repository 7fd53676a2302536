/** A change and its event, when the process dies between the two. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changeOf, createRecordedChanges } from '../../src/audit/room.ts';
import { createMarkerWatch } from '../../src/caching/marker_watch.ts';
import { createDeclarationPlaces } from '../../src/declaration/room.ts';
import { createOperators } from '../../src/operators/room.ts';
import { createSettings } from '../../src/settings/room.ts';
import { sampleClient, sampleUser } from '../storage/contract/samples.ts';
import { killSwitchesOn } from '../support/kill_switches.ts';
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

  test('What signing keys, settings and operators change is on record, though the process died before it was', async (t) => {
    const store = await openFresh(t, stores);
    const clock = createMovableClock();
    const dying = {
      ...createRecordedChanges({
        ...{ store: store.audit, clock },
        record: async () => assert.fail('killed'),
      }),
      record: async () => assert.fail('killed'),
    };
    const declared = { signing_keys: { algorithm: 'EdDSA' } };
    const { keyrings, declaration, announce } = killSwitchesOn(store, {
      ...{ declared, audit: dying, clock },
    });
    const [keyring] = keyrings;
    await keyring.start();
    await keyring.close();
    await keyring.rotate({ by: { actor: 'user:alice', requestId: 'r1' } });
    const owner = sampleUser();
    await store.users.create(owner);
    const operators = createOperators({ ...store, announce, audit: dying, clock });
    const by = { actor: 'user:alice' };
    await assert.rejects(operators.set(owner.id, { role: 'owner' }, by), /killed/);
    const settings = createSettings({
      ...{ declared: declaration.pages, documents: store.documents, announce, audit: dying, clock },
      places: createDeclarationPlaces({ declaration, file: undefined }),
      watch: createMarkerWatch({ markers: store.revocations, clock }),
    });
    await assert.rejects(settings.change({ pages: { name: 'Acme' } }, by), /killed/);

    const { record } = testAudit(store, clock);
    clock.advance(2000);
    const other = createRecordedChanges({ store: store.audit, clock, record });
    const left = await other.resume(1000);
    const { events } = await store.audit.search({ limit: 20 });
    assert.equal(events.length, left);
    const found = (type: string) => events.filter((event) => event.type === type);
    assert.ok(found('signing_key.created').length > 0);
    const [advanced] = found('signing_key.advanced');
    assert.deepEqual([advanced?.actor, advanced?.requestId], ['user:alice', 'r1']);
    assert.deepEqual(found('operator.added')[0]?.after, { role: 'owner' });
    assert.deepEqual(found('settings.updated')[0]?.after, { pages: { name: 'Acme' } });
    assert.equal(await other.resume(0), 0);
  });
});
