/** The removal of what has expired, from within a running node. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPurge } from '../../src/storage/operation/purge.ts';
import { createMovableClock, openTestStore } from '../support/rooms.ts';

test('A record expired by this clock is kept until it has expired by a clock a minute behind', async (t) => {
  const store = await openTestStore(t);
  const clock = createMovableClock();
  const code = { kind: 'AuthorizationCode', id: 'code', payload: {}, expiresAt: clock.now() };
  await store.artifacts.put(code);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let running: Promise<number> = Promise.resolve(0);
  const purge = createPurge({
    store: {
      purge(options) {
        running = store.purge(options);
        return running;
      },
    },
    clock,
    log: { warn: () => assert.fail() },
    keepAuditMs: 1000,
  });
  t.after(() => purge.stop());
  const isThere = async () =>
    (await store.artifacts.find('AuthorizationCode', 'code', clock.now() - 120_000)) !== undefined;
  const runOnce = async () => {
    t.mock.timers.tick(45_000);
    await running;
    await new Promise(setImmediate);
  };

  clock.advance(59_000);
  await runOnce();
  assert.equal(await isThere(), true);
  clock.advance(1000);
  await runOnce();
  assert.equal(await isThere(), false);
});
