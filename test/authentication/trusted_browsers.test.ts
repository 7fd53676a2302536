/** A trusted browser is one person's, until the password changes, the account's records go, or its time is over. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createTrustedBrowsers } from '../../src/authentication/trusted_browsers.ts';
import { createShiftedClock } from '../support/clock.ts';
import { eachEngine, openFresh } from '../support/stores.ts';

await eachEngine((stores) => {
  describe('Trusted browsers', () => {
    test('A browser is trusted for its person, password and time only', async (t) => {
      const { artifacts } = await openFresh(t, stores);
      const clock = createShiftedClock();
      const browsers = createTrustedBrowsers({ artifacts, lifetime: 60, clock });
      const alice = { id: 'alice', passwordHash: '$argon2id$1' };
      const from = { userAgent: 'Firefox', ip: '203.0.113.7' };
      const cookie = await browsers.trust(alice, from);
      assert.ok(await browsers.isTrusted(alice, cookie));
      assert.ok(!(await browsers.isTrusted({ ...alice, id: 'bob' }, cookie)));
      assert.ok(!(await browsers.isTrusted({ ...alice, passwordHash: '$argon2id$2' }, cookie)));
      assert.ok(!(await browsers.isTrusted(alice, `${cookie}x`)));
      assert.ok(!(await browsers.isTrusted(alice, undefined)));
      clock.forward(61_000);
      assert.ok(!(await browsers.isTrusted(alice, cookie)));
      const second = await browsers.trust(alice, from);
      await artifacts.removeAll({ accountId: alice.id });
      assert.ok(!(await browsers.isTrusted(alice, second)));
    });

    test('A browser that was trusted without a password is not trusted again when a later one is given up', async (t) => {
      const { artifacts } = await openFresh(t, stores);
      const clock = createShiftedClock();
      const browsers = createTrustedBrowsers({ artifacts, lifetime: 60, clock });
      const before = { id: 'alice', passwordHash: undefined };
      const cookie = await browsers.trust(before, { userAgent: 'Firefox', ip: undefined });
      assert.ok(await browsers.isTrusted(before, cookie));
      const chosen = { ...before, passwordHash: '$argon2id$1', passwordChangedAt: 1000 };
      assert.ok(!(await browsers.isTrusted(chosen, cookie)));
      const givenUp = { ...before, passwordChangedAt: 2000 };
      assert.ok(!(await browsers.isTrusted(givenUp, cookie)));
      assert.deepEqual(await browsers.list(givenUp), []);
    });

    test('A person sees their own browsers and ends one or all of them, and nobody else’s', async (t) => {
      const { artifacts } = await openFresh(t, stores);
      const browsers = createTrustedBrowsers({
        artifacts,
        lifetime: 60,
        clock: createShiftedClock(),
      });
      const alice = { id: 'alice', passwordHash: '$argon2id$1' };
      const bob = { id: 'bob', passwordHash: '$argon2id$2' };
      const trust = (owner: typeof alice, userAgent: string) =>
        browsers.trust(owner, { userAgent, ip: undefined });
      const agents = async (owner: typeof alice) =>
        (await browsers.list(owner)).map(({ userAgent }) => userAgent);
      const cookies = [await trust(alice, 'Phone'), await trust(alice, 'Tablet')];
      await trust(bob, 'Laptop');
      assert.deepEqual(await agents(alice), ['Tablet', 'Phone']);
      assert.deepEqual(await agents({ ...alice, passwordHash: '$argon2id$3' }), []);

      const [tablet] = await browsers.list(alice);
      assert.equal(await browsers.end('bob', tablet?.id ?? ''), false);
      assert.equal(await browsers.end('alice', tablet?.id ?? ''), true);
      assert.deepEqual(await agents(alice), ['Phone']);
      assert.equal(await browsers.isTrusted(alice, cookies[1]), false);
      assert.equal(await browsers.endAll('alice'), 1);
      assert.equal(await browsers.isTrusted(alice, cookies[0]), false);
      assert.deepEqual(await agents(bob), ['Laptop']);
    });
  });
});
