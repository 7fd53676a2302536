/** Signing in with another provider: for the first time, again, and where that is not wanted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formsOf, type Page } from '../../../harness/user_agent.ts';
import { openStore } from '../../../src/storage/open.ts';
import { until } from '../../support/site.ts';
import { refusalOnRecord } from '../refusals/on_record.ts';
import { alertOf, eachPair, type Pair, signInWith } from './scene.ts';

function refusalShownAt({ here }: Pair, page: Page) {
  const [, reference = ''] = /<bdi class="mono">([^<]+)<\/bdi>/.exec(page.html) ?? [];
  return refusalOnRecord(here.store, reference);
}

/** The providers of the failed sign-ins on record. */
async function failedProviders({ here }: Pair) {
  const store = await openStore({ url: here.store });
  const events = await until(async () => {
    const found = await store.audit.list({ limit: 10, type: 'sign_in.failed' });
    return found.length > 0 && found;
  });
  await store.close();
  return events.map(({ details }) => details?.provider);
}

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
    const { reason, details } = await refusalShownAt(pair(), page);
    assert.equal(reason, 'provider_no_account');
    assert.equal(details.provider, 'staff');
    assert.match(String(details.detail), /new_people/);
    assert.deepEqual(await failedProviders(pair()), ['staff']);
  });

  test('Whoever was refused is asked at the provider which account to use when they try again', async () => {
    const { page, agent } = await signInWith(pair(), { there: 'carol' });
    const again = { action: /\/provider$/, fields: { provider: 'staff' } };
    const choice = await agent.submit(page, again);
    assert.ok(choice.url.startsWith(pair().upstream.issuer), choice.url);
    assert.ok(formsOf(choice.html).some(({ action }) => action.endsWith('/account')));
  });
});

await eachPair({ theirs }, (pair) => {
  test('Somebody whose account is disabled is refused, with a reference for operators', async () => {
    const { claims } = await signInWith(pair(), { there: 'carol' });
    const store = await openStore({ url: pair().here.store });
    const user = (await store.users.find(String(claims?.sub))) ?? assert.fail();
    await store.users.update({ ...user, disabledAt: Date.now(), version: user.version + 1 });
    await store.close();
    const { page } = await signInWith(pair(), { there: 'carol' });
    assert.match(alertOf(page), /cannot be used at the moment/);
    const { reason, details } = await refusalShownAt(pair(), page);
    assert.equal(reason, 'provider_disabled');
    assert.equal(details.provider, 'staff');
    assert.deepEqual(await failedProviders(pair()), ['staff']);
  });
});
