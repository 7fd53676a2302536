import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { createExpiryNotices } from '../../src/api_keys/notices/expiry_notices.ts';
import { openStore } from '../../src/storage/open.ts';
import type { Store } from '../../src/storage/store.ts';
import type { WebhookEvent } from '../../src/webhooks/outbox.ts';
import { withWebhooks } from '../../src/webhooks/room.ts';
import { eachEngine, openFresh } from '../support/stores.ts';
import { addUser, by, createKeyRoom, type KeyRoom, making, projectFor } from './key_room.ts';

const [hour, day] = [3_600_000, 86_400_000];
const quiet = { warn: () => {} };

function noticesOn(store: Store, room: KeyRoom) {
  const events: WebhookEvent[] = [];
  let isReachable = true;
  let count = 0;
  const notices = createExpiryNotices({
    ...{ keys: store.apiKeys, projects: store.projects, artifacts: store.artifacts },
    audit: withWebhooks(room.audit, {
      clock: room.clock,
      outbox: {
        wants: () => true,
        async notify(event) {
          if (!isReachable) throw new Error('the queue is full');
          events.push(event);
        },
      },
    }),
    log: quiet,
    thresholds: [7 * 86_400, 86_400],
    clock: room.clock,
    counted: () => {
      count += 1;
    },
  });
  return {
    ...{ notices, events, count: () => count },
    keysTold: () => events.map(({ data }) => data.key_id),
    reachable(is: boolean) {
      isReachable = is;
    },
  };
}

await eachEngine((stores) => {
  const open = (t: TestContext) => openFresh(t, stores);

  describe('API key expiry notices', () => {
    test('Each threshold announces an expiring API key once: in the audit trail, in the metrics and by webhook', async (t) => {
      const store = await open(t);
      const room = createKeyRoom(store);
      const project = await projectFor(room);
      const { record } = await room.apiKeys.create({ ...project, expires_in: 30 * 86_400 }, making);
      await room.apiKeys.create(project, making);
      const { notices, events, count, keysTold } = noticesOn(store, room);
      const days: number[] = [];
      for (let hours = 0; hours < 31 * 24; hours += 6) {
        const announced = await notices.look();
        if (announced > 0) days.push(hours / 24);
        room.clock.advance(6 * hour);
      }
      assert.deepEqual(days, [23, 29]);
      assert.deepEqual(keysTold(), [record.id, record.id]);
      assert.equal(new Set(events.map(({ id }) => id)).size, 2);
      assert.equal(count(), 2);
      const onRecord = room.audit.types().filter((type) => type === 'api_key.expiring');
      assert.equal(onRecord.length, 2);
    });

    test('An expiry notice names the owner of the API key', async (t) => {
      const store = await open(t);
      const room = createKeyRoom(store);
      await addUser(room, 'alice');
      const project = await projectFor(room, { owner_id: 'alice' });
      await room.apiKeys.create({ ...project, expires_in: 60, environment: 'test' }, making);
      const { notices, events } = noticesOn(store, room);
      await notices.look();
      assert.deepEqual(
        events.map(({ data }) => [data.owner_id, data.environment, data.project_id]),
        [['alice', 'test', project.project_id]],
      );
    });

    test('Only one of several nodes that look at the same moment sends the expiry notice', async (t) => {
      const url = await stores.freshUrl();
      const nodes = [await openStore({ url }), await openStore({ url })] as const;
      t.after(async () => void (await Promise.all(nodes.map((node) => node.close()))));
      const room = createKeyRoom(nodes[0]);
      await room.apiKeys.create({ ...(await projectFor(room)), expires_in: 60 }, making);
      const all = nodes.map((store) => noticesOn(store, room));
      for (let round = 0; round < 3; round += 1) {
        await Promise.all(all.map(({ notices }) => notices.look()));
        room.clock.advance(29_000);
      }
      assert.equal(all.flatMap(({ events }) => events).length, 1);
    });

    test('A new expiry date announces the API key again; a key with a successor, or without an expiry, is not announced', async (t) => {
      const store = await open(t);
      const room = createKeyRoom(store);
      const project = await projectFor(room);
      const make = async () =>
        (await room.apiKeys.create({ ...project, expires_in: 2 * 86_400 }, making)).record.id;
      const [moved, rotated, revoked] = [await make(), await make(), await make()];
      const { successor } = await room.apiKeys.rotate(rotated, {}, making);
      await room.apiKeys.revoke(revoked, {}, by);
      const { notices, keysTold } = noticesOn(store, room);
      await notices.look();
      assert.deepEqual(keysTold().sort(), [moved, successor.id].sort());
      const end = new Date(room.clock.now() + 3 * day).toISOString();
      await room.apiKeys.update(moved, { expires_at: end }, by);
      room.clock.advance(60_000);
      await notices.look();
      assert.deepEqual(keysTold().slice(2), [moved]);
    });

    test('An expiry notice that could not be sent is sent later', async (t) => {
      const store = await open(t);
      const room = createKeyRoom(store);
      const { record } = await room.apiKeys.create(
        { ...(await projectFor(room)), expires_in: 86_400 },
        making,
      );
      const { notices, keysTold, reachable, count } = noticesOn(store, room);
      reachable(false);
      await assert.rejects(notices.look());
      reachable(true);
      room.clock.advance(61_000);
      assert.equal(await notices.look(), 1);
      assert.deepEqual([keysTold(), count()], [[record.id], 1]);
    });

    test('All API keys that expire at the same instant are announced, even when they fill more than a page', async (t) => {
      const store = await open(t);
      const room = createKeyRoom(store);
      const { record } = await room.apiKeys.create(
        { ...(await projectFor(room)), expires_in: 86_400 },
        making,
      );
      const more = Array.from({ length: 1100 }, (_, index) => ({
        ...{ ...record, id: `key_${index}`, hash: `hash_${index}`, lineage: `key_${index}` },
      }));
      // No more at once than a process keeps waiting for its store.
      for (let begin = 0; begin < more.length; begin += 100) {
        const some = more.slice(begin, begin + 100);
        await Promise.all(some.map((key) => store.apiKeys.create(key)));
      }
      const { notices, keysTold } = noticesOn(store, room);
      assert.equal(await notices.look(), 1101);
      assert.equal(new Set(keysTold()).size, 1101);
    });
  });
});
