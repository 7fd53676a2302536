/** Limits of keys: what is held when several processes count for one key. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  createKeyLimits,
  type KeyLimits,
  type UseLimits,
} from '../../src/api_keys/verification/key_limits.ts';
import { randomId } from '../../src/digests.ts';
import { openStore } from '../../src/storage/open.ts';
import type { Store } from '../../src/storage/store.ts';
import { createMovableClock } from '../support/rooms.ts';
import { eachEngine } from '../support/stores.ts';

const minute = 60_000;
/** The beginning of a minute, in the middle of a month. */
const start = Date.UTC(2031, 4, 14, 12);

await eachEngine((stores) => {
  type Context = { after(end: () => Promise<void>): void };

  /** Processes on one store, and a clock that they share. */
  async function setUp(t: Context, count: number) {
    const clock = createMovableClock(start);
    const url = await stores.freshUrl();
    const opened: Store[] = [];
    t.after(async () => {
      await Promise.all(opened.map((store) => store.close()));
    });
    for (let index = 0; index < count; index += 1) opened.push(await openStore({ url }));
    let writes = 0;
    const processes = opened.map(({ counters }) =>
      createKeyLimits({
        counters: {
          ...counters,
          add: (...counting) => {
            if (counting[1] !== 0) writes += 1;
            return counters.add(...counting);
          },
        },
        clock,
      }),
    );
    return { clock, processes, writes: () => writes };
  }

  /** Uses by all processes in turn, `at once` of them at the same time; answers how many were allowed. */
  async function use(
    processes: readonly KeyLimits[],
    { lineage, limits, uses, atOnce = 50 }: UsePlan,
  ): Promise<number> {
    let allowed = 0;
    for (let done = 0; done < uses; done += atOnce) {
      const decisions = await Promise.all(
        Array.from({ length: Math.min(atOnce, uses - done) }, (_, index) =>
          processes[(done + index) % processes.length]?.use(lineage, limits),
        ),
      );
      allowed += decisions.filter((decision) => decision && !decision.exceeded).length;
    }
    return allowed;
  }
  type UsePlan = { lineage: string; limits: UseLimits; uses: number; atOnce?: number };
  const perMinute = (limit: number): UseLimits => ({ perMinute: limit, perMonth: undefined });
  const perMonth = (limit: number): UseLimits => ({ perMinute: undefined, perMonth: limit });

  function assertWithin(actual: number, expected: number, share: number) {
    const off = Math.abs(actual - expected) / expected;
    assert.ok(off <= share, `${actual} instead of ${expected}`);
  }

  for (const limit of [1, 3, 10, 100, 1000]) {
    test(`Five processes at five times ${limit} a minute let exactly ${limit} through`, async (t) => {
      const { processes } = await setUp(t, 5);
      const plan = { lineage: randomId(), limits: perMinute(limit), uses: 5 * limit };
      assert.equal(await use(processes, plan), limit);
    });
  }

  test('Neither an allowed nor a refused request writes to the store: limits are drawn in chunks', async (t) => {
    const { processes, writes } = await setUp(t, 2);
    const plan = { lineage: randomId(), limits: perMinute(10_000), uses: 10_000, atOnce: 10 };
    assert.equal(await use(processes, plan), 10_000);
    assert.ok(writes() < 500, `${writes()} writes for 10000 requests`);
    const before = writes();
    assert.equal(await use(processes, { ...plan, uses: 20_000 }), 0);
    // Each process learns once that others took the rest.
    assert.ok(writes() - before <= 4, `${writes() - before} writes for 20000 refusals`);
  });

  test('The limit window slides across minute boundaries', async (t) => {
    const { clock, processes } = await setUp(t, 3);
    const plan = { lineage: randomId(), limits: perMinute(600), uses: 3000 };
    clock.advance(minute - 100);
    assert.equal(await use(processes, plan), 600);
    for (const ms of [200, minute / 2, minute / 4, minute / 4 - 201]) {
      clock.advance(ms);
      assert.equal(await use(processes, plan), 0);
    }
    // Of two seconds all leaves at once.
    clock.advance(2001);
    assert.equal(await use(processes, plan), 600);
  });

  test('No 60 seconds let more than the limit through, whenever traffic begins', async (t) => {
    const { clock, processes } = await setUp(t, 2);
    const limit = 60;
    for (const begin of [0, 1, 15, 29, 30, 44, 58, 59]) {
      clock.advance(10 * minute - (clock.now() % minute) + begin * 1000 + begin);
      const lineage = randomId();
      const allowed: number[] = [];
      for (let second = 0; second < 180; second += 1) {
        allowed.push(await use(processes, { lineage, limits: perMinute(limit), uses: 5 }));
        clock.advance(1000);
      }
      for (let from = 0; from + 60 <= allowed.length; from += 1) {
        const passed = allowed.slice(from, from + 60).reduce((sum, count) => sum + count, 0);
        assert.ok(passed <= limit, `${passed} from second ${from}, begun at ${begin}`);
      }
      const all = allowed.reduce((sum, count) => sum + count, 0);
      assert.ok(all >= 3 * limit * 0.95, `${all} in three minutes, begun at ${begin}`);
    }
  });

  test('Intermittent traffic never exceeds the limit within any 60 seconds', async (t) => {
    const { clock, processes } = await setUp(t, 3);
    const plan = { lineage: randomId(), limits: perMinute(100), uses: 0 };
    const passed: { at: number; count: number }[] = [];
    for (let step = 0; step < 300; step += 1) {
      // Nothing, a few, or far too many, with pauses from none to a few buckets.
      const uses = [0, 7, 30, 400][(step * 7 + (step >> 3)) % 4] ?? 0;
      passed.push({ at: clock.now(), count: await use(processes, { ...plan, uses }) });
      clock.advance([1, 130, 900, 1999, 2000, 5300, 17_000][(step * 5 + (step >> 2)) % 7] ?? 0);
    }
    for (const { at } of passed) {
      const within = passed.filter((one) => one.at >= at && one.at < at + minute);
      const sum = within.reduce((total, { count }) => total + count, 0);
      assert.ok(sum <= 100, `${sum} from ${at - start} on`);
    }
  });

  test('Unused chunks of one process do not count against the next minute', async (t) => {
    const { clock, processes } = await setUp(t, 5);
    const lineage = randomId();
    // Each leases a chunk of 10 and spends one of it.
    for (const each of processes) await each.use(lineage, perMinute(1000));
    clock.advance(minute);
    for (const each of processes) await each.use(lineage, perMinute(1000));
    const latest = await processes.at(-1)?.use(lineage, perMinute(1000));
    assert.ok(latest?.minute);
    // Five uses a minute ago, and at most five chunks now.
    assert.ok(latest.minute.remaining >= 1000 - 5 - 40 - 2, `${latest.minute.remaining}`);
  });

  test('Under minutes of five times the limit, what passes is the limit within 5 %', async (t) => {
    const { clock, processes } = await setUp(t, 4);
    const lineage = randomId();
    let allowed = 0;
    const minutes = 4;
    const steps = 60;
    for (let step = 0; step < minutes * steps; step += 1) {
      allowed += await use(processes, { lineage, limits: perMinute(600), uses: 50 });
      clock.advance(minute / steps);
    }
    // All of a minute's at once, and again when that counts no more.
    assertWithin(allowed, 600 * minutes, 0.05);
  });

  test('Under long overload at least 95 % of the limit passes, and never more than the limit', async (t) => {
    const { clock, processes } = await setUp(t, 2);
    const plan = { lineage: randomId(), limits: perMinute(600), uses: 50 };
    // Spread over the window first: each second as many as the limit allows in it.
    for (let second = 0; second < 62; second += 1) {
      await use(processes, { ...plan, uses: 10 });
      clock.advance(1000);
    }
    let allowed = 0;
    for (let second = 0; second < 310; second += 1) {
      allowed += await use(processes, plan);
      clock.advance(1000);
    }
    const rate = (600 * 310) / 60;
    assert.ok(allowed <= rate && allowed >= rate * 0.95, `${allowed} of ${rate}`);
  });

  test('The monthly quota follows the UTC calendar month and ends for all processes at once', async (t) => {
    const { clock, processes } = await setUp(t, 3);
    clock.advance(Date.UTC(2031, 5, 1) - 1000 - start);
    const plan = { lineage: randomId(), limits: perMonth(200), uses: 1000 };
    assert.equal(await use(processes, plan), 200);
    clock.advance(999);
    assert.equal(await use(processes, plan), 0);
    clock.advance(1);
    assert.equal(await use(processes, plan), 200);
  });

  test('A call refused by the monthly quota does not use up the minute limit', async (t) => {
    const { processes } = await setUp(t, 1);
    const [limits] = processes;
    assert.ok(limits);
    const lineage = randomId();
    const both = { perMinute: 10, perMonth: 4 };
    const seen = [];
    for (let count = 0; count < 8; count += 1) seen.push(await limits.use(lineage, both));
    assert.deepEqual(
      seen.map(({ exceeded }) => exceeded),
      [...Array(4).fill(undefined), ...Array(4).fill('month')],
    );
    assert.equal(seen.at(-1)?.minute?.remaining, 6);
    assert.equal(seen.at(-1)?.month?.remaining, 0);
  });

  test('The reported limit, remaining and reset values are correct', async (t) => {
    const { clock, processes } = await setUp(t, 1);
    const [limits] = processes;
    assert.ok(limits);
    const lineage = randomId();
    clock.advance(20_000);
    const first = (await limits.use(lineage, perMinute(5))).minute;
    assert.deepEqual(first, { limit: 5, remaining: 4, reset: 60, windowSeconds: 60 });
    await use(processes, { lineage, limits: perMinute(5), uses: 4 });
    const refused = await limits.use(lineage, perMinute(5));
    assert.equal(refused.exceeded, 'minute');
    assert.deepEqual(refused.minute, { limit: 5, remaining: 0, reset: 60, windowSeconds: 60 });
    // Two seconds are counted as one, and leave together; when they begin is the lineage's own matter.
    clock.advance(42_000);
    const next = await limits.use(lineage, perMinute(5));
    const reset = next.minute?.reset ?? 0;
    assert.deepEqual([next.exceeded, [19, 20].includes(reset)], ['minute', true]);
    clock.advance((reset - 1) * 1000);
    const last = await limits.use(lineage, perMinute(5));
    assert.deepEqual([last.exceeded, last.minute?.reset], ['minute', 1]);
    clock.advance(1000);
    const after = await limits.use(lineage, perMinute(5));
    assert.deepEqual([after.exceeded, after.minute?.remaining], [undefined, 4]);
    // Of what is used in two parts the older one is named.
    clock.advance(30_000);
    const later = (await limits.use(lineage, perMinute(5))).minute;
    assert.deepEqual([later?.remaining, [31, 32].includes(later?.reset ?? 0)], [3, true]);
  });

  test('API keys start their two-second intervals at different instants', async (t) => {
    const { clock, processes } = await setUp(t, 1);
    const [limits] = processes;
    assert.ok(limits);
    clock.advance(20_000);
    const lineages = Array.from({ length: 40 }, () => randomId());
    for (const lineage of lineages) await limits.use(lineage, perMinute(1));
    const freeAt = new Set<number>();
    clock.advance(59_900);
    for (let tick = 0; tick < 25; tick += 1) {
      clock.advance(100);
      for (const lineage of lineages) {
        if (!(await limits.use(lineage, perMinute(1))).exceeded) freeAt.add(tick);
      }
    }
    assert.ok(freeAt.size >= 10, `${freeAt.size} different instants`);
  });

  test('A raised or lowered limit applies from the next request on', async (t) => {
    const { clock, processes } = await setUp(t, 2);
    const lineage = randomId();
    assert.equal(await use(processes, { lineage, limits: perMinute(10), uses: 50 }), 10);
    clock.advance(1000);
    assert.equal(await use(processes, { lineage, limits: perMinute(30), uses: 50 }), 20);
    clock.advance(1000);
    assert.equal(await use(processes, { lineage, limits: perMinute(5), uses: 50 }), 0);
  });

  test('A limit that was raised lets requests through at once, and one that was lowered stops what a process had leased', async (t) => {
    const { processes } = await setUp(t, 2);
    const lineage = randomId();
    assert.equal(await use(processes, { lineage, limits: perMinute(10), uses: 50 }), 10);
    assert.equal(await use(processes, { lineage, limits: perMinute(30), uses: 50 }), 20);
    // Both hold a chunk of 100, of which they have spent one.
    const another = randomId();
    assert.equal(await use(processes, { lineage: another, limits: perMonth(10_000), uses: 2 }), 2);
    assert.equal(await use(processes, { lineage: another, limits: perMonth(2), uses: 50 }), 0);
    assert.equal(await use(processes, { lineage: another, limits: perMonth(10_000), uses: 9 }), 9);
  });

  test('API keys without a limit are not counted, and rotation chains do not share limits', async (t) => {
    const { processes, writes } = await setUp(t, 1);
    const none = { perMinute: undefined, perMonth: undefined };
    assert.equal(await use(processes, { lineage: randomId(), limits: none, uses: 500 }), 500);
    assert.equal(writes(), 0);
    const limits = perMinute(10);
    for (const lineage of [randomId(), randomId()]) {
      assert.equal(await use(processes, { lineage, limits, uses: 20 }), 10);
    }
  });
});
