/**
 * A store that is lost says so, soon, and is itself again when it is back.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { StoreUnavailableError } from '../../../src/storage/errors.ts';
import {
  type ContractStores,
  minute,
  now,
  openAll,
  sampleArtifact,
  sampleEvent,
  sampleRange,
  sampleRevocation,
  sampleUsage,
} from './samples.ts';

export function outageContract(stores: ContractStores) {
  describe('Store outage', () => {
    test('Each change fails as unavailable during an outage, and everything works again afterwards', async (t) => {
      const { url, lose, giveBack } = await stores.breakable(t);
      const [store] = await openAll(t, { url, count: 1 });
      assert.ok(store);
      const spent = sampleArtifact();
      const missed = sampleArtifact();
      await store.artifacts.put(spent);
      const known = sampleRevocation({ work: 'w' });
      const sequence = await store.revocations.put(known);
      await lose();
      const attempts = [
        store.artifacts.put(missed),
        store.artifacts.insert(missed, now),
        store.artifacts.rewrite(missed, now),
        store.artifacts.consume(spent.kind, spent.id, now),
        store.artifacts.removeAll({ clientId: 'c' }),
        store.revocations.put(sampleRevocation({ key: 'k' })),
        store.revocations.finish(known.key, sequence),
        store.statusRanges.add(sampleRange()),
        store.documents.compareAndSet('d', 0, 1),
        store.counters.add('k', 1, minute, now),
        store.counters.addAll([{ key: 'k', amount: 1, windowMs: minute }], now),
        store.audit.append([sampleEvent()]),
        store.audit.append([sampleEvent()], { routine: true }),
        store.usage.add([sampleUsage()]),
        store.apiKeys.touch([{ keyId: 'k', lastUsedAt: now }]),
        store.clients.touch([{ clientId: 'c', lastUsedAt: now }]),
        store.purge({ now, limit: 1, auditBefore: now }),
        store.ping(),
      ];
      for (const [index, outcome] of (await Promise.allSettled(attempts)).entries()) {
        assert.ok(outcome.status === 'rejected', `attempt ${index} succeeded`);
        assert.ok(outcome.reason instanceof StoreUnavailableError, String(outcome.reason));
        assert.equal(outcome.reason.status, 503);
        assert.ok(outcome.reason.retryAfter);
      }
      await giveBack();
      await store.ping();
      assert.equal(await store.artifacts.find(missed.kind, missed.id, now), undefined);
      assert.equal((await store.artifacts.consume(spent.kind, spent.id, now))?.won, true);
      await store.artifacts.put(missed);
      assert.ok(await store.artifacts.find(missed.kind, missed.id, now));
      assert.equal((await store.revocations.unfinished(9)).length, 1);
      assert.deepEqual(await store.revocations.find(['k'], now), []);
      assert.deepEqual(await store.audit.list({ limit: 9 }), []);
      await store.audit.append([sampleEvent()], { routine: true });
      assert.equal((await store.audit.list({ limit: 9 })).length, 1);
      const next = await store.revocations.put(sampleRevocation());
      assert.ok(next > sequence);
      assert.equal(await store.revocations.sequence(), next);
    });

    test('A closed store reports that it is unavailable', async (t) => {
      const [store] = await openAll(t, { url: await stores.freshUrl(), count: 1 });
      assert.ok(store);
      await store.close();
      await assert.rejects(store.ping(), StoreUnavailableError);
      await assert.rejects(store.artifacts.find('a', 'b', now), StoreUnavailableError);
      await assert.rejects(store.artifacts.consume('a', 'b', now), StoreUnavailableError);
      await assert.rejects(store.revocations.sequence(), StoreUnavailableError);
      await assert.rejects(store.statusRanges.find('l', 0, now), StoreUnavailableError);
      await assert.rejects(store.apiKeys.findByHash('h'), StoreUnavailableError);
      await assert.rejects(store.usage.add([sampleUsage()]), StoreUnavailableError);
      const routine = store.audit.append([sampleEvent()], { routine: true });
      await assert.rejects(routine, StoreUnavailableError);
    });

    test('An operation that began before the store closed is completed', async (t) => {
      const url = await stores.freshUrl();
      const [store, other] = await openAll(t, { url, count: 2 });
      assert.ok(store && other);
      const artifacts = Array.from({ length: 100 }, () => sampleArtifact());
      const puts = Promise.allSettled(artifacts.map((artifact) => store.artifacts.put(artifact)));
      const routine = store.audit.append([sampleEvent()], { routine: true });
      const recorded = routine.then(
        () => 1,
        () => 0,
      );
      await store.close();
      assert.ok((await other.audit.list({ limit: 9 })).length >= (await recorded));
      for (const [index, { status }] of (await puts).entries()) {
        const { kind, id } = artifacts[index] ?? assert.fail();
        if (status === 'fulfilled') assert.ok(await other.artifacts.find(kind, id, now));
      }
    });
  });
}
