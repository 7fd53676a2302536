/** Tokens that are being issued while something is revoked: what the lists say and what we say is the same. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StatusRangeStore } from '../../../src/storage/status_ranges.ts';
import type { StatusClaim } from '../../../src/tokens/status/status_assignment.ts';
import { createMovableClock, openTestStore } from '../../support/rooms.ts';
import { createStatusProcess, personToken } from './process.ts';

const api = 'https://api.example';

test('A revoked API leaves no token that only introspection refuses', async (t) => {
  const store = await openTestStore(t);
  const clock = createMovableClock();
  const other = createStatusProcess({ store, clock });
  let between: (() => Promise<void>) | undefined;
  const statusRanges: StatusRangeStore = {
    ...store.statusRanges,
    async add(range) {
      const act = between;
      between = undefined;
      await act?.();
      await store.statusRanges.add(range);
    },
  };
  const { assignment, records, revocations, isSet } = createStatusProcess({
    store: { ...store, statusRanges },
    clock,
  });
  const isRefused = async (claim: StatusClaim) => {
    const record = await records.find(claim);
    return !record || revocations.isRevoked(record);
  };

  const before = await assignment.toSingle(personToken(clock));
  between = async () => {
    await revocations.revoke({ api });
    // The lists of this and of another node have taken it in before the token is on record.
    await other.lists.poke();
    assert.equal(await isSet(before), true);
  };
  const during = await assignment.toSingle(personToken(clock));
  const elsewhere = await assignment.toSingle(personToken(clock, { api: 'https://other.example' }));
  for (const process of [{ isSet }, other]) {
    assert.equal(await process.isSet(before), true);
    assert.equal(await process.isSet(during), await isRefused(during));
    assert.equal(await process.isSet(elsewhere), false);
  }
  assert.equal(await isRefused(before), true);

  // A process that starts now works it out anew, and comes to the same.
  const restarted = createStatusProcess({ store, clock });
  await restarted.lists.start();
  assert.equal(await restarted.isSet(before), true);
  assert.equal(await restarted.isSet(during), await isRefused(during));
  await restarted.lists.close();
});

test('An API that was revoked after a request had begun does not end the token that the request then gets', async (t) => {
  const store = await openTestStore(t);
  const clock = createMovableClock();
  const { assignment, records, revocations, isSet } = createStatusProcess({ store, clock });
  const asOf = await revocations.sequence();
  await revocations.revoke({ api });
  const claim = await assignment.toSingle({ ...personToken(clock), asOf });
  const record = await records.find(claim);
  assert.ok(record);
  assert.equal(await revocations.isRevoked(record), false);
  assert.equal(await isSet(claim), false);
});

test('A status claim leads to the record of its own token and of no other', async (t) => {
  const store = await openTestStore(t);
  const clock = createMovableClock();
  const { assignment, records } = createStatusProcess({ store, clock });
  const mine = await assignment.toSingle(personToken(clock));
  const own = await assignment.toClient({ ...personToken(clock), clientId: 'own' });
  assert.equal((await records.find(mine))?.userId, 'u');
  const record = await records.find(own);
  assert.deepEqual([record?.clientId, record?.userId], ['own', undefined]);
  const { idx, uri } = mine.status_list;
  for (const claim of [
    undefined,
    null,
    'x',
    {},
    { status_list: null },
    { status_list: { idx: String(idx), uri } },
    { status_list: { idx, uri: `${uri}x` } },
    { status_list: { idx: -1, uri } },
    { status_list: { idx: 2 ** 20, uri } },
    { status_list: { idx: 2 ** 32 + idx, uri } },
    { status_list: { idx: idx + 0.5, uri } },
    { status_list: { idx: Number.NaN, uri } },
  ]) {
    assert.equal(await records.find(claim), undefined, JSON.stringify(claim));
  }
});
