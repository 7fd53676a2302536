/** The lists of a process: the same bits in each, whenever it started, and none that is not needed any more. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clockSkewMs } from '../../../src/clock.ts';
import type { StatusClaim } from '../../../src/tokens/status/status_assignment.ts';
import {
  createMovableClock,
  type MovableClock,
  openTestStore,
  openTestStores,
} from '../../support/rooms.ts';
import { clientToken, createStatusProcess, listOf, personToken } from './process.ts';

const hour = 3_600_000;

test('Every process has the same status bits, including one that starts later', async (t) => {
  const stores = await openTestStores(t, 3);
  const clock = createMovableClock();
  const [one, two, late] = stores.map((store) => createStatusProcess({ store, clock }));
  assert.ok(one && two && late);
  await Promise.all([one.lists.start(), two.lists.start()]);
  t.after(() => Promise.all([one, two, late].map(({ lists }) => lists.close())));

  const person = (changes: object) =>
    one.assignment.toSingle({ ...personToken(clock), ...changes });
  const client = (changes: object) =>
    two.assignment.toClient({ ...clientToken(clock), ...changes });
  const living = [
    await person({ userId: 'u9', grantId: 'g9', familyId: 'g9.f', session: 's9', api: 'a9' }),
    await client({ clientId: 'c9', api: 'a9' }),
  ];
  const dead = [
    await person({ familyId: 'g.f1', api: 'a0' }),
    await person({ grantId: 'g2', api: 'a0' }),
    await person({ session: 's3', api: 'a0' }),
    await person({ userId: 'u4', api: 'a0' }),
    await person({ clientId: 'c5', api: 'a0' }),
    await client({ clientId: 'c5', api: 'a0' }),
    await client({ clientId: 'c0', api: 'a6' }),
    await person({ clientId: 'c0', api: 'a6' }),
    await client({ clientId: 'c0', api: 'a0', keyId: 'k7' }),
  ];
  const single = await person({ userId: 'u9', grantId: 'g9', familyId: 'g9.f', api: 'a9' });
  const [position] = [one.records.positionOf(single)];
  const { revoke } = one.revocations;
  await revoke({ familyId: 'g.f1' });
  await revoke({ grantId: 'g2' });
  await revoke({ session: 's3' });
  await revoke({ accountId: 'u4' });
  await revoke({ clientId: 'c5' });
  await revoke({ api: 'a6' });
  await revoke({ keyId: 'k7' });
  await revoke({ token: 'jti', expiresAt: clock.now() + hour, status: position });
  living.push(await client({ clientId: 'c5', api: 'a0' }), await person({ userId: 'u4' }));

  await late.lists.start();
  for (const process of [one, two, late]) {
    const bits = (claims: StatusClaim[]) => Promise.all(claims.map(process.isSet));
    assert.deepEqual(new Set(await bits([...dead, single])), new Set([true]));
    assert.deepEqual(new Set(await bits(living)), new Set([false]));
  }
});

test('A restart with a shorter token lifetime does not revive a revoked token', async (t) => {
  const store = await openTestStore(t);
  const clock = createMovableClock();
  const day = 86_400;
  const before = createStatusProcess({ store, clock, lifetime: day });
  const token = { ...personToken(clock), expiresAt: clock.now() / 1000 + day };
  const claims = [await before.assignment.toSingle(token), await before.assignment.toClient(token)];
  await before.revocations.revoke({ accountId: 'u' });
  await before.revocations.revoke({ clientId: 'service' });
  for (const claim of claims) assert.equal(await before.isSet(claim), true);

  clock.advance(2 * hour);
  const restarted = createStatusProcess({ store, clock, lifetime: 60 });
  await restarted.lists.start();
  t.after(() => restarted.lists.close());
  for (const claim of claims) assert.equal(await restarted.isSet(claim), true);
});

test('The bit of a single revoked token is set in every process for as long as verifiers may accept the token', async (t) => {
  const store = await openTestStore(t);
  const clock = createMovableClock();
  // Longer than the time in which unfinished work is looked for.
  const lifetime = 4 * 3600;
  const one = createStatusProcess({ store, clock, lifetime });
  const end = clock.now() + lifetime * 1000;
  const issue = (links: object) =>
    one.assignment.toSingle({ ...personToken(clock), ...links, expiresAt: end / 1000 });
  const single = await issue({});
  const exchanged = [
    await issue({ derivedFrom: ['token:jti'] }),
    await issue({ derivedFrom: ['record:opaque'] }),
  ];
  const status = one.records.positionOf(single);
  await one.revocations.revoke({ token: 'jti', expiresAt: end, status });
  await one.revocations.revoke({ record: { kind: 'AccessToken', id: 'opaque' }, expiresAt: end });

  clock.advance(lifetime * 1000 + clockSkewMs - 1);
  await store.purge({ now: clock.now(), limit: 100, auditBefore: 0 });
  const restarted = createStatusProcess({ store, clock, lifetime });
  await restarted.lists.start();
  t.after(() => restarted.lists.close());
  for (const claim of [single, ...exchanged]) assert.equal(await restarted.isSet(claim), true);
  // And no longer.
  clock.advance(1);
  const keys = ['token:jti', 'record:opaque'];
  assert.deepEqual(await store.revocations.find(keys, clock.now()), []);
});

test('Expired status lists are dropped even if nobody asks for them', async (t) => {
  const store = await openTestStore(t);
  const clock = createMovableClock();
  const { lists, assignment, revocations, isSet } = createStatusProcess({ store, clock });
  const ids: string[] = [];
  for (let day = 0; day < 5; day += 1) {
    const claim = await assignment.toSingle(personToken(clock));
    await revocations.revoke({ accountId: 'u' });
    assert.equal(await isSet(claim), true);
    ids.push(listOf(claim));
    clock.advance(25 * hour);
  }
  assert.equal(new Set(ids).size, 5);
  await lists.poke();
  for (const id of ids.slice(0, -1)) {
    assert.equal(lists.registry.isKept(id), false);
    assert.equal(await lists.find(id), undefined);
  }
  assert.deepEqual(await lists.ids(), ids.slice(-1));
});

test('A clock that jumps ahead and back clears no status bit', async (t) => {
  const store = await openTestStore(t);
  const clock = createMovableClock();
  const { lists, assignment, revocations, isSet } = createStatusProcess({ store, clock });
  const old = await assignment.toSingle(personToken(clock));
  await revocations.revoke({ accountId: 'u' });
  assert.equal(await isSet(old), true);
  await openAnotherList(store, clock);
  await lists.ids();
  clock.advance(48 * hour);
  await lists.ids();
  await lists.poke();
  clock.advance(-48 * hour);
  assert.equal(await isSet(old), true);
});

/** By a process of its own, whose leases use up the list that is open. */
async function openAnotherList(
  store: Parameters<typeof createStatusProcess>[0]['store'],
  clock: MovableClock,
) {
  const { lists } = createStatusProcess({ store, clock });
  const { list } = await lists.registry.lease();
  while ((await lists.registry.lease()).list.id === list.id);
}
