/** Usage of keys on real processes: exact after a clean stop, at most a second lost by kill -9. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startProcessServer } from '../../../harness/process_server.ts';
import type { Store } from '../../../src/storage/store.ts';
import { eachEngine } from '../../support/stores.ts';
import { declaration } from './configuration.ts';
import { ask, openKeeper } from './keys.ts';

/** One writing a second, and the time that it takes. */
const settled = 2500;

await eachEngine((stores) => {
  const countOf = async (store: Store, keyId: string) => {
    const rows = await store.usage.query({
      from: '2000-01-01',
      to: '9999-12-31',
      keyId,
      limit: 10,
    });
    return rows.reduce((sum, { allowed }) => sum + allowed, 0);
  };

  async function useKey(t: { after(end: () => Promise<void>): void }) {
    const url = await stores.freshUrl();
    const server = await startProcessServer({ store: url, declaration, workers: 2 });
    const keeper = await openKeeper(url);
    t.after(async () => {
      await server.kill();
      await keeper.store.close();
    });
    const project = await keeper.project();
    const { key, record } = await keeper.key({ projectId: project.id });
    const use = async (times: number) => {
      for (let time = 0; time < times; time += 10) {
        const answers = await Promise.all(
          Array.from({ length: 10 }, () => ask(server.url, { key })),
        );
        assert.ok(answers.every(({ body }) => body.valid));
      }
    };
    return { server, store: keeper.store, keyId: record.id, use };
  }

  test('A node that is stopped has counted every use', async (t) => {
    const { server, store, keyId, use } = await useKey(t);
    await use(130);
    assert.equal(await server.stop(), 0);
    assert.equal(await countOf(store, keyId), 130);
    assert.equal((await store.apiKeys.lastUses([keyId])).length, 1);
  });

  test('A node that is killed loses only unwritten usage and counts nothing twice', async (t) => {
    const { server, store, keyId, use } = await useKey(t);
    await use(100);
    await sleep(settled);
    assert.equal(await countOf(store, keyId), 100);
    await use(50);
    await server.kill();
    const counted = await countOf(store, keyId);
    assert.ok(counted >= 100 && counted <= 150, `${counted}`);
  });
});
