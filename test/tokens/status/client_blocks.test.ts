/** Positions for clients' own tokens: never the same twice, each known to the second, none from a dead block. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { StatusRange } from '../../../src/storage/status_ranges.ts';
import type { KnownClient } from '../../../src/tokens/status/client_blocks.ts';
import {
  createRevokedRanges,
  type RevokedRange,
} from '../../../src/tokens/status/revoked_ranges.ts';
import { openAll } from '../../storage/contract/samples.ts';
import { createMovableClock, openTestStore, openTestStores } from '../../support/rooms.ts';
import { eachEngine } from '../../support/stores.ts';
import { type Issuer, issuerOn, oneIssuer, type Taken } from './issuers.ts';
import { clientToken } from './process.ts';

function assertUnique(taken: readonly Taken[]): void {
  const names = new Set(taken.map(({ list, position }) => `${list.id} ${position}`));
  assert.equal(names.size, taken.length, 'a position was given twice');
}

/** What a request knows of a client that nobody disables. */
function active(asOf: number): KnownClient {
  return { asOf, isStillActive: async () => true };
}

/** What is on record about a position is true of the token that has it. */
function assertOnRecord({ token, position, ...rest }: Taken, range: StatusRange): void {
  assert.deepEqual(
    [range.clientId, range.api, range.keyId, range.list],
    [token.clientId, token.api, token.keyId, rest.list.id],
  );
  const second = range.issuedFrom + Math.floor((position - range.first) / range.perSecond);
  assert.equal(second, token.issuedAt);
  assert.ok(range.expiresAt >= token.expiresAt * 1000);
}

test('Status positions never repeat, whatever the clocks do and however many requests run at once', async (t) => {
  const step = fc.record({
    process: fc.nat(1),
    client: fc.nat(1),
    // A step back, a running clock, a pause.
    advance: fc.oneof(
      fc.integer({ min: -90_000, max: -1 }),
      fc.integer({ min: 0, max: 3000 }),
      fc.constantFrom(600_000, 3_600_000),
    ),
    /** How old the requests are when they ask, seconds. */
    ages: fc.array(fc.nat(2), { minLength: 1, maxLength: 40 }),
  });
  const stores = await openTestStores(t, 2);
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const clocks = stores.map(() => createMovableClock());
      const issuers = stores.map(
        (store, index): Issuer =>
          issuerOn(store, clocks[index] ?? assert.fail(), store.statusRanges),
      );
      const all: Taken[] = [];
      for (const { process, client, advance, ages } of steps) {
        const [clock, issuer] = [clocks[process], issuers[process]];
        assert.ok(clock && issuer);
        clock.advance(advance);
        const taken = await Promise.all(
          ages.map((age) => {
            const token = clientToken(clock, { clientId: `c${client}` });
            const { issuedAt, expiresAt } = token;
            return issuer.take({ ...token, issuedAt: issuedAt - age, expiresAt: expiresAt - age });
          }),
        );
        for (const each of taken) assertOnRecord(each, issuer.rangeOf(each));
        all.push(...taken);
      }
      assertUnique(all);
    }),
    { numRuns: 25 },
  );
});

await eachEngine((stores) => {
  test('Processes that issue for the same client share no status position', async (t) => {
    const opened = await openAll(t, { url: await stores.freshUrl(), count: 3 });
    const clock = createMovableClock();
    const issuers = opened.map((store): Issuer => issuerOn(store, clock, store.statusRanges));
    const all: Taken[] = [];
    for (let second = 0; second < 4; second += 1) {
      const bursts = issuers.flatMap(({ take }) =>
        Array.from({ length: 200 }, () => take(clientToken(clock))),
      );
      all.push(...(await Promise.all(bursts)));
      clock.advance(1000);
    }
    assertUnique(all);
  });
});

test('A sudden burst of requests is served with few writes', async (t) => {
  const { take, clock, recorded, rangeOf } = await oneIssuer(t);
  const burst = await Promise.all(Array.from({ length: 10_000 }, () => take(clientToken(clock))));
  assertUnique(burst);
  for (const taken of burst.slice(0, 500)) assertOnRecord(taken, rangeOf(taken));
  assert.ok(recorded.length <= 12, `${recorded.length} blocks`);
});

test('Requests that span two seconds need no block of their own', async (t) => {
  const { take, clock, recorded } = await oneIssuer(t);
  const all: Taken[] = [];
  for (let second = 0; second < 30; second += 1) {
    const token = clientToken(clock);
    const { issuedAt, expiresAt } = token;
    const earlier = { ...token, issuedAt: issuedAt - 1, expiresAt: expiresAt - 1 };
    for (const asked of [token, earlier, token, earlier]) all.push(await take(asked));
    clock.advance(1000);
  }
  assertUnique(all);
  assert.ok(recorded.length <= 5, `${recorded.length} blocks`);
});

test("Blocks grow with a client's traffic and shrink again", async (t) => {
  const { take, clock, recorded } = await oneIssuer(t);
  const secondOf = async (tokens: number) => {
    await Promise.all(Array.from({ length: tokens }, () => take(clientToken(clock))));
    clock.advance(1000);
  };
  for (let second = 0; second < 10; second += 1) await secondOf(200);
  assert.ok(recorded.length < 10, `${recorded.length} blocks for 2,000 tokens`);
  assert.ok((recorded.at(-1)?.perSecond ?? 0) >= 200);
  for (let minute = 0; minute < 30; minute += 1) {
    await secondOf(1);
    clock.advance(59_000);
  }
  assert.ok((recorded.at(-1)?.perSecond ?? 0) <= 4);
});

const switches = [
  { name: 'its client', target: { clientId: 'service' } },
  { name: 'its API', target: { api: 'https://api.example' } },
  { name: 'everything', target: { everything: true } },
] as const;
for (const { name, target } of switches) {
  test(`A block revoked with ${name} is never used again in any process`, async (t) => {
    const [here, there] = await openTestStores(t, 2);
    assert.ok(here && there);
    // An operator's clock that is behind, and one that is ahead: it is the store's order that counts.
    for (const skew of [-60_000, 60_000]) {
      const clock = createMovableClock();
      const operator = issuerOn(there, createMovableClock(clock.now() + skew), there.statusRanges);
      const issuers: Issuer[] = [here, there].map((store) =>
        issuerOn(store, clock, store.statusRanges),
      );
      const old = await Promise.all(issuers.map(({ take }) => take(clientToken(clock))));
      await operator.revocations.revoke(target);
      for (const [index, issuer] of issuers.entries()) {
        const before = old[index] ?? assert.fail();
        assert.equal(await issuer.isRevoked(before), true);
        // Of a later second there is room in the old block.
        const later = clock.now() / 1000 + 1;
        const after = await issuer.take({ ...clientToken(clock), issuedAt: later });
        assert.equal(await issuer.isRevoked(after), false);
        assert.notEqual(issuer.rangeOf(after), issuer.rangeOf(before));
        const same = await issuer.take(clientToken(clock));
        assert.equal(await issuer.isRevoked(same), false);
        const next = await issuer.take({ ...clientToken(clock), issuedAt: later + 1 });
        assert.equal(issuer.rangeOf(next), issuer.rangeOf(same), 'the new block stays');
      }
    }
  });
}

test('A request that is running while its client is revoked gets a token of the revoked block', async (t) => {
  const { take, isRevoked, revocations, clock } = await oneIssuer(t);
  const asOf = await revocations.sequence();
  await take({ ...clientToken(clock), known: active(asOf) });
  clock.advance(1000);
  await revocations.revoke({ clientId: 'service' });
  assert.equal(await isRevoked(await take({ ...clientToken(clock), known: active(asOf) })), true);
  const next = await take({ ...clientToken(clock), known: active(await revocations.sequence()) });
  assert.equal(await isRevoked(next), false);
});

test('A request that is running while its client is disabled gets no token of a newer block', async (t) => {
  const { take, isRevoked, revocations, clock } = await oneIssuer(t);
  const asOf = await revocations.sequence();
  await revocations.revoke({ clientId: 'service' });
  const known = { asOf, isStillActive: async () => false };
  const refused = { code: 'temporarily_unavailable', status: 503 };
  for (let attempt = 0; attempt < 2; attempt += 1) {
    await assert.rejects(take({ ...clientToken(clock), known }), refused);
    const again = await take({
      ...clientToken(clock),
      known: active(await revocations.sequence()),
    });
    assert.equal(await isRevoked(again), false);
  }
});

test("A request that is running while only its client's tokens are revoked gets a valid token", async (t) => {
  const { take, isRevoked, revocations, clock } = await oneIssuer(t);
  const asOf = await revocations.sequence();
  await revocations.revoke({ clientId: 'service' });
  assert.equal(await isRevoked(await take({ ...clientToken(clock), known: active(asOf) })), false);
});

test('A revocation of another client leaves a block alone', async (t) => {
  const { take, clock, recorded, revocations } = await oneIssuer(t);
  await take(clientToken(clock));
  await revocations.revoke({ clientId: 'other' });
  await revocations.revoke({ api: 'https://other.example' });
  clock.advance(1000);
  await take(clientToken(clock));
  assert.equal(recorded.length, 1);
});

test('A block revoked between being read and being recorded holds no token', async (t) => {
  const store = await openTestStore(t);
  const clock = createMovableClock();
  let revokedFirst = true;
  const issuer: Issuer = issuerOn(store, clock, {
    async add(range) {
      if (revokedFirst) {
        revokedFirst = false;
        await issuer.revocations.revoke({ clientId: range.clientId });
      }
      await store.statusRanges.add(range);
    },
  });
  const taken = await issuer.take(clientToken(clock));
  assert.equal(issuer.recorded.length, 2);
  assert.equal(issuer.rangeOf(taken), issuer.recorded[1]);
  assert.equal(await issuer.isRevoked(taken), false);
});

test('Revoking everything before an instant is exact to the second of iat', async (t) => {
  const { store, take, clock, isRevoked, revocations } = await oneIssuer(t);
  const start = clock.now();
  const all: Taken[] = [];
  for (let second = 0; second < 10; second += 1) {
    for (const clientId of ['a', 'b']) {
      const asked = Array.from({ length: second === 5 ? 20 : 2 }, () =>
        take(clientToken(clock, { clientId })),
      );
      all.push(...(await Promise.all(asked)));
    }
    clock.advance(1000);
  }
  const findRevokedRanges = createRevokedRanges({
    ...{ ranges: store.statusRanges, leases: store.statusLeases, clock },
  });
  // Each later than the one before: a marker only moves forward.
  for (const offset of [-1000, 0, 1, 3999, 4000, 4001, 5000, 5500, 20_000]) {
    const before = start + offset;
    await revocations.revoke({ everything: true, before });
    const marked = { key: 'everything_before:', sequence: 1, before };
    const revoked: RevokedRange[] = [];
    for await (const page of findRevokedRanges(marked)) revoked.push(...page);
    for (const taken of all) {
      const isHit = revoked.some(
        ({ list, first, count }) =>
          list === taken.list.id && first <= taken.position && taken.position < first + count,
      );
      assert.equal(isHit, taken.token.issuedAt * 1000 < before, `${offset}`);
      assert.equal(await isRevoked(taken), isHit, 'the bit and introspection agree');
    }
  }
});

test('A status list outlives the last token of its last block', async (t) => {
  const { store, take, clock } = await oneIssuer(t);
  const { list } = await take(clientToken(clock));
  // Others use the list up, so that nothing prolongs it any more.
  const other = issuerOn(store, clock, store.statusRanges);
  while ((await other.registry.lease()).list.id === list.id);
  // The end of the lease, then the end of a block that was taken from it.
  clock.advance(3_600_000 - 1000);
  await take(clientToken(clock, { clientId: 'late' }));
  clock.advance(511_000);
  const last = await take(clientToken(clock, { clientId: 'late' }));
  assert.equal(last.list.id, list.id);
  clock.advance(last.token.expiresAt * 1000 - 1 - clock.now());
  assert.ok(await other.registry.find(list.id));
});
