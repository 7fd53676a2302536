/** Which positions are whose: leases that never overlap, lists that come to an end, bounded reads. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DocumentStore } from '../../../src/storage/documents.ts';
import { listSize } from '../../../src/tokens/status/bit_list.ts';
import {
  createListRegistry,
  type ListRegistry,
  type PositionLease,
} from '../../../src/tokens/status/list_registry.ts';
import { openAll } from '../../storage/contract/samples.ts';
import { createMovableClock, openTestStore } from '../../support/rooms.ts';
import { eachEngine } from '../../support/stores.ts';

const lifetime = 600_000;
const hour = 3_600_000;

const registryOn = (documents: DocumentStore, clock = createMovableClock()): ListRegistry =>
  createListRegistry({ documents, clock, longestTokenLifetimeMs: () => lifetime });

/** Fails where two of them share a position. */
function assertDisjoint(leases: readonly PositionLease[]): void {
  const ends = new Map<string, number>();
  const inOrder = leases.toSorted((left, right) => left.first - right.first);
  for (const { list, first, count } of inOrder) {
    assert.ok(first >= (ends.get(list.id) ?? 0), `${list.id} ${first} is leased twice`);
    assert.ok(first + count <= listSize);
    ends.set(list.id, first + count);
  }
}

await eachEngine((stores) => {
  test('Leases of many processes never overlap, even from one list to the next', async (t) => {
    const opened = await openAll(t, { url: await stores.freshUrl(), count: 4 });
    const registries = opened.map(({ documents }) => registryOn(documents));
    const batches = await Promise.all(
      registries.map(async (registry) => {
        const leases: PositionLease[] = [];
        for (let round = 0; round < 6; round += 1) {
          leases.push(
            ...(await Promise.all([registry.lease(), registry.lease(), registry.lease()])),
          );
        }
        return leases;
      }),
    );
    const leases = batches.flat();
    assert.equal(leases.length, 72);
    assertDisjoint(leases);
    assert.ok(new Set(leases.map(({ list }) => list.id)).size >= 2, 'more than a list can hold');

    // Whoever is asked finds all of them, and reads the same index from a position.
    for (const { list, first } of leases) {
      for (const registry of registries) {
        const found = await registry.find(list.id);
        assert.equal(found?.permutation.indexOf(first), list.permutation.indexOf(first));
      }
    }
  });

  test('A lease left by a process that died is never reused', async (t) => {
    const opened = await openAll(t, { url: await stores.freshUrl(), count: 3 });
    const leases = [];
    for (const { documents } of opened) leases.push(await registryOn(documents).lease());
    assertDisjoint(leases);
  });
});

test('The registry does not grow over ten million positions', async (t) => {
  const { documents } = await openTestStore(t);
  const clock = createMovableClock();
  const registry = registryOn(documents, clock);
  const sizes: number[] = [];
  const sizeOf = async () => JSON.stringify((await documents.get('status_lists'))?.value).length;
  for (let leased = 0; leased < 10_000_000; ) {
    leased += (await registry.lease()).count;
    clock.advance(30_000);
    if (leased % listSize === 0) sizes.push(await sizeOf());
  }
  assert.ok(sizes.length > 8);
  assert.ok(Math.max(...sizes) < 1500, `${Math.max(...sizes)} bytes`);
  clock.advance(48 * hour);
  await registry.lease();
  assert.equal((await registry.list()).length, 1);
  assert.ok((await sizeOf()) < 300, 'one list is left');
});

test('A status list stays as long as a token in it may live and is then removed', async (t) => {
  const { documents } = await openTestStore(t);
  const clock = createMovableClock();
  const [one, other] = [registryOn(documents, clock), registryOn(documents, clock)];
  const lease = await one.lease();
  const { id } = lease.list;
  clock.advance(24 * hour);
  assert.ok(await other.find(id), 'the list that is leased from stays');
  const next = await other.lease();
  assert.notEqual(next.list.id, id, 'an old list ends, however little stands in it');
  assert.equal(await other.find(id), undefined);
  await one.list();
  assert.equal(await one.find(id), undefined);
  assert.equal(one.isKept(id), false);
  assert.equal(one.isKept(next.list.id), true);
});

test('Any number of requests for unknown lists cost one read at a time', async (t) => {
  const { documents } = await openTestStore(t);
  let reads = 0;
  const counted: DocumentStore = {
    ...documents,
    get: (name) => {
      reads += 1;
      return documents.get(name);
    },
  };
  const registry = registryOn(counted);
  const { list } = await registry.lease();
  const ids = Array.from({ length: 2000 }, (_, number) => `garbage-${number}`);
  reads = 0;
  const found = await Promise.all(ids.map((id) => registry.find(id)));
  assert.deepEqual(new Set(found), new Set([undefined]));
  assert.equal(reads, 1);
  assert.equal((await Promise.all(ids.map(() => registry.list()))).length, ids.length);
  assert.equal(reads, 2);
  await Promise.all(ids.map(() => registry.find(list.id)));
  assert.equal(reads, 2, 'a list that is known costs none');
});

test('A list that another process opens during a read is found by the next read', async (t) => {
  const { documents } = await openTestStore(t);
  const slow = held(documents);
  const registry = registryOn(slow.documents);
  slow.hold();
  const asked = registry.find('nobody-has-this');
  await slow.reached;
  const { list } = await registryOn(documents).lease();
  const found = registry.find(list.id);
  slow.release();
  assert.equal(await asked, undefined);
  assert.equal((await found)?.id, list.id);
});

test('A late read does not bring an older state back', async (t) => {
  const { documents } = await openTestStore(t);
  const clock = createMovableClock();
  const slow = held(documents);
  const registry = registryOn(slow.documents, clock);
  await registry.lease();
  clock.advance(24 * hour);
  slow.hold();
  const late = registry.list();
  await slow.reached;
  const { list } = await registry.lease();
  slow.release();
  await late;
  assert.equal(registry.isKept(list.id), true);
});

test('Tokens from before a shorter lifetime was configured still count as long-lived', async (t) => {
  const { documents } = await openTestStore(t);
  const clock = createMovableClock();
  const day = 24 * hour;
  const before = createListRegistry({ documents, clock, longestTokenLifetimeMs: () => day });
  await before.lease();
  const now = registryOn(documents, clock);
  await now.lease();
  assert.equal(now.longestLifetimeMs(), day);
  const later = registryOn(documents, clock);
  await later.list();
  assert.equal(later.longestLifetimeMs(), day);
  clock.advance(3 * day);
  await later.lease();
  assert.equal(later.longestLifetimeMs(), lifetime, 'until they are gone');
});

/** The store's documents, with reads whose answer arrives late. */
function held(documents: DocumentStore) {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
  let holding = false;
  return {
    reached,
    release,
    hold() {
      holding = true;
    },
    documents: {
      ...documents,
      async get<T>(name: string) {
        const found = await documents.get<T>(name);
        if (holding) {
          holding = false;
          reach();
          await released;
        }
        return found;
      },
    } satisfies DocumentStore,
  };
}
