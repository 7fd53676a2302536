/**
 * What many callers may do at once: several connections of this process, and several processes.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { randomId } from '../../../src/digests.ts';
import type { Store } from '../../../src/storage/store.ts';
import type { TestStores } from '../../support/stores.ts';
import { startProcesses } from './processes.ts';
import {
  minute,
  now,
  openAll,
  patienceMs,
  sampleArtifact,
  sampleClient,
  sampleUser,
} from './samples.ts';

const rounds = 20;
export const parallel = 50;

/** `parallel` attempts at once, spread over the connections. */
export function atOnce<T>(
  connections: Store[],
  attempt: (store: Store, index: number) => Promise<T>,
): Promise<T[]> {
  return Promise.all(
    Array.from({ length: parallel }, (_, index) => {
      const store = connections[index % connections.length];
      assert.ok(store);
      return attempt(store, index);
    }),
  );
}

export function raceContract(stores: TestStores) {
  describe('Concurrent writes over several connections', () => {
    const open = async (t: Parameters<typeof openAll>[0]) =>
      openAll(t, { url: await stores.freshUrl(), count: 4, answerMs: patienceMs });

    test('An artifact is spent exactly once', async (t) => {
      const connections = await open(t);
      for (let round = 0; round < rounds; round += 1) {
        const { kind, id } = sampleArtifact();
        await connections[0]?.artifacts.put(sampleArtifact({ kind, id }));
        const outcomes = await atOnce(connections, (store, index) =>
          store.artifacts.consume(kind, id, now + index),
        );
        const winners = outcomes.filter((outcome) => outcome?.won);
        assert.equal(winners.length, 1);
        // All learn of the same moment: the winner's.
        assert.deepEqual(
          new Set(outcomes.map((outcome) => outcome?.consumedAt)),
          new Set([winners[0]?.consumedAt]),
        );
      }
    });

    test('An artifact is inserted exactly once, even in place of an expired one', async (t) => {
      const connections = await open(t);
      for (let round = 0; round < rounds; round += 1) {
        const artifact = sampleArtifact({ expiresAt: now + 2 * minute });
        if (round % 2 === 1) {
          await connections[0]?.artifacts.put({ ...artifact, expiresAt: now + minute });
        }
        const outcomes = await atOnce(connections, (store) =>
          store.artifacts.insert(artifact, now + minute),
        );
        assert.equal(outcomes.filter(Boolean).length, 1);
      }
    });

    test('Exactly one of several changes to a document from one version succeeds', async (t) => {
      const connections = await open(t);
      for (let version = 0; version < rounds; version += 1) {
        const outcomes = await atOnce(connections, (store, index) =>
          store.documents.compareAndSet('keyset', version, { index }),
        );
        assert.equal(outcomes.filter(Boolean).length, 1);
        assert.deepEqual(await connections[1]?.documents.get('keyset'), {
          version: version + 1,
          value: { index: outcomes.indexOf(true) },
        });
      }
    });

    test('Exactly one of several changes to a client or user from one version succeeds', async (t) => {
      const connections = await open(t);
      const client = sampleClient();
      const user = sampleUser();
      await connections[0]?.clients.create(client);
      await connections[0]?.users.create(user);
      for (let version = 2; version < 7; version += 1) {
        const clients = await atOnce(connections, (store) =>
          store.clients.update({ ...client, version }),
        );
        assert.equal(clients.filter(Boolean).length, 1);
        const users = await atOnce(connections, (store) =>
          store.users.update({ ...user, version }),
        );
        assert.equal(users.filter(Boolean).length, 1);
      }
    });

    test('A username is given to exactly one user', async (t) => {
      const connections = await open(t);
      const outcomes = await atOnce(connections, (store) =>
        store.users.create(sampleUser({ username: 'alice' })).then(
          () => 'created',
          (error) => error.code,
        ),
      );
      assert.equal(outcomes.filter((outcome) => outcome === 'created').length, 1);
      assert.equal(outcomes.filter((outcome) => outcome === 'already_exists').length, parallel - 1);
    });

    test('No addition to a counter is lost', async (t) => {
      const connections = await open(t);
      const states = await atOnce(connections, (store) =>
        store.counters.add('account:alice', 2, minute, now),
      );
      const counts = states.map(({ count }) => count).sort((a, b) => a - b);
      assert.deepEqual(
        counts,
        Array.from({ length: parallel }, (_, index) => 2 * (index + 1)),
      );
    });

    test('Concurrent limited counts succeed as often as the tightest limit allows, and refused ones count nowhere', async (t) => {
      const connections = await open(t);
      const limits = { wide: 40, tight: 7 };
      const keys = Object.keys(limits);
      const taken = Object.entries(limits).map(([key, limit]) => ({
        ...{ key, limit, amount: 1, windowMs: minute },
      }));
      const givenBack = keys.map((key) => ({ key, amount: -1, windowMs: minute }));
      for (let round = 0; round < 3; round += 1) {
        const outcomes = await atOnce(connections, (store) => store.counters.addAll(taken, now));
        assert.equal(outcomes.filter((full) => full === undefined).length, limits.tight);
        for (const key of keys) {
          assert.equal(
            (await connections[0]?.counters.add(key, 0, minute, now))?.count,
            limits.tight,
          );
        }
        // All that got through is given back at once, and none of it is lost.
        await Promise.all(
          Array.from({ length: limits.tight }, (_, index) =>
            connections[index % connections.length]?.counters.addAll(givenBack, now),
          ),
        );
      }
    });
  });

  describe('Concurrent writes over several processes', () => {
    test('An artifact is spent, inserted and claimed exactly once, and no count is lost', async (t) => {
      const url = await stores.freshUrl();
      const [store] = await openAll(t, { url, count: 1 });
      assert.ok(store);
      const processes = await startProcesses(t, url, 4);
      for (let round = 0; round < rounds; round += 1) {
        const id = randomId();
        await store.artifacts.put(sampleArtifact({ kind: 'AuthorizationCode', id }));
        const task = { id, times: 13, now };
        assert.equal(await processes.run({ name: 'consume', ...task }), 1);
        if (round % 5 > 0) continue;
        assert.equal(await processes.run({ name: 'insert', ...task }), 1);
        assert.equal(await processes.run({ name: 'claim', ...task }), 1);
        assert.equal(await processes.run({ name: 'count', ...task }), 52);
        assert.equal((await store.counters.add(id, 0, minute, now)).count, 52);
      }
    });
  });
}
