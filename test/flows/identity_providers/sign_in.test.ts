/** Signing in with another provider: for the first time, again, and where that is not wanted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alertOf, eachPair, signInWith } from './scene.ts';

const theirs = [
  {
    ...{ username: 'carol', email: 'carol@staff.example', email_verified: true },
    ...{ claims: { name: 'Carol Clark' }, groups: ['engineers', 'unknown'] },
  },
  { username: 'dora', email: 'dora@staff.example', email_verified: false },
];

await eachPair(
  {
    theirs,
    provider: {
      scope: 'openid profile email groups',
      mapping: { groups: { claim: 'groups', values: { engineers: 'dev' } } },
    },
  },
  (pair) => {
    test('Somebody who comes for the first time has an account, and the same one the next time', async () => {
      const { claims } = await signInWith(pair(), { there: 'carol' });
      assert.ok(claims);
      assert.equal(claims.email, 'carol@staff.example');
      assert.equal(claims.email_verified, true);
      assert.equal(claims.name, 'Carol Clark');
      assert.deepEqual(claims.groups, ['dev']);
      const again = await signInWith(pair(), { there: 'carol' });
      assert.equal(again.claims?.sub, claims.sub);
    });

    test('An address that the provider has not verified is not taken', async () => {
      const { claims } = await signInWith(pair(), { there: 'dora' });
      assert.ok(claims);
      assert.equal(claims.email, undefined);
      assert.equal(claims.preferred_username, 'dora');
    });

    test('Whoever goes no further at the provider is back at the sign-in page, with a word', async () => {
      const { page } = await signInWith(pair(), {
        at: (shown, agent) =>
          shown.url.startsWith(pair().upstream.issuer)
            ? agent.submit(shown, { action: /\/cancel$/ })
            : undefined,
      });
      assert.match(alertOf(page), /You did not sign in with Staff/);
    });
  },
);

await eachPair({ theirs, provider: { new_people: 'refuse' } }, (pair) => {
  test('Somebody without an account is told so where the operator makes none', async () => {
    const { page } = await signInWith(pair(), { there: 'carol' });
    assert.match(alertOf(page), /There is no account here/);
    assert.equal(page.status, 401);
  });
});
