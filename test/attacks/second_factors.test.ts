/**
 * Second factors under attack: kept from their owner by a stranger, and set up in somebody else's account by whoever has no
 * more than an old session or a password that has been changed.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createUserAgent, type Page, type UserAgent } from '../../harness/user_agent.ts';
import { createVisitor, startAccountServer } from '../account/scene.ts';
import { beginSignIn, newApp, nextCode, walk } from '../flows/second_factor/walk.ts';
import { createShiftedClock } from '../support/clock.ts';
import { callbackUri } from '../support/relying_party.ts';
import { onSqlite } from '../support/stores.ts';

const client = {
  ...{ token_endpoint_auth_method: 'none', grant_types: ['authorization_code'] },
  ...{ redirect_uris: [callbackUri], consent: 'skip', scope: 'openid' },
};
const declaration = {
  sign_in: { attempts_per_account: '5/15m' },
  clients: [
    { ...client, client_id: 'app', client_name: 'App' },
    { ...client, client_id: 'bank', client_name: 'Bank', acr: 'mfa' },
  ],
};
const minuteMs = 60_000;

onSqlite((stores) => {
  describe('Second factors under attack', () => {
    // What is typed by its time is good while the clock stands where the machine's does.
    const clock = createShiftedClock();
    let site: Awaited<ReturnType<typeof startAccountServer>>;
    before(async () => {
      site = await startAccountServer({ store: await stores.freshUrl(), clock, declaration });
    });
    after(() => site.close());

    const newPerson = async (username: string) => {
      const person = { username, password: 'larches-and-lemons-4' };
      const { id } = await site.beside.users.create(person);
      return { ...person, id };
    };
    type Known = Awaited<ReturnType<typeof newPerson>>;
    const signIn = async (
      agent: UserAgent,
      person: Known,
      { clientId = 'app', own = newApp(), toSetUp = false } = {},
    ): Promise<Page> => {
      const { url } = await beginSignIn(site.server.issuer, clientId);
      return walk(agent, url, own, { person, toSetUp });
    };
    const shows = ({ html }: Page, form: string) => html.includes(`/${form}"`);
    const isSignedIn = ({ url }: Page) => url.startsWith(callbackUri);

    test('A stranger who types what second factors are counted by keeps nobody from theirs', async () => {
      const person = await newPerson('anna');
      const own = newApp();
      await signIn(createUserAgent(), person, { clientId: 'bank', own });
      const { url } = await beginSignIn(site.server.issuer, 'app');
      const stranger = createUserAgent();
      for (let guess = 0; guess < 6; guess += 1) {
        await stranger.submit(await stranger.open(String(url)), {
          action: /\/sign-in$/,
          fields: { username: `second factor of ${person.id}`, password: 'no-password-of-anybody' },
        });
      }
      assert.ok(isSignedIn(await signIn(createUserAgent(), person, { own })));
    });

    test('A password that was changed meanwhile sets up no second factor', async () => {
      const person = await newPerson('berta');
      const thief = createUserAgent();
      const own = newApp();
      const page = await signIn(thief, person, { clientId: 'bank', own, toSetUp: true });

      const her = await createVisitor(site.server.issuer, person);
      const changed = await her.send(await her.open('/password'), /\/password$/, {
        new_password: 'thistles-and-thunder-8',
        end_sessions: 'yes',
      });
      assert.match(changed.url, /\/ways$/);

      const fields = { code: nextCode(own) };
      await thief.submit(page, { action: /\/authenticator-app$/, fields, stopAt: callbackUri });
      assert.equal(await site.beside.store.authenticators.find(person.id), undefined);
    });

    test('An old session alone sets up no second factor', async () => {
      const person = await newPerson('clara');
      const thief = createUserAgent();
      await signIn(thief, person);
      const { url } = await beginSignIn(site.server.issuer, 'bank');
      // While it is new, nothing else is asked for.
      const early = await thief.open(String(url));
      assert.ok(shows(early, 'authenticator-app'));
      clock.forward(16 * minuteMs);
      const { url: again } = await beginSignIn(site.server.issuer, 'bank');
      const late = await thief.open(String(again));
      assert.ok(shows(late, 'sign-in') && !shows(late, 'authenticator-app'));
      // Nor by a form that was shown before.
      await thief.submit(early, {
        ...{ action: /\/authenticator-app$/, fields: { code: '000000' }, stopAt: callbackUri },
      });
      assert.equal(await site.beside.store.authenticators.find(person.id), undefined);
      clock.forward(-16 * minuteMs);
    });
  });
});
