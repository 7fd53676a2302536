/** Second factors at the account pages: set up, replaced and removed, and nobody does so with the password alone. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { formsOf } from '../../harness/user_agent.ts';
import { createShiftedClock } from '../support/clock.ts';
import { eachEngine } from '../support/stores.ts';
import {
  createVisitor,
  declaration,
  erin,
  flashOf,
  headingOf,
  startAccountServer,
  textOf,
} from './scene.ts';
import { codesOn, newAppPath, secretOn, withApps } from './with_app.ts';

const minute = 60_000;

await eachEngine((stores) => {
  describe('Second factors at the account pages', () => {
    // Behind that of the library, as it only goes forward here.
    const clock = createShiftedClock(-24 * 60 * minute);
    let site: Awaited<ReturnType<typeof startAccountServer>>;
    before(async () => {
      site = await startAccountServer({
        ...{ store: await stores.freshUrl(), clock },
        declaration: { ...declaration, sign_in: { acr_of_roles: { treasurer: 'mfa' } } },
      });
    });
    after(() => site.close());

    const { codeOf, setUp, signInWith } = withApps(clock);
    const visitor = (person?: typeof erin) => createVisitor(site.server.issuer, person);
    const typesOf = async (person: typeof erin) => {
      const userId = await site.beside.idOf(person);
      const { events } = await site.beside.store.audit.search({ userId, limit: 200 });
      return events.map(({ type }) => type);
    };
    const newPerson = async (username: string, roles: string[] = []) => {
      const person = { username, password: 'larches-and-lemons-4' };
      await site.beside.users.create({ ...person, roles });
      return person;
    };

    test('A person sets up an app, gets recovery codes, and is asked for a code from then on', async () => {
      const her = await visitor(erin);
      assert.match(textOf((await her.open('/ways')).html), /Authenticator app None yet/);
      const page = await her.open(newAppPath);
      const secret = secretOn(page);
      assert.match(page.html, /<svg class="qr"/);
      const wrong = await her.send(page, /new$/, { code: '000000', name: 'My phone' });
      assert.equal(wrong.status, 400);
      // The app that has scanned it need not scan again.
      assert.equal(secretOn(wrong).base32, secret.base32);
      const done = await her.send(wrong, /new$/, { code: codeOf(secret) });
      assert.equal(headingOf(done), 'Save your recovery codes');
      assert.equal(codesOn(done).length, 10);
      const ways = textOf((await her.open('/ways')).html);
      assert.match(ways, /My phone Added on .*Recovery codes 10 are left/);

      const elsewhere = await visitor();
      const { asked } = await signInWith(elsewhere.agent, await elsewhere.open(''), erin, {
        secret,
      });
      assert.deepEqual(asked, ['sign-in', 'second-factor']);
      assert.ok((await typesOf(erin)).includes('authenticator.added'));
      assert.match(textOf((await her.open('/activity')).html), /A way to sign in was added/);
    });

    test('Who has a second factor changes nothing that is sensitive without it, not even in a trusted browser', async () => {
      const person = await newPerson('gina');
      const before = await visitor(person);
      const { secret } = await setUp(await visitor(person));
      // Signed in by password alone a moment ago, and asked for the code all the same.
      for (const path of [newAppPath, '/password', '/ways/recovery-codes', '/delete']) {
        assert.match((await before.open(path)).url, /\/interaction\//, path);
      }
      const trusting = await visitor();
      const opened = await trusting.open('');
      await signInWith(trusting.agent, opened, person, { secret, trust: true });
      assert.equal((await trusting.open(newAppPath)).status, 200);
      await trusting.send(await trusting.open(''), /sign-out$/);
      const again = await signInWith(trusting.agent, await trusting.open(''), person, {});
      assert.deepEqual(again.asked, ['sign-in']);
      const asked = await trusting.open(newAppPath);
      const proven = await signInWith(trusting.agent, asked, person, { secret });
      assert.deepEqual(proven.asked, ['sign-in', 'second-factor']);
      assert.equal(headingOf(proven.page), 'Set up an authenticator app');
    });

    test('A form that is sent after five minutes asks for everything again, and does nothing before', async () => {
      const person = await newPerson('henry');
      const his = await visitor(person);
      const { secret } = await setUp(his);
      const [link = ''] =
        /\/account(\/ways\/authenticator-app\/[\w-]{10,})"/
          .exec((await his.open('/ways')).html)
          ?.slice(1) ?? [];
      const page = await his.open(link);
      clock.forward(6 * minute);
      const asked = await his.send(page, /remove$/);
      assert.match(asked.url, /\/interaction\//);
      const { page: back } = await signInWith(his.agent, asked, person, { secret });
      assert.ok(back.url.endsWith(link));
      const removed = await his.send(back, /remove$/);
      assert.equal(flashOf(removed), 'Phone is removed.');
      // Without it, the codes are gone too, and nobody asks for any.
      assert.doesNotMatch(textOf(removed.html), /Recovery codes/);
      const next = await visitor();
      const { asked: later } = await signInWith(next.agent, await next.open(''), person, {});
      assert.deepEqual(later, ['sign-in']);
      assert.ok((await typesOf(person)).includes('authenticator.removed'));
    });

    test('A new app takes the place of the old one, whose codes are refused at once', async () => {
      const person = await newPerson('iris');
      const her = await visitor(person);
      const { secret: old } = await setUp(her);
      const fresh = await visitor();
      await signInWith(fresh.agent, await fresh.open(''), person, { secret: old });
      const [id = ''] =
        /authenticator-app\/([\w-]{10,})"/.exec((await fresh.open('/ways')).html)?.slice(1) ?? [];
      const { secret, done } = await setUp(fresh, `${newAppPath}?replaces=${id}`, 'New phone');
      assert.equal(
        flashOf(done),
        'Your authenticator app is replaced. The old one no longer works.',
      );
      assert.match(textOf(done.html), /New phone Added/);
      assert.doesNotMatch(textOf(done.html), / Phone Added/);
      const next = await visitor();
      const begun = await next.open('');
      await assert.rejects(signInWith(next.agent, begun, person, { secret: old }), /not right/);
      const other = await visitor();
      await signInWith(other.agent, await other.open(''), person, { secret });
    });

    test('Whose role requires a second factor cannot remove the last one, also not by two requests at once', async () => {
      const person = await newPerson('jack', ['treasurer']);
      const userId = (await site.beside.users.findByUsername('jack'))?.id ?? '';
      const his = await visitor();
      // He is made to set one up as he signs in.
      let page = await his.agent.submit(await his.open(''), { action: /sign-in$/, fields: person });
      const secret = secretOn(page);
      const code = codeOf(secret);
      page = await his.agent.submit(page, { action: /authenticator-app$/, fields: { code } });
      await his.agent.submit(page, { action: /continue$/ });
      const link = async () =>
        [
          ...(await his.open('/ways')).html.matchAll(
            /\/account(\/ways\/authenticator-app\/[\w-]{10,})"/g,
          ),
        ].map(([, path = '']) => path);
      const [only = ''] = await link();
      const kept = await his.open(only);
      assert.match(textOf(kept.html), /Cardea requires a second step of you/);
      assert.doesNotMatch(kept.html, /\/remove"/);

      await setUp(his, newAppPath, 'Tablet');
      const pages = await Promise.all((await link()).map((path) => his.open(path)));
      const answers = await Promise.all(pages.map((each) => his.send(each, /remove$/)));
      assert.equal(answers.length, 2);
      const left = await site.beside.store.authenticators.find(userId);
      assert.equal(left?.totps.length, 1);
    });

    test('New recovery codes void the old ones, and are shown once', async () => {
      const person = await newPerson('kate');
      const her = await visitor(person);
      const { secret, done } = await setUp(her);
      const [old = ''] = codesOn(done);
      const fresh = await visitor();
      await signInWith(fresh.agent, await fresh.open(''), person, { secret });
      const renewed = await fresh.send(await fresh.open('/ways/recovery-codes'), /codes$/);
      const codes = codesOn(renewed);
      assert.equal(codes.length, 10);
      assert.ok(!codes.includes(old));
      const { recoveryCodes } = (await site.beside.services.authentication()) ?? {};
      const userId = (await site.beside.users.findByUsername('kate'))?.id ?? '';
      const by = { actor: 'test' };
      assert.equal(await recoveryCodes.spend(userId, old, by), false);
      assert.equal(await recoveryCodes.spend(userId, codes[0] ?? '', by), true);
      assert.match(textOf((await fresh.open('/ways')).html), /Recovery codes 9 are left/);
    });

    test('Recovery codes have 24 characters, and are taken however they are typed', async () => {
      const { recoveryCodes } = await site.beside.services.authentication();
      const userId = await site.beside.idOf(erin);
      const by = { actor: 'test' };
      const [first = '', second = ''] = await recoveryCodes.renew(userId, by);
      assert.match(first, /^(?:[0-9A-HJKMNP-TV-Z]{4}-){5}[0-9A-HJKMNP-TV-Z]{4}$/);
      const typed = first
        .toLowerCase()
        .replaceAll('-', ' ')
        .replaceAll('0', 'o')
        .replaceAll('1', 'l');
      assert.equal(await recoveryCodes.spend(userId, typed, by), true);
      assert.equal(await recoveryCodes.spend(userId, first, by), false);
      assert.equal(await recoveryCodes.spend(userId, second.slice(0, -1), by), false);
    });

    test('A person sees the browsers they trusted, and ends that without being in them', async () => {
      const person = await newPerson('liam');
      const { secret } = await setUp(await visitor(person));
      const trusting = await visitor();
      await signInWith(trusting.agent, await trusting.open(''), person, { secret, trust: true });
      const elsewhere = await visitor();
      await signInWith(elsewhere.agent, await elsewhere.open(''), person, { secret });
      assert.match(
        textOf((await elsewhere.open('/ways')).html),
        /In one browser you are not asked/,
      );
      const listed = await elsewhere.open('/ways/browsers');
      assert.match(textOf(listed.html), /127\.0\.0\.1/);
      const [action = ''] = formsOf(listed.html)
        .map((form) => form.action)
        .filter((each) => each.endsWith('/end'));
      const stranger = await visitor(await newPerson('mona'));
      const own = await stranger.open('');
      const html = own.html.replace(/action="[^"]*sign-out"/, `action="${action}"`);
      assert.equal((await stranger.send({ ...own, html }, /end$/)).status, 404);
      const ended = await elsewhere.send(listed, /\/end$/);
      assert.match(flashOf(ended), /asked for a second step in that browser/);
      await trusting.send(await trusting.open(''), /sign-out$/);
      const again = await signInWith(trusting.agent, await trusting.open(''), person, { secret });
      assert.deepEqual(again.asked, ['sign-in', 'second-factor']);
      const types = await typesOf(person);
      assert.ok(types.includes('trusted_browser.added') && types.includes('trusted_browser.ended'));
    });

    test('Nobody sees, replaces or removes what is another person’s', async () => {
      const person = await newPerson('nora');
      await setUp(await visitor(person));
      const userId = (await site.beside.users.findByUsername('nora'))?.id ?? '';
      const [app] = (await site.beside.store.authenticators.find(userId))?.totps ?? [];
      const stranger = await visitor(await newPerson('oscar'));
      for (const path of [
        `/ways/authenticator-app/${app?.id}`,
        `${newAppPath}?replaces=${app?.id}`,
      ]) {
        assert.equal((await stranger.open(path)).status, 404);
      }
      const page = await stranger.open(newAppPath);
      const hers = await site.beside.services.authentication();
      const sealed = hers.totps.begin(userId);
      const refused = await stranger.send(page, /new$/, { sealed, code: '000000' });
      assert.match(textOf(refused.html), /This page was open for too long/);
      assert.equal((await site.beside.store.authenticators.find(userId))?.totps.length, 1);
    });
  });
});
