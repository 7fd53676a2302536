/** What people change of their accounts: profile, language, password; and the way back to an app. One server. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createShiftedClock } from '../support/clock.ts';
import { onSqlite } from '../support/stores.ts';
import {
  callback,
  createVisitor,
  declaration,
  erin,
  flashOf,
  frank,
  headingOf,
  signIn,
  signInToShop,
  startAccountServer,
  textOf,
  type Visitor,
} from './scene.ts';

const minute = 60_000;
const hour = 60 * minute;

onSqlite((stores) => {
  describe('What people change of their accounts', () => {
    const clock = createShiftedClock(-24 * hour);
    let site: Awaited<ReturnType<typeof startAccountServer>>;
    let her: Visitor;
    before(async () => {
      site = await startAccountServer({
        ...{ store: await stores.freshUrl(), clock },
        declaration: {
          ...declaration,
          scopes: [{ name: 'work', description: 'Your work', claims: ['department', 'badges'] }],
          users: [{ username: 'mona', password: 'managed-by-the-file-1' }, { username: 'nora' }],
          account: {
            editable_claims: [
              ...['name', 'website', 'phone_number', 'birthdate', 'zoneinfo'],
              { claim: 'department', label: { en: 'Department', de: 'Abteilung' } },
              { claim: 'badges', label: 'Badges' },
            ],
            change_username: true,
          },
        },
      });
      her = await createVisitor(site.server.issuer, erin);
    });
    after(() => site.close());
    const recordOf = async ({ username }: { username: string }) => {
      const user = await site.beside.users.findByUsername(username);
      assert.ok(user);
      return user;
    };

    test('A person edits what the operator allows, and the change is on record with before and after', async () => {
      const { id } = await recordOf(erin);
      await site.beside.users.update(
        id,
        {
          claims: {
            ...{ name: 'Erin Ellis', phone_number: '+1 555 0100', phone_number_verified: true },
            ...{ department: 'Sales', badges: ['x'], gender: 'female' },
          },
        },
        { actor: 'operator' },
      );
      const page = await her.open('/profile');
      assert.match(page.html, /Department/);
      // A claim that is no text is not for a form.
      assert.doesNotMatch(page.html, /Badges|claim_gender/);
      const saved = await her.send(page, /profile$/, {
        ...{ claim_name: ' Erin E. ', claim_department: '', claim_phone_number: '+1 555 0199' },
        ...{ claim_gender: 'none', claim_email_verified: 'true', roles: 'admin' },
      });
      assert.equal(flashOf(saved), 'Your profile is saved.');
      const { claims, roles } = await recordOf(erin);
      assert.deepEqual(claims, {
        ...{ name: 'Erin E.', phone_number: '+1 555 0199', badges: ['x'], gender: 'female' },
      });
      assert.deepEqual(roles, []);
      const [event] = (
        await site.beside.store.audit.search({ userId: id, type: 'user.updated', limit: 1 })
      ).events;
      assert.equal(event?.actor, `user:${id}`);
      assert.match(JSON.stringify(event?.before), /"department":"Sales"/);
    });

    test('What is wrong stands by its field, what was typed stays, and nothing is saved', async () => {
      const before = await recordOf(erin);
      const page = await her.open('/profile');
      const refused = await her.send(page, /profile$/, {
        ...{ claim_name: `a${'\u202e'}b`, claim_website: 'javascript:alert(1)' },
        ...{ claim_birthdate: 'yesterday', claim_zoneinfo: 'Europe/Nowhere' },
      });
      assert.equal(refused.status, 400);
      for (const text of [
        /characters that can’t be used/,
        /begins with https/,
        /year-month-day/,
        /name of a time zone/,
      ]) {
        assert.match(refused.html, text);
      }
      assert.match(refused.html, /value="javascript:alert\(1\)"/);
      assert.deepEqual(await recordOf(erin), before);
    });

    test('Times are those of the time zone that the person has told', async () => {
      await her.send(await her.open('/profile'), /profile$/, { claim_zoneinfo: 'Asia/Tokyo' });
      assert.match(textOf((await her.open('/activity')).html), /GMT\+9/);
      await her.send(await her.open('/profile'), /profile$/, { claim_zoneinfo: '' });
      assert.match(textOf((await her.open('/activity')).html), /UTC/);
    });

    test('Of two tabs the later one is told, keeps what it typed, and can still save it', async () => {
      const [one, other] = [await her.open('/profile'), await her.open('/profile')];
      await her.send(one, /profile$/, { claim_name: 'From one tab' });
      const told = await her.send(other, /profile$/, { claim_name: 'From the other' });
      assert.equal(told.status, 412);
      assert.match(told.html, /value="From the other"/);
      await her.send(told, /profile$/);
      assert.equal((await recordOf(erin)).claims.name, 'From the other');
    });

    test('A new username needs a recent sign-in, and is none that somebody else has', async () => {
      clock.forward(6 * minute);
      const page = await her.open('/profile');
      const asked = await her.send(page, /profile$/, { username: 'frank' });
      assert.match(asked.html, /name="password"/);
      const back = await signIn(her.agent, asked, erin);
      assert.match(textOf(back.html), /Nothing you entered is lost/);
      const taken = await her.send(back, /profile$/);
      assert.equal(taken.status, 400);
      assert.match(taken.html, /This username is taken/);
      for (const username of ['somebody@example.com', 'ｘ＠example.com']) {
        const others = await her.send(taken, /profile$/, { username });
        assert.equal(others.status, 400, username);
        assert.match(others.html, /no email address but your own/);
      }
      const done = await her.send(taken, /profile$/, { username: 'Erin2' });
      assert.equal(flashOf(done), 'Your profile is saved.');
      await her.send(await her.open('/profile'), /profile$/, { username: 'erin' });
    });

    test('The language of the pages is that of the person, whatever the browser says', async () => {
      const page = await her.open('/language');
      const saved = await her.send(page, /language$/, { locale: 'de' });
      assert.match(saved.html, /<html lang="de"/);
      assert.equal(flashOf(saved), 'Die Sprache ist gespeichert.');
      assert.equal((await recordOf(erin)).claims.locale, 'de');
      const wrong = await her.send(saved, /language$/, { locale: 'xx' });
      assert.equal(wrong.status, 404);
      const back = await her.send(saved, /language$/, { locale: '' });
      assert.match(back.html, /<html lang="en"/);
      assert.equal((await recordOf(erin)).claims.locale, undefined);
    });

    test('The password is changed with the current one, which nobody can guess here, and others are signed out', async () => {
      const phone = await createVisitor(site.server.issuer, erin);
      clock.forward(6 * minute);
      const page = await her.open('/password');
      const wrong = await her.send(page, /password$/, {
        ...{ current_password: 'guessed-guessed', new_password: 'a-new-one-for-her-9' },
      });
      assert.deepEqual([wrong.status, wrong.html.includes('a-new-one')], [400, false]);
      const current = { current_password: erin.password };
      const short = await her.send(wrong, /password$/, { ...current, new_password: 'short' });
      assert.match(textOf(short.html), /It needs at least 15 characters/);
      const own = await her.send(wrong, /password$/, {
        ...current,
        new_password: 'a-new-one-for-erin',
      });
      assert.match(textOf(own.html), /contains your name/);
      const same = { ...current, new_password: erin.password };
      assert.equal((await her.send(wrong, /password$/, same)).status, 400);

      const before = await recordOf(erin);
      const fields = { ...current, new_password: 'a-new-one-for-her-9', end_sessions: 'yes' };
      const done = await her.send(wrong, /password$/, fields);
      assert.equal(new URL(done.url).pathname, '/account/ways');
      assert.match(flashOf(done), /^Your password is changed, and .* by \d\d:\d\d:\d\d UTC \.$/);
      assert.match((await phone.open('')).url, /\/interaction\//);
      assert.equal((await her.open('')).status, 200);
      assert.notEqual((await recordOf(erin)).passwordHash, before.passwordHash);
      const changed = { ...erin, password: 'a-new-one-for-her-9' };
      await createVisitor(site.server.issuer, changed);
      const { events } = await site.beside.store.audit.search({
        ...{ userId: before.id, type: 'user.password_changed', limit: 1 },
      });
      assert.equal(events[0]?.actor, `user:${before.id}`);

      // After ten wrong ones not even the right one is tried.
      for (let guess = 0; guess < 10; guess += 1) {
        await her.send(page, /password$/, { ...fields, current_password: `guess-${guess}` });
      }
      const right = { ...fields, current_password: changed.password };
      const throttled = await her.send(page, /password$/, right);
      assert.equal(throttled.status, 429);
      assert.match(textOf(throttled.html), /or sign in again instead/);
    });

    test('After a fresh sign-in the current password is not asked for, and others stay signed in if wanted', async () => {
      const changed = { ...erin, password: 'a-new-one-for-her-9' };
      clock.forward(hour);
      const phone = await createVisitor(site.server.issuer, changed);
      her = await createVisitor(site.server.issuer, changed);
      clock.forward(6 * minute);
      const asks = await her.open('/password');
      assert.match(asks.html, /name="current_password"/);
      const again = await signIn(her.agent, await her.open('/password?again=yes'), changed);
      assert.doesNotMatch(again.html, /name="current_password"/);
      const done = await her.send(again, /password$/, {
        ...{ new_password: erin.password, end_sessions: [] },
      });
      assert.equal(flashOf(done), 'Your password is changed.');
      assert.equal((await phone.open('')).status, 200);
    });

    test('Whoever has no password sets one right after a sign-in', async () => {
      const { store } = site.beside;
      const him = await createVisitor(site.server.issuer, frank);
      const user = await recordOf(frank);
      const { passwordHash, ...without } = user;
      await store.users.update({ ...without, version: user.version + 1 });
      const page = await him.open('/password');
      assert.equal(headingOf(page), 'Set a password');
      clock.forward(6 * minute);
      for (const path of ['/password', '/password?again=yes']) {
        assert.match((await him.open(path)).url, /\/interaction\//);
      }
      const late = await him.send(page, /password$/, { new_password: 'set-too-late-now' });
      assert.match(late.url, /\/interaction\//);
      assert.equal((await recordOf(frank)).passwordHash, undefined);
      const again = await recordOf(frank);
      await store.users.update({ ...again, passwordHash, version: again.version + 1 });
    });

    test('What the declarative file decides is shown and cannot be changed', async () => {
      const mona = { username: 'mona', password: 'managed-by-the-file-1' };
      const visitor = await createVisitor(site.server.issuer, mona);
      for (const path of ['/profile', '/password', '/language', '/data']) {
        const page = await visitor.open(path);
        assert.match(textOf(page.html), /The people who run Cardea manage this for you/, path);
      }
      assert.equal((await visitor.open('/delete')).status, 404);
      const token = /name="form_token" value="([^"]+)"/.exec((await visitor.open('')).html)?.[1];
      for (const path of ['/profile', '/password', '/language', '/delete']) {
        const html = `<form action="/account${path}"><input name="form_token" value="${token}">
          <input name="locale" value="de"><input name="new_password" value="another-one-here">
          <input name="confirmation" value="mona"></form>`;
        const sent = await visitor.agent.submit(
          { ...(await visitor.open('')), html },
          { action: /./ },
        );
        assert.equal(sent.status, 404, path);
      }
    });

    test('A link back leads to where a known client is at home, and nowhere else', async () => {
      const { issuer } = site.server;
      const backAt = async (query: Record<string, string>, visitor = her) => {
        const { html } = await visitor.open(`/password?${new URLSearchParams(query)}`);
        return /<a class="top-back" href="([^"]+)"/.exec(html)?.[1];
      };
      const at = (return_to: string) => ({ return_to, client_id: 'shop' });
      const home = 'https://shop.example/settings?tab=1#top';
      assert.equal(await backAt(at(home)), home);
      assert.equal(
        await backAt(at('https://www.northwind.example/')),
        'https://www.northwind.example/',
      );
      for (const foreign of [
        ...['https://evil.example/', 'https://shop.example.evil.example/', '//evil.example'],
        ...['https://shop.example@evil.example/', 'https://user:pw@shop.example/', '/elsewhere'],
        ...[
          'javascript:alert(1)//https://shop.example',
          'http://shop.example/',
          'https://shop.example:8443/',
        ],
        ...['https://sub.shop.example/', `${issuer}/account`, 'data:text/html,x', ''],
      ]) {
        assert.equal(await backAt(at(foreign)), undefined, foreign);
      }
      for (const client_id of ['nobody', 'cardea-account', 'cardea-console']) {
        assert.equal(await backAt({ return_to: home, client_id }), undefined, client_id);
      }
      // Without the name of the app it is one that the person has given access.
      assert.equal(await backAt({ return_to: home }), undefined);
      await signInToShop(issuer, her.agent, erin);
      assert.equal(await backAt({ return_to: home }), home);

      // A client that registered itself lends our name to nobody who has not given it access.
      const { clients } = site.beside.store;
      const shop = await clients.find('shop');
      assert.ok(shop);
      const metadata = { ...shop.metadata, redirect_uris: ['https://self.example/cb'] };
      await clients.create({ ...shop, clientId: 'self', metadata, source: 'open', version: 1 });
      const self = { return_to: 'https://self.example/', client_id: 'self' };
      assert.equal(await backAt(self), undefined);
    });

    test('The way back stays through a task, and the well-known address leads to the password', async () => {
      const { issuer } = site.server;
      const query = new URLSearchParams({ return_to: callback, client_id: 'shop' });
      const page = await her.open(`/profile?${query}`);
      assert.match(page.html, /Back to Northwind Shop <span class="host"><bdi>shop\.example/);
      const saved = await her.send(page, /profile/, { claim_name: 'Erin Ellis' });
      assert.match(saved.html, /Back to Northwind Shop/);
      assert.match(saved.html, /href="\/account\/sessions\?return_to=/);
      const known = await fetch(`${issuer}/.well-known/change-password`, { redirect: 'manual' });
      assert.deepEqual([known.status, known.headers.get('location')], [303, '/account/password']);
      const visitor = await createVisitor(issuer);
      const asked = await visitor.agent.open(`${issuer}/.well-known/change-password`);
      const there = await signIn(visitor.agent, asked, erin);
      assert.equal(there.url, `${issuer}/account/password`);
    });
  });
});
