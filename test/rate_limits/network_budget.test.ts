import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, type TestContext, test } from 'node:test';
import { createNetworkBudget } from '../../src/rate_limits/network_budget.ts';
import { createMovableClock, openTestStores } from '../support/rooms.ts';

const hour = 3_600_000;

async function budgets(t: TestContext, { perAddress = 20, inAll = 100_000, processes = 1 } = {}) {
  const clock = createMovableClock();
  const key = randomBytes(32);
  const limits = {
    perAddress: { limit: perAddress, windowMs: hour },
    inAll: { limit: inAll, windowMs: hour },
  };
  const stores = await openTestStores(t, processes);
  const made = stores.map(({ counters }) =>
    createNetworkBudget({
      ...{ counters, clock, ...limits, key },
      ...{ purpose: 'begun', refusal: 'Too many.' },
    }),
  );
  /** How many of `count` are let through, the processes in turn. */
  const take = async (address: string | ((index: number) => string), count: number) => {
    let taken = 0;
    for (let index = 0; index < count; index += 1) {
      const from = typeof address === 'string' ? address : address(index);
      await made[index % made.length]?.take(from, 1).then(
        () => {
          taken += 1;
        },
        (error) => assert.equal(error.code, 'too_many_requests'),
      );
    }
    return taken;
  };
  const giveBack = async (address: string, units: number) => made[0]?.giveBack(address, units);
  return { clock, take, giveBack };
}

describe('Limits on unfinished flows', () => {
  test('An address that uses up its share in a window does not affect other addresses', async (t) => {
    const { clock, take } = await budgets(t);
    assert.equal(await take('198.51.100.1', 30), 20);
    assert.equal(await take('198.51.100.2', 20), 20);
    clock.advance(hour);
    assert.equal(await take('198.51.100.1', 10), 10);
  });

  test('Several processes count together and overshoot by a chunk each at most', async (t) => {
    const { take } = await budgets(t, { processes: 3, perAddress: 200 });
    const taken = await take('198.51.100.1', 220);
    assert.ok(taken >= 200 && taken <= 206, String(taken));
  });

  test('A finished flow frees its place and no more', async (t) => {
    const { take, giveBack } = await budgets(t);
    assert.equal(await take('198.51.100.1', 20), 20);
    await giveBack('198.51.100.1', 5);
    assert.equal(await take('198.51.100.1', 20), 5);
    await giveBack('198.51.100.1', 10_000);
    assert.equal(await take('198.51.100.1', 30), 20);
  });

  test('Many IPv6 networks of one owner share the limits of their wider networks', async (t) => {
    const { take } = await budgets(t, { perAddress: 5 });
    assert.equal(await take('2001:db8:1:1::1', 10), 5);
    assert.equal(await take((index) => `2001:db8:1:${index.toString(16)}::1`, 100), 15);
    const everywhere = (index: number) => `2001:db8:1:${(256 + index * 97).toString(16)}::1`;
    assert.equal(await take(everywhere, 200), 60);
    assert.equal(await take('2001:db8:2::1', 5), 5);
  });

  test('The overall limit refuses nobody who has left little', async (t) => {
    const { take } = await budgets(t, { perAddress: 40, inAll: 100 });
    const many = (index: number) => `203.0.113.${index % 10}`;
    const taken = await take(many, 200);
    assert.ok(taken >= 100 && taken <= 102, String(taken));
    assert.equal(await take('198.51.100.1', 10), 2);
    assert.equal(await take('203.0.113.1', 1), 0);
  });
});
