/** A trusted browser is one person's, until the password changes, the account's records go, or its time is over. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createTrustedBrowsers } from '../../src/authentication/trusted_browsers.ts';
import { createShiftedClock } from '../support/clock.ts';
import { onSqlite, openFresh } from '../support/stores.ts';

onSqlite((stores) => {
  describe('Trusted browsers', () => {
    test('A browser is trusted for its person, password and time only', async (t) => {
      const { artifacts } = await openFresh(t, stores);
      const clock = createShiftedClock();
      const browsers = createTrustedBrowsers({ artifacts, lifetime: 60, clock });
      const alice = { id: 'alice', passwordHash: '$argon2id$1' };
      const cookie = await browsers.trust(alice);
      assert.ok(await browsers.isTrusted(alice, cookie));
      assert.ok(!(await browsers.isTrusted({ ...alice, id: 'bob' }, cookie)));
      assert.ok(!(await browsers.isTrusted({ ...alice, passwordHash: '$argon2id$2' }, cookie)));
      assert.ok(!(await browsers.isTrusted(alice, `${cookie}x`)));
      assert.ok(!(await browsers.isTrusted(alice, undefined)));
      clock.forward(61_000);
      assert.ok(!(await browsers.isTrusted(alice, cookie)));
      const second = await browsers.trust(alice);
      await artifacts.removeAll({ accountId: alice.id });
      assert.ok(!(await browsers.isTrusted(alice, second)));
    });
  });
});
