/** Passkeys that browsers make by themselves: for whom, and how often. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createAuthenticators } from '../../src/authentication/authenticators.ts';
import { createPasskeyOffers } from '../../src/authentication/passkeys/offers.ts';
import type { Proof } from '../../src/authentication/proofs.ts';
import { randomId } from '../../src/digests.ts';
import { sampleAuthenticators } from '../storage/contract/samples.ts';
import { createShiftedClock } from '../support/clock.ts';
import { onSqlite, openFresh } from '../support/stores.ts';

const day = 86_400_000;
const password: Proof = { method: 'password', at: 0 };
const unused = async () => assert.fail('nothing of this is on record');

onSqlite((stores) => {
  describe('Offers of passkeys', () => {
    const scene = async (t: Parameters<typeof openFresh>[0], isPossible = true) => {
      const { authenticators: store } = await openFresh(t, stores);
      const clock = createShiftedClock();
      const audit = { record: unused, recordChange: unused, recordChanges: unused };
      const authenticators = createAuthenticators({ store, audit, clock });
      return { store, clock, offers: createPasskeyOffers({ authenticators, isPossible, clock }) };
    };

    test('A person is offered one once in a month, also by many at the same time', async (t) => {
      const { offers, clock } = await scene(t);
      const userId = randomId();
      const all = await Promise.all(
        Array.from({ length: 5 }, () => offers.begin(userId, [password])),
      );
      assert.equal(all.filter(Boolean).length, 1);
      clock.forward(30 * day - 60_000);
      assert.equal(await offers.begin(userId, [password]), false);
      clock.forward(60_000);
      assert.equal(await offers.begin(userId, [password]), true);
    });

    test('Nobody is offered one who has not given the password, or has proven less than is set up', async (t) => {
      const { offers, store } = await scene(t);
      const totp: Proof = { method: 'totp', at: 0 };
      const trusted: Proof = { method: 'trusted_browser', at: 0 };
      assert.equal(await offers.begin(randomId(), [{ method: 'provider', at: 0 }]), false);
      const withApp = sampleAuthenticators({ passkeys: [], identities: [] });
      await store.create(withApp);
      assert.equal(await offers.begin(withApp.userId, [password]), false);
      assert.equal(await offers.begin(withApp.userId, [password, trusted]), false);
      assert.equal(await offers.begin(withApp.userId, [password, totp]), true);
      const withPasskey = sampleAuthenticators();
      await store.create(withPasskey);
      assert.equal(await offers.begin(withPasskey.userId, [password, totp]), false);
    });

    test('Where browsers have no passkeys nobody is offered one', async (t) => {
      const { offers } = await scene(t, false);
      assert.equal(await offers.begin(randomId(), [password]), false);
    });
  });
});
