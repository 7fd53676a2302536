/** Limits of keys while the store is lost, and what comes back to it from others. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKeyLimits } from '../../src/api_keys/verification/key_limits.ts';
import { createMovableClock } from '../support/rooms.ts';

test('Without the store a process spends the chunk it holds and then makes no limit decision', async () => {
  let isLost = false;
  const limits = createKeyLimits({
    counters: {
      async add(_key, amount, windowMs, now) {
        if (isLost) throw new Error('lost');
        return { count: amount, resetAt: now + windowMs };
      },
      async read(keys) {
        if (isLost) throw new Error('lost');
        return keys.map(() => 0);
      },
    },
    clock: createMovableClock(),
  });
  const allowed = { perMinute: 1000, perMonth: undefined };
  assert.equal((await limits.use('a', allowed)).exceeded, undefined);
  isLost = true;
  for (let use = 0; use < 9; use += 1) {
    assert.equal((await limits.use('a', allowed)).exceeded, undefined);
  }
  await assert.rejects(async () => limits.use('a', allowed), /lost/);
  isLost = false;
  assert.equal((await limits.use('a', allowed)).exceeded, undefined);
});

test('Returned surplus from other processes counts against nobody', async () => {
  const clock = createMovableClock();
  let byOthers = 100;
  let taken = 0;
  const limits = createKeyLimits({
    counters: {
      async add(_key, amount, windowMs, now) {
        taken += amount;
        return { count: taken + byOthers, resetAt: now + windowMs };
      },
      read: async (keys) => keys.map(() => 0),
    },
    clock,
  });
  const allowed = { perMinute: undefined, perMonth: 100 };
  assert.equal((await limits.use('a', allowed)).exceeded, 'month');
  byOthers = 50;
  clock.advance(1000);
  assert.equal((await limits.use('a', allowed)).exceeded, undefined);
});
