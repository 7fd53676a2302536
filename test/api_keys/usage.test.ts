/** What keys were used for: exact after a clean stop, at most a second lost after a kill. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createUsageRecorder } from '../../src/api_keys/verification/usage_recorder.ts';
import { StoreUnavailableError } from '../../src/storage/errors.ts';
import { openStore } from '../../src/storage/open.ts';
import type { UsageRow } from '../../src/storage/usage.ts';
import { createMovableClock } from '../support/rooms.ts';
import { eachEngine } from '../support/stores.ts';
import { createKeeper, createVerifier, orders, stock } from './verifiers.ts';

const start = Date.UTC(2031, 4, 14, 23, 59, 30, 500);
const days = { from: '2031-05-01', to: '2031-05-31', limit: 100 };

await eachEngine((stores) => {
  test('Usage counted by two processes is complete after they stop', async (t) => {
    const clock = createMovableClock(start);
    const url = await stores.freshUrl();
    const [one, two] = [await openStore({ url }), await openStore({ url })];
    t.after(async () => {
      await Promise.all([one.close(), two.close()]);
    });
    const keeper = createKeeper(one, clock);
    const project = await keeper.project();
    const { key, record } = await keeper.key({ projectId: project.id, tier: 'tiny' });
    const free = await keeper.key({ projectId: project.id });
    const processes = [one, two].map((store) => createVerifier(store, { clock }));
    const verify = (request: object) =>
      Promise.all(processes.map((each) => each.verify({ key, ...request })));

    for (let use = 0; use < 5; use += 1) await verify({});
    for (let use = 0; use < 4; use += 1) await verify({ scopes: ['orders:write'] });
    // Of no consequence for the key: the asker may not know of it, or nothing was used.
    await verify({ api: [stock] });
    await verify({ count: false });
    for (let use = 0; use < 250; use += 1) await verify({ key: free.key });
    clock.advance(30_000);
    await verify({ key: free.key });
    await Promise.all(processes.map(({ usage }) => usage.close()));

    const common = { projectId: project.id, api: orders };
    const rows = (await one.usage.query(days)).toSorted((a, b) => a.allowed - b.allowed);
    assert.deepEqual(rows, [
      ...[
        { day: '2031-05-15', keyId: free.record.id, ...common, allowed: 2, limited: 0, denied: 0 },
      ],
      ...[{ day: '2031-05-14', keyId: record.id, ...common, allowed: 3, limited: 7, denied: 8 }],
      ...[
        {
          day: '2031-05-14',
          keyId: free.record.id,
          ...common,
          allowed: 500,
          limited: 0,
          denied: 0,
        },
      ],
    ]);
    const uses = await one.apiKeys.lastUses([record.id, free.record.id]);
    assert.deepEqual(
      new Map(uses.map(({ keyId, lastUsedAt }) => [keyId, lastUsedAt])),
      new Map([
        [record.id, Date.UTC(2031, 4, 14, 23, 59)],
        [free.record.id, Date.UTC(2031, 4, 15)],
      ]),
    );
  });

  test('Reported uses that a verifier already allowed count as allowed, and reported refusals count by reason', async (t) => {
    const clock = createMovableClock(start);
    const store = await openStore({ url: await stores.freshUrl() });
    t.after(() => store.close());
    const keeper = createKeeper(store, clock);
    const observed: string[] = [];
    const { verify, noteRefused, usage } = createVerifier(store, {
      clock,
      observe: (verdict, _request, times) => {
        observed.push(`${verdict.valid ? 'valid' : verdict.reason} ${times}`);
      },
    });
    const { id: projectId } = await keeper.project();
    const monthly = await keeper.key({ projectId, limits: { requestsPerMonth: 1 } });
    const minutely = await keeper.key({ projectId, limits: { requestsPerMinute: 1 } });
    for (const { key, record } of [monthly, minutely]) {
      assert.equal((await verify({ key })).valid, true);
      // Over its limit: the month's is over for good, the minute's is told again.
      assert.equal((await verify({ key, used: true })).valid, false);
      await keeper.change(record.id, { revokedAt: clock.now() });
      assert.equal((await verify({ key, used: true })).valid, false);
      await noteRefused(record.id, { revoked: 5, rate_limited: 2 });
    }
    await usage.close();
    const rows = await store.usage.query(days);
    const countsOf = (keyId: string) =>
      rows
        .filter((row) => row.keyId === keyId)
        .map(({ allowed, limited, denied }) => [allowed, limited, denied]);
    assert.deepEqual(countsOf(monthly.record.id), [[3, 2, 5]]);
    assert.deepEqual(countsOf(minutely.record.id), [[2, 2, 5]]);
    // No alert and no measurement hears of what was no refusal.
    const each = ['valid 1', 'revoked 5', 'rate_limited 2'];
    assert.deepEqual(observed, [...each, ...each]);
  });
});

function createScriptedStore() {
  const state = { isLost: false, rows: [] as UsageRow[], touched: 0, writes: 0 };
  const recorder = createUsageRecorder({
    usage: {
      async add(rows) {
        if (state.isLost) throw new StoreUnavailableError(new Error('lost'));
        state.writes += 1;
        state.rows.push(...rows.map((row) => ({ ...row })));
      },
    },
    keys: {
      async touch(uses) {
        if (state.isLost) throw new StoreUnavailableError(new Error('lost'));
        state.touched += uses.length;
      },
    },
    clock: createMovableClock(start),
    log: { info() {}, warn() {} },
  });
  return { state, recorder };
}

test('Many uses of many API keys are one write, and each minute of last use is written once', async () => {
  const { state, recorder } = createScriptedStore();
  for (let use = 0; use < 100; use += 1) {
    for (const id of ['a', 'b', 'c']) recorder.count({ id, api: orders }, 'allowed');
  }
  await recorder.flush();
  assert.equal(state.writes, 1);
  assert.deepEqual(
    state.rows.map(({ keyId, allowed }) => [keyId, allowed]),
    [
      ['a', 100],
      ['b', 100],
      ['c', 100],
    ],
  );
  recorder.count({ id: 'a', api: orders }, 'allowed');
  await recorder.close();
  assert.equal(state.touched, 3);
});

test('During a store outage usage is neither lost nor counted twice', async () => {
  const { state, recorder } = createScriptedStore();
  recorder.count({ id: 'a', api: orders }, 'allowed');
  state.isLost = true;
  await recorder.flush();
  recorder.count({ id: 'a', api: orders }, 'denied');
  await recorder.flush();
  state.isLost = false;
  await recorder.close();
  assert.deepEqual(
    state.rows.map(({ allowed, denied }) => [allowed, denied]),
    [[1, 1]],
  );
  assert.equal(state.touched, 1);
});
