/**
 * What goes together, and what goes by itself: removal by links, and the purge.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { randomId } from '../../../src/digests.ts';
import type { Artifact, ArtifactSelector } from '../../../src/storage/artifacts.ts';
import type { TestStores } from '../../support/stores.ts';
import {
  minute,
  now,
  openAll,
  sampleArtifact,
  sampleClient,
  sampleEvent,
  sampleLease,
  sampleRange,
  sharedStore,
} from './samples.ts';

export function removalContract(stores: TestStores) {
  describe('Removal of artifacts', () => {
    const { store } = sharedStore(stores);

    /** Puts what `given` makes of a fresh id, removes by the selector for it; answers which are left, by index. */
    async function left(
      selector: (id: string) => ArtifactSelector,
      given: (id: string) => Partial<Artifact>[],
    ) {
      const own = randomId();
      const artifacts = given(own).map((each) => sampleArtifact(each));
      for (const artifact of artifacts) await store().artifacts.put(artifact);
      const removed = await store().artifacts.removeAll(selector(own));
      const found = await Promise.all(
        artifacts.map(({ kind, id }) => store().artifacts.find(kind, id, now)),
      );
      assert.equal(removed, found.filter((artifact) => artifact === undefined).length);
      return found.flatMap((artifact, index) => (artifact ? [index] : []));
    }

    test('All artifacts of a grant can be removed, or only those of one session', async () => {
      const kind = 'AccessToken';
      const all = (grantId: string) => [
        { grantId, kind: 'RefreshToken', sessionUid: 's1' },
        { grantId, kind, sessionUid: 's1' },
        { grantId, kind, sessionUid: 's2' },
        { grantId, kind },
        { grantId: randomId(), kind, sessionUid: 's1' },
        { kind, sessionUid: 's1' },
      ];
      const sessionUid = 's1';
      assert.deepEqual(await left((grantId) => ({ grantId, sessionUid }), all), [2, 3, 4, 5]);
      assert.deepEqual(await left((grantId) => ({ grantId }), all), [4, 5]);
    });

    test('All artifacts of a family can be removed', async () => {
      const all = (familyId: string) => [{ familyId }, { familyId: randomId() }, {}];
      assert.deepEqual(await left((familyId) => ({ familyId }), all), [1, 2]);
    });

    test('All artifacts of an account can be removed, at every client', async () => {
      const all = (accountId: string) => [
        { accountId, clientId: 'c1' },
        { accountId, clientId: 'c2' },
        { accountId },
        {},
      ];
      assert.deepEqual(await left((accountId) => ({ accountId }), all), [3]);
    });

    test('All artifacts of a client can be removed, however many there are', async () => {
      const clientId = randomId();
      const many = Array.from({ length: 1200 }, () => sampleArtifact({ clientId }));
      for (let start = 0; start < many.length; start += 100) {
        const part = many.slice(start, start + 100);
        await Promise.all(part.map((artifact) => store().artifacts.put(artifact)));
      }
      assert.equal(await store().artifacts.removeAll({ clientId }), many.length);
      assert.equal(await store().artifacts.removeAll({ clientId }), 0);
    });

    test('A removal of what exists spares artifacts that are put after it began', async () => {
      const { artifacts } = store();
      const clientId = randomId();
      const many = Array.from({ length: 700 }, () => sampleArtifact({ clientId }));
      for (let start = 0; start < many.length; start += 100) {
        await Promise.all(many.slice(start, start + 100).map(artifacts.put));
      }
      const later = Array.from({ length: 50 }, () => sampleArtifact({ clientId }));
      const removing = artifacts.removeAll({ clientId }, { existing: true });
      await Promise.all(later.map(artifacts.put));
      assert.equal(await removing, many.length);
      for (const { kind, id } of later) assert.ok(await artifacts.find(kind, id, now));
      assert.equal(await artifacts.removeAll({ clientId }), later.length);
    });

    test('A selector without criteria removes nothing', async () => {
      const artifact = sampleArtifact();
      await store().artifacts.put(artifact);
      const selectors = [
        {},
        { grantId: undefined },
        { kind: artifact.kind },
        { grantId: { $gt: '' } },
      ];
      for (const selector of selectors) {
        await assert.rejects(
          async () => store().artifacts.removeAll(selector as unknown as ArtifactSelector),
          TypeError,
        );
      }
      assert.ok(await store().artifacts.find(artifact.kind, artifact.id, now));
    });
  });

  describe('Purge of expired records', () => {
    test('A purge removes bounded batches of expired records of each kind until none is left', async (t) => {
      const [store] = await openAll(t, { url: await stores.freshUrl(), count: 1 });
      assert.ok(store);
      const { artifacts, audit, clients, counters, revocations } = store;
      const { statusLeases, statusRanges } = store;
      const later = now + minute;
      for (let index = 0; index < 5; index += 1) {
        await artifacts.put(sampleArtifact());
        await revocations.put({ key: `old-${index}`, before: now, expiresAt: later });
        await statusLeases.add(sampleLease({ list: 'l', first: index, expiresAt: later }));
        await statusRanges.add(sampleRange({ list: 'l', first: index, expiresAt: later }));
        await counters.add(`old-${index}`, 1, minute, now);
        await clients.create(sampleClient({ clientId: `old-${index}`, expiresAt: later }));
        await audit.append([sampleEvent({ at: now - 1 })]);
      }
      const alive = sampleArtifact({ expiresAt: later + 1 });
      await artifacts.put(alive);
      await revocations.put({ key: 'alive', before: now, expiresAt: later + 1 });
      await statusLeases.add(sampleLease({ list: 'l', first: 5, expiresAt: later + 1 }));
      await statusRanges.add(sampleRange({ list: 'l', first: 5, expiresAt: later + 1 }));
      await counters.add('alive', 1, minute + 1, now);
      // One that is used before it goes stays.
      const used = sampleClient({ expiresAt: later });
      await clients.create(used);
      assert.ok(await clients.update({ ...used, expiresAt: undefined, version: 2 }));
      await clients.create(sampleClient({ clientId: 'alive', expiresAt: later + 1 }));
      await clients.create(sampleClient({ clientId: 'declared' }));
      await audit.append([sampleEvent({ at: now })]);

      const purge = () => store.purge({ now: later, limit: 2, auditBefore: now });
      assert.deepEqual(
        [await purge(), await purge(), await purge(), await purge()],
        [14, 14, 7, 0],
      );
      assert.ok(await artifacts.find(alive.kind, alive.id, later));
      assert.equal((await revocations.find(['alive', 'old-1'], now)).length, 1);
      for (const kept of [statusRanges, statusLeases]) {
        const left = await kept.select({}, { limit: 9, now });
        assert.deepEqual(
          left.map(({ first }) => first),
          [5],
        );
      }
      assert.equal((await counters.add('alive', 0, minute, now)).count, 1);
      assert.equal((await audit.list({ limit: 10 })).length, 1);
      assert.deepEqual(
        (await clients.list({ limit: 10 })).items.map(({ clientId }) => clientId).toSorted(),
        ['alive', used.clientId, 'declared'].toSorted(),
      );
    });
  });
}
