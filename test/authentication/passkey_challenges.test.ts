/** Challenges of passkeys: each is for one purpose, a limited time and one use. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { createChallenges } from '../../src/authentication/passkeys/challenges.ts';
import { createShiftedClock } from '../support/clock.ts';
import { eachEngine, openFresh } from '../support/stores.ts';

await eachEngine((stores) => {
  describe('Challenges of passkeys', () => {
    const scene = async (t: Parameters<typeof openFresh>[0], keys = [randomBytes(32)]) => {
      const { artifacts } = await openFresh(t, stores);
      const clock = createShiftedClock();
      return { clock, artifacts, challenges: createChallenges({ keys, artifacts, clock }) };
    };

    test('A challenge is for its purpose only, and for an hour', async (t) => {
      const { challenges, clock } = await scene(t);
      const challenge = challenges.make('sign in at x');
      assert.notEqual(challenge, challenges.make('sign in at x'));
      assert.ok(challenges.isFor('sign in at x', challenge));
      assert.ok(!challenges.isFor('sign in at y', challenge));
      for (const other of ['', 'AAAA', `${challenge.slice(0, -4)}AAAA`, `B${challenge.slice(1)}`]) {
        assert.ok(!challenges.isFor('sign in at x', other), other);
      }
      clock.forward(3_599_000);
      assert.ok(challenges.isFor('sign in at x', challenge));
      clock.forward(1000);
      assert.ok(!challenges.isFor('sign in at x', challenge));
    });

    test('A challenge is used once, also by many at the same time, and however it is spelled', async (t) => {
      const { challenges } = await scene(t);
      const challenge = challenges.make('sign in');
      const spellings = [challenge, `${challenge}==`, challenge.replaceAll('-', '+')];
      const uses = await Promise.all(
        [...spellings, ...spellings].map((text) => challenges.spend(text)),
      );
      assert.equal(uses.filter(Boolean).length, 1);
      assert.ok(await challenges.spend(challenges.make('sign in')));
    });

    test('A challenge from before a new master secret is good, one by an unknown secret is not', async (t) => {
      const [old, renewed, foreign] = [randomBytes(32), randomBytes(32), randomBytes(32)];
      const { artifacts, clock, challenges } = await scene(t, [old]);
      const challenge = challenges.make('sign in');
      const after = createChallenges({ keys: [renewed, old], artifacts, clock });
      assert.ok(after.isFor('sign in', challenge));
      const other = createChallenges({ keys: [foreign], artifacts, clock });
      assert.ok(!other.isFor('sign in', challenge));
    });
  });
});
