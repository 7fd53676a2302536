/** A call that makes a key and is sent again, as the first answer may not have arrived. */

import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { serverLimits } from '../../src/definitions/limits.ts';
import { sha256 } from '../../src/digests.ts';
import { openStore } from '../../src/storage/open.ts';
import { eachEngine, openFresh } from '../support/stores.ts';
import {
  codeOf,
  createKeyRoom,
  Died,
  dyingAt,
  making,
  plain,
  pointersOf,
  projectFor,
} from './key_room.ts';

await eachEngine((stores) => {
  const open = (t: TestContext) => openFresh(t, stores);

  describe('Idempotency-Key on API key creation', () => {
    const attempt = { ...making, idempotencyKey: 'attempt-1' };

    test('A repeated call returns the same API key, whatever the order of its fields', async (t) => {
      const room = createKeyRoom(await open(t));
      const good = await projectFor(room);
      const first = await room.apiKeys.create(good, attempt);
      const reordered = Object.fromEntries(Object.entries(good).reverse());
      assert.deepEqual(await room.apiKeys.create(reordered, attempt), plain(first));
      assert.equal((await room.store.apiKeys.list({ limit: 5 })).items.length, 1);
      assert.equal(new Set(room.audit.events.slice(1).map(({ id, at }) => `${at} ${id}`)).size, 1);
    });

    test('Simultaneous calls on two nodes create one API key', async (t) => {
      const url = await stores.freshUrl();
      const nodes = [await openStore({ url }), await openStore({ url })];
      t.after(async () => void (await Promise.all(nodes.map((node) => node.close()))));
      const rooms = nodes.map((store) => createKeyRoom(store));
      const good = await projectFor(rooms[0] ?? assert.fail());
      const all = await Promise.all(
        Array.from({ length: 10 }, (_, index) =>
          (rooms[index % 2] ?? assert.fail()).apiKeys.create(good, attempt),
        ),
      );
      assert.equal(new Set(all.map(({ key }) => key)).size, 1);
      assert.equal((await rooms[0]?.store.apiKeys.list({ limit: 5 }))?.items.length, 1);
    });

    test('A different body under the same Idempotency-Key is refused, and another caller has its own Idempotency-Key space', async (t) => {
      const room = createKeyRoom(await open(t));
      const good = await projectFor(room);
      const { key } = await room.apiKeys.create(good, attempt);
      const other = room.apiKeys.create({ ...good, name: 'other' }, attempt);
      await assert.rejects(other, (error: { status: number; code: string }) => {
        assert.deepEqual([error.status, error.code], [422, 'idempotency_key_reused']);
        return true;
      });
      const forOther = await room.apiKeys.create(good, { ...attempt, createdBy: 'client:x' });
      assert.notEqual(forOther.key, key);
      const malformed = room.apiKeys.create(good, { ...attempt, idempotencyKey: 'a b' });
      await assert.rejects(malformed, codeOf('invalid_idempotency_key'));
    });

    test('A call after the retry window creates a new API key', async (t) => {
      const room = createKeyRoom(await open(t));
      const good = await projectFor(room);
      const { key } = await room.apiKeys.create(good, attempt);
      room.clock.advance(serverLimits.idempotencyMs);
      assert.notEqual((await room.apiKeys.create(good, attempt)).key, key);
    });

    test('A repeated call completes what a process left when it died at any write', async (t) => {
      for (const write of [1, 2]) {
        const store = await open(t);
        const room = createKeyRoom(store);
        const good = await projectFor(room);
        const { apiKeys } = createKeyRoom(dyingAt(store, write), { clock: room.clock });
        await assert.rejects(apiKeys.create(good, attempt), Died);
        const { record, key } = await room.apiKeys.create(good, attempt);
        assert.deepEqual((await store.apiKeys.list({ limit: 5 })).items, [plain(record)]);
        assert.equal(record.hash, sha256(key));
      }
    });

    test('A refused call stores nothing', async (t) => {
      const room = createKeyRoom(await open(t));
      const good = await projectFor(room);
      await pointersOf(room.apiKeys.create({ ...good, scopes: ['nothing'] }, attempt));
      assert.ok((await room.apiKeys.create(good, attempt)).key);
    });
  });
});
