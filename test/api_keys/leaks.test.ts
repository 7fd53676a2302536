/** A leaked key is dead, on record and told, exactly once each, wherever the process dies that was told of it. */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, type TestContext, test } from 'node:test';
import { createReportLeak } from '../../src/api_keys/leaks/leak_report.ts';
import { createLeaks } from '../../src/api_keys/leaks/leaks.ts';
import { createKey } from '../../src/api_keys/model/key_format.ts';
import { createAnnounce } from '../../src/api_keys/notices/announcements.ts';
import { createGuessLimit } from '../../src/api_keys/verification/guess_limit.ts';
import type { Store } from '../../src/storage/store.ts';
import type { WebhookEvent } from '../../src/webhooks/outbox.ts';
import { withWebhooks } from '../../src/webhooks/room.ts';
import { createMovableClock } from '../support/rooms.ts';
import { eachEngine, openFresh, type TestStores } from '../support/stores.ts';
import { createRoom, secret, startReceiver } from '../webhooks/webhook_rooms.ts';
import { createKeyRoom, Died, dyingAt, making, projectFor } from './key_room.ts';

const by = { ip: '203.0.113.7', requestId: 'r1' };

await eachEngine((stores: TestStores) => {
  const open = (t: TestContext) => openFresh(t, stores);
  const clock = createMovableClock(Date.now() + 3_600_000);

  const roomOn = (store: Store, policy: 'revoke' | 'report' = 'revoke') => {
    const room = createKeyRoom(store, { clock });
    const events: WebhookEvent[] = [];
    const lines: string[] = [];
    const { audit, killSwitches } = room;
    const announce = createAnnounce({
      ...{ projects: store.projects, count() {} },
      audit: withWebhooks(audit, {
        clock,
        outbox: {
          wants: () => true,
          notify: async (event) => {
            // It is durable where the store is.
            await store.artifacts.put({
              kind: 'Told',
              id: event.id,
              payload: {},
              expiresAt: clock.now() + 1,
            });
            events.push(event);
          },
        },
      }),
    });
    const { apiKeys: keys, artifacts } = store;
    const leaks = createLeaks({ keys, artifacts, killSwitches, announce, policy, clock });
    const reportLeak = createReportLeak({
      leaks,
      guessing: createGuessLimit({ counters: store.counters, clock, key: randomBytes(32) }),
      clock,
      log: { warn: (fields, message) => void lines.push(JSON.stringify([message, fields])) },
    });
    return { ...room, leaks, reportLeak, events, lines };
  };
  const newKey = async (room: ReturnType<typeof roomOn>) =>
    room.apiKeys.create(await projectFor(room, { name: createKey('team', 'live') }), making);

  describe('Leaked API keys', () => {
    test('A repeated report completes the one that died at any write, with one webhook id', async (t) => {
      const store = await open(t);
      const alive = roomOn(store);
      let isComplete = false;
      let write = 0;
      while (!isComplete) {
        write += 1;
        const { key, record } = await newKey(alive);
        const finding = { key, source: 'github', url: 'https://github.com/a/b' } as const;
        const dying = roomOn(dyingAt(store, write));
        isComplete = await dying.leaks.report(finding, by).catch((error) => {
          assert.ok(error instanceof Died);
          return false;
        });
        const again = roomOn(store);
        assert.equal(await again.leaks.report(finding, by), true);
        assert.ok((await store.apiKeys.find(record.id))?.revokedAt !== undefined);
        const told = [...dying.events, ...again.events];
        assert.equal(new Set(told.map(({ id }) => id)).size, 1, `at write ${write}`);
        assert.equal(new Set(told.map(({ at }) => at)).size, 1);
        const recorded = [...dying.audit.events, ...again.audit.events].filter(
          ({ type }) => type === 'api_key.leaked',
        );
        assert.equal(new Set(recorded.map(({ id, at }) => `${id} ${at}`)).size, 1);
        if (isComplete) assert.deepEqual(again.events, []);
        clock.advance(1000);
      }
      assert.ok(write > 3);
    });

    test('Two processes that receive the same report send one webhook, even when one of them is late', async (t) => {
      const store = await open(t);
      const receiver = await startReceiver(t);
      const { key } = await newKey(roomOn(store));
      const [promptBegan, lateBegan, delivered] = [0, 1, 2].map(() =>
        Promise.withResolvers<void>(),
      );
      assert.ok(promptBegan && lateBegan && delivered);
      /** `begin` is awaited when it begins to tell, before anything of that is on record. */
      const processWith = (begin: () => Promise<void>) => {
        const { audit, killSwitches } = createKeyRoom(store, { clock });
        const { notify, drain, close } = createRoom(store, [{ url: receiver.url, secret }], {
          clock,
        });
        const find = async (id: string) => {
          await begin();
          return store.projects.find(id);
        };
        const announce = createAnnounce({
          ...{ projects: { find }, count() {} },
          audit: withWebhooks(audit, { outbox: { wants: () => true, notify }, clock }),
        });
        const { apiKeys: keys, artifacts } = store;
        const parts = { keys, artifacts, killSwitches, announce, clock };
        const { report } = createLeaks({ ...parts, policy: 'report' });
        const tell = async () => {
          assert.equal(await report({ key, source: 'github' }, by), true);
          await drain();
          await close();
        };
        return { tell, audit };
      };
      const prompt = processWith(async () => {
        promptBegan.resolve();
        await lateBegan.promise;
      });
      const late = processWith(async () => {
        lateBegan.resolve();
        await delivered.promise;
      });
      const told = prompt.tell();
      await promptBegan.promise;
      const toldLate = late.tell();
      await told;
      assert.equal(receiver.received.length, 1);
      delivered.resolve();
      await toldLate;
      assert.equal(receiver.received.length, 1);
      const [one, other] = [prompt, late].map(({ audit }) => audit.events[0]);
      assert.ok(one?.id && one.id === other?.id && one.at === other?.at);
    });

    test('The webhook says where the API key was found without containing the key', async (t) => {
      const store = await open(t);
      const room = roomOn(store);
      const [one, two] = [await newKey(room), await newKey(room)];
      const path = `${one.key}/${two.key}?k=${one.key.replaceAll('_', '%5F')}`;
      const url = `https://github.com/a/b/blob/0123456789abcdef0123456789abcdef01234567/${path}`;
      await room.leaks.report({ key: one.key, source: 'github', url, place: 'commit' }, by);
      const told = JSON.stringify([room.events, room.audit.events]);
      for (const { key } of [one, two]) assert.ok(!told.includes(key.slice(-38)));
      assert.ok(told.includes('0123456789abcdef0123456789abcdef01234567'));
      assert.equal(room.events[0]?.data.place, 'commit');
      assert.equal(room.events[0]?.data.action, 'revoked');
    });

    test('The report policy leaves the API key alive, and so does a leak in a URL', async (t) => {
      const store = await open(t);
      const [reporting, revoking] = [roomOn(store, 'report'), roomOn(store)];
      const { key, record } = await newKey(reporting);
      assert.equal(await reporting.leaks.report({ key, source: 'github' }, by), true);
      await revoking.reportLeak(key, { source: 'query_string', ...by });
      assert.equal((await store.apiKeys.find(record.id))?.revokedAt, undefined);
      const actions = [...reporting.events, ...revoking.events].map(({ data }) => data.action);
      assert.deepEqual(actions, ['reported', 'reported']);
      await revoking.leaks.report({ key, source: 'github' }, by);
      assert.ok((await store.apiKeys.find(record.id))?.revokedAt !== undefined);
    });

    test('Malformed API keys never reach the store, and invented or repeated ones barely do', async (t) => {
      const store = await open(t);
      let asked = 0;
      const apiKeys: Store['apiKeys'] = {
        ...store.apiKeys,
        findByHash: async (hash) => {
          asked += 1;
          return store.apiKeys.findByHash(hash);
        },
      };
      const room = roomOn({ ...store, apiKeys });
      const { key } = await newKey(room);
      const typo = `${key.slice(0, -1)}${key.endsWith('0') ? '1' : '0'}`;
      for (const text of ['', 'x', typo, `${key} `, '😀', 'x'.repeat(100_000)]) {
        assert.equal(await room.leaks.report({ key: text, source: 'scanner' }, by), false);
      }
      assert.equal(asked, 0);
      for (let time = 0; time < 5; time += 1) {
        await room.reportLeak(key, { source: 'query_string', ...by });
      }
      assert.equal(asked, 1);
      assert.equal(room.events.length, 1);
      assert.equal(room.lines.length, 1);
      assert.ok(!room.lines.join().includes(key));
      for (let guess = 0; guess < 150; guess += 1) {
        await room.reportLeak(createKey('acme', 'live'), { source: 'query_string', ...by });
      }
      assert.equal(asked, 1 + 100);
      assert.equal(room.lines.length, 1);
    });
  });
});
