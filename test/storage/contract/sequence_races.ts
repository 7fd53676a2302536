/**
 * What many that revoke at once, and those who follow them, can rely on; and that a position is one's own.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Revocation } from '../../../src/storage/revocations.ts';
import type { Store } from '../../../src/storage/store.ts';
import type { TestStores } from '../../support/stores.ts';
import { startProcesses } from './processes.ts';
import { atOnce, parallel } from './races.ts';
import {
  asFound,
  minute,
  now,
  openAll,
  patienceMs,
  sampleRange,
  sampleRevocation,
} from './samples.ts';

const rounds = 4;

export function sequenceRaceContract(stores: TestStores) {
  describe('Concurrent revocations', () => {
    const open = async (t: Parameters<typeof openAll>[0]) =>
      openAll(t, { url: await stores.freshUrl(), count: 4, answerMs: patienceMs });

    test('Each concurrent revocation gets its own number, higher than all acknowledged before', async (t) => {
      const connections = await open(t);
      let highest = 0;
      for (let round = 0; round < rounds; round += 1) {
        const numbers = await atOnce(connections, (store, index) =>
          // Half of them of one key.
          store.revocations.put(sampleRevocation(index % 2 === 0 ? { key: 'user:alice' } : {})),
        );
        assert.equal(new Set(numbers).size, parallel);
        assert.ok(Math.min(...numbers) > highest);
        highest = Math.max(...numbers);
        for (const store of connections) assert.equal(await store.revocations.sequence(), highest);
      }
    });

    test('An acknowledged revocation is visible to every other connection', async (t) => {
      const connections = await open(t);
      await atOnce(connections, async (store, index) => {
        const other = connections[(index + 1) % connections.length] ?? assert.fail();
        const revocation = sampleRevocation();
        const sequence = await store.revocations.put(revocation);
        assert.ok((await other.revocations.sequence()) >= sequence);
        const found = await other.revocations.find([revocation.key], now);
        assert.deepEqual(found, [asFound(revocation, sequence)]);
        const changes = await other.revocations.changes({ after: sequence - 1, limit: 1, now });
        assert.deepEqual(changes, found);
      });
    });

    test('A reader that sees a number sees every revocation up to it, and none appears later', async (t) => {
      const connections = await open(t);
      const [reader = assert.fail(), ...writers] = connections;
      let writing = true;
      const written = atOnce(writers, (store) => putSeveral(store, rounds)).finally(() => {
        writing = false;
      });
      const followed = new Set<string>();
      const looks: { sequence: number; seen: number[] }[] = [];
      let cursor = 0;
      while (writing) {
        const sequence = await reader.revocations.sequence();
        const all = await reader.revocations.changes({ after: 0, limit: 1000, now });
        looks.push({ sequence, seen: all.map((marker) => marker.sequence) });
        const news = await reader.revocations.changes({ after: cursor, limit: 7, now });
        for (const { key } of news) followed.add(key);
        cursor = news.at(-1)?.sequence ?? cursor;
        await nextTurn();
      }
      const keys = (await written).flat();
      const last = await reader.revocations.changes({ after: cursor, limit: 1000, now });
      for (const { key } of last) followed.add(key);
      assert.deepEqual(followed, new Set(keys));
      const numbers = (await reader.revocations.changes({ after: 0, limit: 1000, now })).map(
        (marker) => marker.sequence,
      );
      for (const { sequence, seen } of looks) {
        const missed = numbers.filter((number) => number <= sequence && !seen.includes(number));
        assert.deepEqual(missed, []);
      }
    });

    test('Concurrent revocations of one target leave the one with the highest number', async (t) => {
      const connections = await open(t);
      for (let round = 0; round < rounds; round += 1) {
        const key = `user:alice:${round}`;
        const numbers = await atOnce(connections, (store, index) => {
          const step = (index * 7) % parallel;
          return store.revocations.put({
            key,
            before: now + step,
            work: `work ${index}`,
            expiresAt: now + minute + step,
            // Only some know its position.
            ...(index % 10 === 0 && { status: { list: 'l', index: round } }),
          });
        });
        const sequence = Math.max(...numbers);
        const left = {
          key,
          sequence,
          before: now + parallel - 1,
          status: { list: 'l', index: round },
          work: numbers
            .map((number, index) => ({ sequence: number, text: `work ${index}` }))
            .sort((one, other) => one.sequence - other.sequence),
          expiresAt: now + minute + parallel - 1,
        };
        assert.deepEqual(await connections[2]?.revocations.find([key], now), [left]);
        assert.deepEqual(
          await connections[3]?.revocations.changes({ after: sequence - 1, limit: 9, now }),
          [left],
        );
      }
    });

    test('Concurrent work on one target is finished item by item, and none is lost', async (t) => {
      const connections = await open(t);
      const key = 'client:shop';
      await atOnce(connections, async ({ revocations }, index) => {
        const sequence = await revocations.put(sampleRevocation({ key, work: `${index}` }));
        await revocations.put(sampleRevocation({ key }));
        if (index % 3 > 0) await revocations.finish(key, sequence);
      });
      const [left] = (await connections[1]?.revocations.unfinished(9)) ?? [];
      assert.deepEqual(
        left?.work?.map(({ text }) => Number(text)).sort((one, other) => one - other),
        Array.from({ length: Math.ceil(parallel / 3) }, (_, index) => index * 3),
      );
    });

    test('A position is given to exactly one revocation', async (t) => {
      const connections = await open(t);
      const outcomes = await atOnce(connections, (store, index) =>
        store.statusRanges.add(sampleRange({ list: 'l', userId: `user-${index}` })).then(
          () => 'added',
          (error) => error.code,
        ),
      );
      assert.equal(outcomes.filter((outcome) => outcome === 'added').length, 1);
      assert.equal(outcomes.filter((outcome) => outcome === 'already_exists').length, parallel - 1);
      const left = await connections[3]?.statusRanges.find('l', 0, now);
      assert.equal(left?.userId, `user-${outcomes.indexOf('added')}`);
    });

    test('Across processes numbers are unique and ordered, and a position is given once', async (t) => {
      const url = await stores.freshUrl();
      const [store] = await openAll(t, { url, count: 1 });
      assert.ok(store);
      const processes = await startProcesses(t, url, 4);
      const task = { times: 13, now };
      let after = 0;
      for (let round = 0; round < rounds; round += 1) {
        const id = `round-${round}`;
        assert.equal(await processes.run({ name: 'revoke', id, ...task }), 52);
        const changes: Revocation[] = await store.revocations.changes({ after, limit: 99, now });
        assert.equal(changes.length, 52);
        assert.equal(new Set(changes.map(({ sequence }) => sequence)).size, 52);
        assert.ok(changes.every(({ key }) => key.startsWith(id)));
        after = Math.max(...changes.map(({ sequence }) => sequence));
        assert.equal(await store.revocations.sequence(), after);
        assert.equal(await processes.run({ name: 'allocate', id, ...task }), 1);
      }
    });
  });
}

/** One after the other; answers their keys. */
async function putSeveral(store: Store, count: number): Promise<string[]> {
  const revocations = Array.from({ length: count }, () => sampleRevocation());
  for (const revocation of revocations) await store.revocations.put(revocation);
  return revocations.map(({ key }) => key);
}
