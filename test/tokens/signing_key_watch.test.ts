import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { systemClock as clock } from '../../src/clock.ts';
import type { Revocation } from '../../src/storage/revocations.ts';
import { createSigningKeyWatch } from '../../src/tokens/access/signing_key_watch.ts';

/** A process with two published keys, and the markers of a store that others write to. */
function createFixture() {
  const published = ['one', 'two'].map((kid) => ({ kid }));
  const marked = new Set<string>();
  const removed: string[] = [];
  const watch = createSigningKeyWatch({
    catchUp: async () => {
      await nextTurn();
      return marked.size;
    },
    markers: {
      find: async (keys) =>
        keys.filter((key) => marked.has(key)).map((key) => ({ key }) as Revocation),
    },
    keys: { snapshot: () => ({ published: published as never }) },
    removeSigningKey: async (kid) => {
      removed.push(kid);
      // Elsewhere the other one is revoked, too.
      marked.add('key:two');
      await nextTurn();
    },
    clock,
  });
  return { watch, removed, revoke: (kid: string) => marked.add(`key:${kid}`) };
}

describe('Following signing keys', () => {
  test('What was followed in this turn is not followed again', async () => {
    const { watch, revoke, removed } = createFixture();
    // The first time there is something to look up, which takes a turn of its own.
    await watch.follow();
    await watch.follow();
    revoke('one');
    await watch.followUnlessJustNow();
    assert.deepEqual(removed, []);
    await nextTurn();
    await watch.followUnlessJustNow();
    assert.equal(removed[0], 'one');
  });

  test('A key that is revoked while another is replaced is found by whoever asks afterwards', async () => {
    const { watch, revoke, removed } = createFixture();
    revoke('one');
    await watch.follow();
    await watch.followUnlessJustNow();
    assert.ok(removed.includes('two'));
  });
});
