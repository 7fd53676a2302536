/** What operators decide about providers: who gets an account, which provider is offered to whom, what is believed. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createUserAgent, formsOf, type Page } from '../../../harness/user_agent.ts';
import { openStore } from '../../../src/storage/open.ts';
import { callbackUri } from '../../support/relying_party.ts';
import { beginSignIn } from '../second_factor/walk.ts';
import { alertOf, appClient, eachPair, type Pair, password, signInWith } from './scene.ts';

const acr = (level: string) => `urn:cardea:acr:${level}`;
const carol = { username: 'carol', email: 'carol@staff.example', email_verified: true };
const isNewAccountPage = ({ html }: Page) =>
  formsOf(html).some(({ action }) => action.endsWith('/provider-account'));

/** Changes somebody at the provider, or here. */
async function change(
  server: Pair['here'],
  username: string,
  to: { groups?: string[]; roles?: string[]; disabledAt?: number },
) {
  const store = await openStore({ url: server.store });
  const user = (await store.users.findByUsername(username)) ?? assert.fail();
  await store.users.update({ ...user, ...to, version: user.version + 1 });
  await store.close();
}

describe('Accounts after a question', () => {
  const theirs = [carol, { username: 'dora' }];
  return eachPair({ theirs, provider: { new_people: 'ask' } }, (pair) => {
    test('A person sees what their account will be, and it is made only then', async () => {
      const { page, agent } = await signInWith(pair(), { there: 'carol' });
      assert.ok(isNewAccountPage(page));
      assert.match(page.html, /carol@staff\.example/);
      // Whoever goes away has made nothing.
      const again = await signInWith(pair(), { there: 'carol' });
      assert.ok(isNewAccountPage(again.page));
      const done = await agent.submit(page, {
        ...{ action: /\/provider-account$/, stopAt: callbackUri },
      });
      assert.ok(done.url.startsWith(callbackUri));
      const known = await signInWith(pair(), { there: 'carol' });
      assert.equal(known.claims?.email, 'carol@staff.example');
    });

    test('A form that is sent twice makes one account and signs in once', async () => {
      const { page, agent } = await signInWith(pair(), { there: 'dora' });
      const send = () => agent.submit(page, { action: /\/provider-account$/, stopAt: callbackUri });
      const pages = await Promise.all([send(), send()]);
      assert.equal(
        pages.filter(({ url }) => url.startsWith(`${callbackUri}?code=`)).length > 0,
        true,
      );
      assert.equal(
        (await signInWith(pair(), { there: 'dora' })).claims?.preferred_username,
        'dora',
      );
    });
  });
});

describe('Which provider is offered to whom', () => {
  const declaration = {
    clients: [
      appClient,
      { ...appClient, client_id: 'none', identity_providers: [] },
      { ...appClient, client_id: 'other', identity_providers: ['other'] },
    ],
  };
  const provider = { domains: ['staff.example'] };
  const ours = ['carol', 'dora'].map((name) => ({
    ...{ username: `${name}-here`, email: `${name}@staff.example`, email_verified: true },
  }));
  const options = { theirs: [carol], ours, provider, declaration };
  return eachPair(
    { ...options, hasOther: true, otherProvider: { domains: [] } },
    (pair) => {
      const buttonsOf = ({ html }: Page) =>
        [...html.matchAll(/name="provider" value="([^"]+)"/g)].map(([, id]) => id);
      const open = async (client: string) => {
        const agent = createUserAgent();
        const { url } = await beginSignIn(pair().here.issuer, client);
        return { agent, page: await agent.open(String(url)) };
      };

      test('A sign-in page has the providers of its client', async () => {
        assert.deepEqual(buttonsOf((await open('app')).page), ['staff', 'other']);
        assert.deepEqual(buttonsOf((await open('other')).page), ['other']);
        assert.deepEqual(buttonsOf((await open('none')).page), []);
      });

      test('A provider that a client does not offer is not begun for it', async () => {
        const { agent, page } = await open('other');
        const fields = { provider: 'staff' };
        const answer = await agent.submit(page, { action: /\/provider$/, fields });
        assert.ok(answer.url.startsWith(pair().here.issuer), answer.url);
      });

      test('Whoever types an address of a domain of a provider is sent there, and their address with them', async () => {
        const { agent, page } = await open('app');
        const fields = { username: 'Carol@Staff.example', password: '' };
        const there = await agent.submit(page, { action: /\/sign-in$/, fields });
        assert.ok(there.url.startsWith(pair().upstream.issuer), there.url);
        assert.match(there.html, /value="Carol@Staff\.example"/);
        const elsewhere = await open('other');
        const stays = await elsewhere.agent.submit(elsewhere.page, {
          action: /\/sign-in$/,
          fields,
        });
        assert.ok(stays.url.startsWith(pair().here.issuer));
      });

      test('A typed password is tried as one, whatever the domain of the address', async () => {
        const { agent, page } = await open('app');
        const send = (typed: string) =>
          agent.submit(page, {
            ...{ action: /\/sign-in$/, stopAt: callbackUri },
            fields: { username: 'dora@staff.example', password: typed },
          });
        const wrong = await send('another-password-than-hers');
        assert.ok(wrong.url.startsWith(pair().here.issuer), wrong.url);
        assert.match(alertOf(wrong), /match/);
        assert.ok((await send(password)).url.startsWith(`${callbackUri}?code=`));
      });

      test('Whoever is about to prove an account is not sent away by its address, and proves it by password', async () => {
        const { page, agent } = await signInWith(pair(), { there: 'carol' });
        assert.match(alertOf(page), /There is an account with this address already/);
        const send = (at: Page, typed: string, stopAt: string) =>
          agent.submit(at, {
            ...{ action: /\/sign-in$/, stopAt },
            fields: { username: carol.email, password: typed },
          });
        // The provider knows the person by now, and would send them back at once.
        const { issuer } = pair().upstream;
        const stays = await send(page, '', issuer);
        assert.match(alertOf(stays), /match/);
        const still = await send(stays, '', issuer);
        assert.match(alertOf(still), /match/);
        const done = await send(still, password, callbackUri);
        assert.ok(done.url.startsWith(`${callbackUri}?code=`), done.url);
        const { claims } = await signInWith(pair(), { there: 'carol' });
        assert.equal(claims?.preferred_username, 'carol-here');
      });
    },
    { engines: 'sqlite' },
  );
});

describe('What is believed of a provider', () => {
  const theirs = [
    { username: 'carol', groups: ['engineers'], roles: ['boss'] },
    { username: 'dora' },
  ];
  const mapping = {
    groups: { claim: 'groups', values: { engineers: 'dev', sales: 'shop' } },
    roles: { claim: 'roles', values: { clerk: 'clerk' } },
  };
  const scope = 'openid profile email groups roles';
  const declaration = { clients: [{ ...appClient, client_id: 'bank', acr: 'mfa' }, appClient] };
  return eachPair({ theirs, provider: { mapping, scope }, declaration }, (pair) => {
    test('Groups follow the provider as far as its mapping names them, and no further', async () => {
      const first = await signInWith(pair(), { there: 'carol' });
      assert.deepEqual(first.claims?.groups, ['dev']);
      // A role that the mapping does not name is nobody's to give.
      assert.deepEqual(first.claims?.roles ?? [], []);
      await change(pair().here, 'carol', { groups: ['dev', 'choir'], roles: ['treasurer'] });
      await change(pair().upstream, 'carol', { groups: ['sales', 'choir'], roles: ['clerk'] });
      const moved = await signInWith(pair(), { there: 'carol' });
      assert.deepEqual(moved.claims?.groups, ['choir', 'shop']);
      assert.deepEqual(moved.claims?.roles, ['treasurer', 'clerk']);
      await change(pair().upstream, 'carol', { groups: [], roles: [] });
      const left = await signInWith(pair(), { there: 'carol' });
      assert.deepEqual(left.claims?.groups, ['choir']);
      assert.deepEqual(left.claims?.roles, ['treasurer']);
    });

    test('One factor at a provider is one factor here, whatever the provider calls it', async () => {
      const { claims } = await signInWith(pair(), { there: 'dora' });
      assert.equal(claims?.acr, acr('password'));
      assert.equal(claims?.amr, undefined);
      const { page } = await signInWith(pair(), { there: 'dora', client: 'bank' });
      assert.ok(formsOf(page.html).some(({ action }) => action.endsWith('/authenticator-app')));
    });

    test('A user who is disabled is not signed in by a provider', async () => {
      await signInWith(pair(), { there: 'dora' });
      await change(pair().here, 'dora', { disabledAt: Date.now() });
      const { page } = await signInWith(pair(), { there: 'dora' });
      assert.match(alertOf(page), /cannot be used at the moment/);
    });
  });
});

describe('A provider that is trusted in how people sign in there', () => {
  const trust = { acr: { [acr('password')]: 'mfa' }, amr: true, auth_time: true };
  const declaration = { clients: [{ ...appClient, client_id: 'bank', acr: 'mfa' }, appClient] };
  return eachPair(
    { theirs: [carol], provider: { trust }, declaration },
    (pair) => {
      test('What it says of the sign-in counts, and spares the second factor here', async () => {
        const { claims } = await signInWith(pair(), { there: 'carol', client: 'bank' });
        assert.equal(claims?.acr, acr('mfa'));
        assert.deepEqual(claims?.amr, ['pwd', 'mfa']);
      });

      test('A new sign-in that is asked for is asked for at the provider, too', async () => {
        const { agent } = await signInWith(pair(), { there: 'carol' });
        const asked: string[] = [];
        // The provider has a session of this browser, and asks all the same.
        const again = await signInWith(pair(), {
          ...{ agent, parameters: { prompt: 'login' } },
          at: (page) => {
            asked.push(page.url);
            const fields = { username: 'carol', password };
            return agent.submit(page, { action: /\/sign-in$/, fields, stopAt: callbackUri });
          },
        });
        assert.equal(asked.length, 1);
        assert.ok(asked[0]?.startsWith(pair().upstream.issuer));
        assert.ok(again.claims);
      });
    },
    { engines: 'sqlite' },
  );
});
