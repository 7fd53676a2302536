/**
 * What many that create, change and use API keys at once can rely on.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { UsageRow } from '../../../src/storage/usage.ts';
import type { TestStores } from '../../support/stores.ts';
import { startProcesses } from './processes.ts';
import { atOnce, parallel } from './races.ts';
import {
  minute,
  now,
  openAll,
  patienceMs,
  sampleApiKey,
  sampleProject,
  sampleUsage,
} from './samples.ts';

const rounds = 4;
const ever = { from: '0000-01-01', to: '9999-12-31', limit: 99 };

export function keyRaceContract(stores: TestStores) {
  describe('Concurrent API key writes', () => {
    const open = async (t: Parameters<typeof openAll>[0]) =>
      openAll(t, { url: await stores.freshUrl(), count: 4, answerMs: patienceMs });
    const outcome = (creation: Promise<void>) =>
      creation.then(
        () => 'created',
        (error) => error.code,
      );

    test('Concurrent creations give a hash and an id to exactly one API key', async (t) => {
      const connections = await open(t);
      for (let round = 0; round < rounds; round += 1) {
        const { id, hash } = sampleApiKey();
        const outcomes = await atOnce(connections, ({ apiKeys }, index) => {
          const own = round % 2 === 0 ? {} : { id };
          return outcome(apiKeys.create(sampleApiKey({ ...own, hash, name: `${index}` })));
        });
        const taken = outcomes.filter((each) => each === 'already_exists');
        assert.equal(taken.length, parallel - 1);
        const left = await connections[3]?.apiKeys.findByHash(hash);
        assert.equal(left?.name, `${outcomes.indexOf('created')}`);
      }
    });

    test('Exactly one of several concurrent changes from one version succeeds', async (t) => {
      const connections = await open(t);
      const [key, project] = [sampleApiKey(), sampleProject()];
      await connections[0]?.apiKeys.create(key);
      await connections[0]?.projects.create(project);
      for (let version = 2; version < 2 + rounds; version += 1) {
        const keys = await atOnce(connections, ({ apiKeys }, index) =>
          apiKeys.update({ ...key, name: `${index}`, version }),
        );
        assert.equal(keys.filter(Boolean).length, 1);
        const left = await connections[1]?.apiKeys.findByHash(key.hash);
        assert.deepEqual(left, { ...key, name: `${keys.indexOf(true)}`, version });
        const projects = await atOnce(connections, (store) =>
          store.projects.update({ ...project, version }),
        );
        assert.equal(projects.filter(Boolean).length, 1);
      }
    });

    test('No count is lost when many writers add to the same and to new rows in any order', async (t) => {
      const connections = await open(t);
      const keyIds = ['a', 'b', 'c', 'd', 'e'];
      for (let round = 1; round <= rounds; round += 1) {
        const day = `2031-05-0${Math.ceil(round / 2)}`;
        await atOnce(connections, ({ usage }, index) => {
          const turned = [...keyIds.slice(index % 5), ...keyIds.slice(0, index % 5)];
          return usage.add(
            turned.map((keyId) => sampleUsage({ day, keyId, limited: index, denied: 2 })),
          );
        });
      }
      const sum = (parallel * (parallel - 1)) / 2;
      const counts = { allowed: 2 * parallel, limited: 2 * sum, denied: 4 * parallel };
      const expected: UsageRow[] = ['2031-05-01', '2031-05-02'].flatMap((day) =>
        keyIds.map((keyId) => sampleUsage({ day, keyId, ...counts })),
      );
      assert.deepEqual(await connections[2]?.usage.query(ever), expected);
    });

    test('The latest of several concurrent last-use times is kept, and no change is lost', async (t) => {
      const connections = await open(t);
      const keys = [sampleApiKey(), sampleApiKey(), sampleApiKey()];
      for (const key of keys) await connections[0]?.apiKeys.create(key);
      const outcomes = await atOnce(connections, async ({ apiKeys }, index) => {
        const uses = keys.map(({ id }, step) => ({
          keyId: id,
          lastUsedAt: now + ((index * 7 + step) % parallel) * minute,
        }));
        const touched = apiKeys.touch(index % 2 === 0 ? uses : uses.toReversed());
        const changed = await Promise.all(
          keys.map((key) => apiKeys.update({ ...key, name: `${index}`, version: 2 })),
        );
        await touched;
        return changed.filter(Boolean).length;
      });
      assert.equal(
        outcomes.reduce((sum, changed) => sum + changed, 0),
        keys.length,
      );
      const uses = await connections[2]?.apiKeys.lastUses(keys.map(({ id }) => id));
      const greatest = now + (parallel - 1) * minute;
      assert.deepEqual(
        uses?.map(({ lastUsedAt }) => lastUsedAt),
        keys.map(() => greatest),
      );
    });

    test('Concurrent creations give a name to exactly one project', async (t) => {
      const connections = await open(t);
      for (let round = 0; round < rounds; round += 1) {
        const outcomes = await Promise.all(
          connections.map(({ projects }) =>
            outcome(projects.create(sampleProject({ name: `name ${round}` }))),
          ),
        );
        assert.deepEqual(outcomes.sort(), [
          ...['already_exists', 'already_exists', 'already_exists'],
          'created',
        ]);
      }
    });

    test('Across processes a hash and a name are given once, and no use is lost', async (t) => {
      const url = await stores.freshUrl();
      const [store] = await openAll(t, { url, count: 1 });
      assert.ok(store);
      const processes = await startProcesses(t, url, 4);
      for (let round = 0; round < rounds; round += 1) {
        const id = `round-${round}`;
        const task = { id, times: 13, now };
        assert.equal(await processes.run({ name: 'createKey', ...task }), 1);
        assert.equal(await processes.run({ name: 'createProject', ...task, times: 1 }), 1);
        await store.apiKeys.create(sampleApiKey({ id }));
        assert.equal(await processes.run({ name: 'use', ...task }), 52);
        assert.deepEqual(await store.usage.query({ ...ever, keyId: id }), [
          sampleUsage({ keyId: id, allowed: 52 }),
        ]);
        assert.deepEqual(await store.usage.query({ ...ever, keyId: `${id}:2` }), [
          sampleUsage({ keyId: `${id}:2`, allowed: 52, denied: 104 }),
        ]);
        assert.deepEqual(await store.apiKeys.lastUses([id]), [
          { keyId: id, lastUsedAt: now + Math.max(...processes.ids) },
        ]);
      }
    });
  });
}
