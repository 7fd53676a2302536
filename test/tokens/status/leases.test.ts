/** Leases of positions: by them many tokens are revoked at once, however many there are, and no others. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { StatusLease } from '../../../src/storage/status_leases.ts';
import type { Store } from '../../../src/storage/store.ts';
import type { StatusClaim } from '../../../src/tokens/status/status_assignment.ts';
import { openAll } from '../../storage/contract/samples.ts';
import { createMovableClock, type MovableClock, openTestStore } from '../../support/rooms.ts';
import { eachEngine } from '../../support/stores.ts';
import { clientToken, createStatusProcess, personToken, type StatusProcess } from './process.ts';

const api = 'https://api.example';
const other = 'https://other.example';

/** The store, and how many ranges and leases its reads answered. */
function watched(store: Store) {
  const read = { ranges: 0, leases: 0 };
  const statusRanges: Store['statusRanges'] = {
    ...store.statusRanges,
    async select(...query) {
      const page = await store.statusRanges.select(...query);
      read.ranges += page.length;
      return page;
    },
  };
  const statusLeases: Store['statusLeases'] = {
    ...store.statusLeases,
    async select(...query) {
      const page = await store.statusLeases.select(...query);
      read.leases += page.length;
      return page;
    },
  };
  return { store: { ...store, statusRanges, statusLeases }, read };
}

const leasesOf = (store: Store, clock: { now(): number }): Promise<StatusLease[]> =>
  store.statusLeases.select({}, { limit: 100, now: clock.now() });

await eachEngine((stores) => {
  describe('Revocation of many tokens', () => {
    test('An API, a busy client, a signing key or everything is revoked by whole leases, without a read of its tokens', async (t) => {
      const [opened] = await openAll(t, { url: await stores.freshUrl(), count: 1 });
      assert.ok(opened);
      const { store, read } = watched(opened);
      const clock = createMovableClock(Date.now());
      const { assignment, revocations, lists, isSet } = createStatusProcess({ store, clock });
      const issue = (given: object) => assignment.toSingle({ ...personToken(clock), ...given });
      const many = async (given: object) => {
        const claims: StatusClaim[] = [];
        for (let index = 0; index < 100; index += 1) claims.push(await issue(given));
        return claims;
      };
      const areSet = async (claims: StatusClaim[], expected: boolean) => {
        for (const claim of claims) assert.equal(await isSet(claim), expected);
      };
      const ofBusy = await many({ clientId: 'busy' });
      const elsewhere = await many({ clientId: 'busy', api: other });
      const ofOthers = await many({ clientId: 'quiet', keyId: 'k2' });

      // All but the first 64 at an API are in leases of the client's own.
      await revocations.revoke({ clientId: 'busy' });
      await areSet([...ofBusy, ...elsewhere], true);
      await areSet(ofOthers, false);
      assert.equal(read.ranges, 128);
      read.ranges = 0;
      await revocations.revoke({ keyId: 'k2' });
      await areSet(ofOthers, true);
      const later = await many({ clientId: 'busy' });
      const spared = await many({ clientId: 'busy', api: other });
      await revocations.revoke({ api });
      await areSet(later, true);
      await areSet(spared, false);
      await revocations.revoke({ everything: true });
      await areSet(spared, true);
      const last = await issue({});
      await lists.poke();
      assert.equal(await isSet(last), false);
      assert.equal(read.ranges, 0);
    });
  });
});

describe('Leases of positions', () => {
  test('Of a lease that was in use at the instant before which everything is revoked, only the earlier tokens are', async (t) => {
    const store = await openTestStore(t);
    const clock = createMovableClock();
    const { assignment, revocations, isSet } = createStatusProcess({ store, clock });
    const early = [
      await assignment.toSingle(personToken(clock)),
      await assignment.toClient(clientToken(clock)),
    ];
    clock.advance(20_000);
    const before = clock.now();
    const late = [
      await assignment.toSingle(personToken(clock)),
      await assignment.toClient(clientToken(clock)),
    ];
    // Exchanged now, for a token from before.
    const origin = before / 1000 - 20;
    const exchanged = await assignment.toSingle({ ...personToken(clock), issuedAt: origin });
    clock.advance(5000);
    await revocations.revoke({ everything: true, before });
    for (const claim of [...early, exchanged]) assert.equal(await isSet(claim), true);
    for (const claim of late) assert.equal(await isSet(claim), false);
    const next = await assignment.toSingle(personToken(clock));
    assert.equal(await isSet(next), false);
  });

  test('A lease that is used up ends when its last token is issued', async (t) => {
    const store = await openTestStore(t);
    const clock = createMovableClock();
    const { assignment } = createStatusProcess({ store, clock });
    const start = clock.now() / 1000;
    for (let index = 0; index < 300; index += 1) {
      clock.advance(100);
      const clientId = `client ${index % 100}`;
      await assignment.toSingle({ ...personToken(clock), clientId });
    }
    const [first, second] = await leasesOf(store, clock);
    assert.ok(first && second);
    assert.ok(first.issuedUntil < start + 40, `${first.issuedUntil - start}`);
    assert.ok(second.issuedUntil > start + 3600);
    assert.ok(second.count > first.count, 'the next one is larger');
  });

  const issues = {
    'a person': (process: StatusProcess, clock: MovableClock) =>
      process.assignment.toSingle(personToken(clock)),
    'a service': (process: StatusProcess, clock: MovableClock) =>
      process.assignment.toClient(clientToken(clock)),
  };
  for (const [whose, issue] of Object.entries(issues)) {
    test(`A revocation at any step of the issuance to ${whose} is the same in every list and at introspection`, async (t) => {
      let isOver = false;
      for (let step = 1; !isOver; step += 1) {
        const opened = await openTestStore(t);
        const clock = createMovableClock();
        const follower = createStatusProcess({ store: opened, clock });
        let operations = 0;
        const revoke = async () => {
          const { revocations } = follower;
          await revocations.revoke(step % 2 === 0 ? { api } : { everything: true });
          // It has looked, and will not again for this revocation.
          await follower.lists.poke();
        };
        const store = interrupted(opened, async () => {
          operations += 1;
          if (operations === Math.ceil(step / 2)) await revoke();
        });
        const process = createStatusProcess({ store, clock });
        const claims = [await issue(process, clock), await issue(process, clock)];
        isOver = operations < Math.ceil(step / 2);
        operations = Number.POSITIVE_INFINITY;
        const late = createStatusProcess({ store: opened, clock });
        for (const claim of claims) {
          const record = await late.records.find(claim);
          assert.ok(record);
          const isRevoked = await late.revocations.isRevoked(record);
          const bits = [await process.isSet(claim), await follower.isSet(claim)];
          assert.deepEqual([...bits, await late.isSet(claim)], Array(3).fill(isRevoked), `${step}`);
        }
        await follower.revocations.revoke({ api });
        for (const claim of claims) assert.equal(await follower.isSet(claim), true);
      }
    });
  }
});

/** The store; `act` runs ahead of each operation on what tokens and revocations have on record. */
function interrupted(store: Store, act: () => Promise<void>): Store {
  const concern = <Part extends object>(part: Part): Part =>
    Object.fromEntries(
      Object.entries(part).map(([name, run]) => [
        name,
        async (...values: unknown[]) => {
          await act();
          return run(...values);
        },
      ]),
    ) as Part;
  return {
    ...store,
    documents: concern(store.documents),
    revocations: concern(store.revocations),
    statusLeases: concern(store.statusLeases),
    statusRanges: concern(store.statusRanges),
  };
}
