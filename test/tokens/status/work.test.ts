/** What ending something costs: what hangs on it, however much else its holder has, and in turns with others. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { StatusRangeStore } from '../../../src/storage/status_ranges.ts';
import type { Store } from '../../../src/storage/store.ts';
import { createRevokedRanges } from '../../../src/tokens/status/revoked_ranges.ts';
import { sampleRange } from '../../storage/contract/samples.ts';
import { createMovableClock, type MovableClock, openTestStore } from '../../support/rooms.ts';
import { createStatusProcess, personToken } from './process.ts';

/** The store, and how many ranges each of its reads answered. */
function watched(store: Store) {
  const reads: number[] = [];
  const statusRanges: StatusRangeStore = {
    ...store.statusRanges,
    async select(...query) {
      const page = await store.statusRanges.select(...query);
      reads.push(page.length);
      return page;
    },
  };
  return { store: { ...store, statusRanges }, reads };
}

/** Living tokens of a family, as they are on record. */
async function addTokens(store: Store, clock: MovableClock, familyId: string, count: number) {
  const { issuedAt, expiresAt, ...links } = personToken(clock);
  const all = Array.from({ length: count }, (_, first) =>
    sampleRange({
      ...links,
      ...{ list: familyId, first, familyId, issuedFrom: issuedAt, expiresAt: expiresAt * 1000 },
    }),
  );
  await Promise.all(all.map((range) => store.statusRanges.add(range)));
}

test('Ending one family of a grant reads the tokens of that family alone', async (t) => {
  const opened = await openTestStore(t);
  const { store, reads } = watched(opened);
  const clock = createMovableClock();
  const { lists, revocations } = createStatusProcess({ store, clock });
  await lists.start();
  t.after(() => lists.close());
  await addTokens(opened, clock, 'g.one', 3);
  await addTokens(opened, clock, 'g.many', 700);
  await revocations.revoke({ familyId: 'g.one' });
  await lists.poke();
  // Of the family, and of what was exchanged for its tokens.
  assert.deepEqual(reads, [3, 0]);
});

test('Ending a family twice creates no second revocation and reads no tokens', async (t) => {
  const opened = await openTestStore(t);
  const { store, reads } = watched(opened);
  const clock = createMovableClock();
  const { lists, revocations } = createStatusProcess({ store, clock });
  await lists.start();
  t.after(() => lists.close());
  await addTokens(opened, clock, 'g.one', 3);
  await revocations.revoke({ familyId: 'g.one' });
  await lists.poke();
  const before = reads.splice(0).length;
  assert.ok(before > 0);
  for (let time = 0; time < 5; time += 1) await revocations.revoke({ familyId: 'g.one' });
  assert.equal(await revocations.sequence(), 1);
  // One that ends it at the same moment brings a marker, which tells nothing new.
  await revocations.mark({ familyId: 'g.one' });
  await lists.poke();
  assert.deepEqual(reads, []);
});

test('Other requests proceed while the tokens of a large family are ended', async (t) => {
  const opened = await openTestStore(t);
  const clock = createMovableClock();
  await addTokens(opened, clock, 'g.large', 2200);
  let turn = 0;
  let over = false;
  const turnsOfReads: number[] = [];
  const statusRanges: StatusRangeStore = {
    ...opened.statusRanges,
    select(...query) {
      turnsOfReads.push(turn);
      return opened.statusRanges.select(...query);
    },
  };
  const findRevokedRanges = createRevokedRanges({
    ...{ ranges: statusRanges, leases: opened.statusLeases, clock },
  });
  const others = (async () => {
    while (!over) {
      await nextTurn();
      turn += 1;
    }
  })();
  let hit = 0;
  for await (const page of findRevokedRanges({
    key: 'family:g.large',
    sequence: 1,
    before: undefined,
  })) {
    hit += page.length;
  }
  over = true;
  await others;
  assert.equal(hit, 2200);
  // Five pages of the family: no two in the same turn. The look for exchanged ones follows the last at once.
  assert.equal(new Set(turnsOfReads.slice(0, 5)).size, 5);
});
