import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createMarkerWatch } from '../../src/caching/marker_watch.ts';
import { createMovableClock } from '../support/rooms.ts';

/** A store's markers in memory, which can be put back to an earlier state. */
function createFixture() {
  const clock = createMovableClock();
  let markers: { key: string; sequence: number; expiresAt: number }[] = [];
  let last = 0;
  const watch = createMarkerWatch({
    markers: {
      sequence: async () => last,
      changes: async ({ after, limit }) =>
        markers.filter(({ sequence }) => sequence > after).slice(0, limit),
    },
    clock,
  });
  return {
    ...{ clock, watch },
    mark(key: string) {
      last += 1;
      markers.push({ key, sequence: last, expiresAt: Number.MAX_SAFE_INTEGER });
    },
    restore(sequence: number) {
      markers = markers.filter((marker) => marker.sequence <= sequence);
      last = sequence;
    },
    async copy(...names: string[]) {
      return { asOf: await watch.catchUp(), loadedAt: clock.now(), names };
    },
  };
}

describe('Following markers', () => {
  test('A copy is outdated by a marker that it names, and by no other', async () => {
    const { watch, mark, copy } = createFixture();
    const [alice, bob] = [await copy('user:alice'), await copy('user:bob')];
    mark('user:alice');
    await watch.catchUp();
    assert.deepEqual([watch.isCurrent(alice), watch.isCurrent(bob)], [false, true]);
    assert.equal(watch.isCurrent(await copy('user:alice')), true);
  });

  test('Copies from before a store was restored stay outdated, even when its numbers have grown past theirs', async () => {
    const { clock, watch, mark, restore, copy } = createFixture();
    for (let count = 0; count < 10; count += 1) mark(`token:${count}`);
    const before = await copy('user:alice');
    restore(5);
    await watch.catchUp();
    assert.equal(watch.isCurrent(before), false);
    for (let count = 0; count < 10; count += 1) mark(`token:again ${count}`);
    await watch.catchUp();
    assert.equal(watch.isCurrent(before), false);
    clock.advance(1);
    assert.equal(watch.isCurrent(await copy('user:alice')), true);
  });

  test('While a great many are revoked, only copies older than the last ten thousand revocations are outdated', async () => {
    const { watch, mark, copy } = createFixture();
    const copies = [await copy('user:alice')];
    for (let round = 0; round < 4; round += 1) {
      for (let count = 0; count < 4000; count += 1) mark(`token:${round} ${count}`);
      copies.push(await copy('user:alice'));
    }
    assert.deepEqual(copies.map(watch.isCurrent), [false, false, true, true, true]);
  });

  test('A process that has missed more than ten thousand revocations drops every copy', async () => {
    const { watch, mark, copy } = createFixture();
    const before = await copy('user:alice');
    for (let count = 0; count < 10_001; count += 1) mark(`token:${count}`);
    await watch.catchUp();
    assert.equal(watch.isCurrent(before), false);
  });
});
