/** A new mail address: proven, told to the old one, and taken back from there. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Person } from '../../harness/sign_in.ts';
import { createUserAgent } from '../../harness/user_agent.ts';
import { createShiftedClock } from '../support/clock.ts';
import { type MailServer, readMail, startMailServer } from '../support/mail_server.ts';
import { eachEngine } from '../support/stores.ts';
import {
  createVisitor,
  declaration,
  flashOf,
  headingOf,
  refresh,
  signInToShop,
  startAccountServer,
  textOf,
  type Visitor,
} from './scene.ts';

const day = 24 * 3600_000;
const password = 'lanterns-and-larks-9';

await eachEngine((stores) => {
  describe('A new mail address', () => {
    const clock = createShiftedClock(-20 * day);
    let smtp: MailServer;
    let site: Awaited<ReturnType<typeof startAccountServer>>;
    before(async () => {
      smtp = await startMailServer();
      const mail = { from: 'id@id.example', smtp: { url: `smtp://127.0.0.1:${smtp.port}` } };
      site = await startAccountServer({
        ...{ store: await stores.freshUrl(), clock },
        declaration: {
          ...{ ...declaration, mail, sign_in: { tell_of_new_browsers: false } },
          users: [{ username: 'mona', password: 'managed-by-the-file-1' }],
        },
      });
    });
    after(async () => {
      await site.close();
      await smtp.close();
    });

    const issuer = () => site.server.issuer;
    const addressOf = (name: string) => `${name}@example.com`;
    const somebody = async (username: string): Promise<Person> => {
      await site.beside.users.create({
        ...{ username, password, email: addressOf(username), emailVerified: true },
      });
      return { username, password };
    };
    const recordOf = async (person: Person) =>
      (await site.beside.users.findByUsername(person.username)) ?? assert.fail('no such user');
    /** The mails to this address, as soon as there are so many. */
    const mailsTo = async (address: string, count: number) => {
      for (;;) {
        const mails = smtp.received.filter(({ to }) => to.includes(address));
        if (mails.length >= count) return Promise.all(mails.map(readMail));
        await smtp.receives(smtp.received.length + 1);
      }
    };
    const lastTo = async (address: string, count = 1) => {
      const { subject, text = '' } = (await mailsTo(address, count)).at(-1) ?? assert.fail();
      const link = /\S+\/account\/email\/\w+\?token=[\w-]+/.exec(text)?.[0] ?? '';
      return { subject, text, link, code: /\b[0-9A-Z]{4}-[0-9A-Z]{4}\b/.exec(text)?.[0] ?? '' };
    };
    const ask = async (visitor: Visitor, email: string) => {
      const page = await visitor.open('/profile/email?again=yes');
      return visitor.send(page, /email$/, { email });
    };
    /** In a browser of its own. */
    const follow = async (link: string) => {
      const agent = createUserAgent();
      return agent.submit(await agent.open(link), { action: /email\/(confirm|undo)$/ });
    };
    /** The undo link, at the old address. */
    const change = async (person: Person, to: string, visitor?: Visitor) => {
      const old = (await recordOf(person)).email ?? assert.fail('no address');
      const known = smtp.received.filter((mail) => mail.to.includes(old)).length;
      await ask(visitor ?? (await createVisitor(issuer(), person)), to);
      assert.equal(headingOf(await follow((await lastTo(to)).link)), 'Your address is confirmed');
      return (await lastTo(old, known + 1)).link;
    };

    test('A username that is the address goes along, and comes back with it', async () => {
      const email = addressOf('self');
      const { id } = await site.beside.users.create({
        ...{ username: email, password, email, emailVerified: true },
      });
      const namesNow = async () => (await site.beside.users.find(id))?.username;
      const undo = await change({ username: email, password }, 'self.new@example.com');
      assert.equal(await namesNow(), 'self.new@example.com');
      assert.equal(await site.beside.users.findByName(email), undefined);
      await follow(undo);
      assert.equal(await namesNow(), email);
    });

    test('Nothing changes until the link is confirmed by its form; then the old address is told and takes it back', async () => {
      const anna = await somebody('anna');
      const her = await createVisitor(issuer(), anna);
      const sent = await ask(her, 'Anna.New@example.com');
      assert.match(textOf(sent.html), /sent a mail to anna\.new@example\.com/);
      const { link } = await lastTo('anna.new@example.com');
      for (const method of ['HEAD', 'GET', 'GET']) {
        assert.equal((await fetch(link, { method })).status, 200);
      }
      assert.equal((await recordOf(anna)).email, addressOf('anna'));
      const shown = textOf((await her.open('/profile')).html);
      assert.match(shown, /anna\.new@example\.com waits to be confirmed/);

      const foreign = await fetch(link.split('?')[0] ?? '', {
        ...{ method: 'POST', headers: { 'sec-fetch-site': 'cross-site' } },
        body: new URLSearchParams(link.split('?')[1]),
      });
      assert.equal(foreign.status, 403);
      const page = await createUserAgent().open(link);
      assert.match(textOf(page.html), /The account anna gets the address/);
      assert.equal(headingOf(await follow(link)), 'Your address is confirmed');
      const changed = await recordOf(anna);
      assert.deepEqual([changed.email, changed.emailVerified], ['anna.new@example.com', true]);
      assert.equal((await createUserAgent().open(link)).status, 410);

      const told = await lastTo(addressOf('anna'));
      assert.equal(told.subject, 'Your email address was changed');
      assert.match(told.text, /a…w@example\.com/);
      const tokens = await signInToShop(issuer(), her.agent, anna);
      await ask(her, 'anna.third@example.com');
      for (const method of ['HEAD', 'GET']) {
        assert.equal((await fetch(told.link, { method })).status, 200);
      }
      assert.equal((await recordOf(anna)).email, 'anna.new@example.com');
      const restored = await follow(told.link);
      assert.match(restored.html, /href="\/recovery"/);
      assert.equal((await recordOf(anna)).email, addressOf('anna'));
      assert.match((await her.open('')).url, /\/interaction\//);
      assert.equal((await refresh(issuer(), tokens.refresh_token)).status, 400);
      const pending = await lastTo('anna.third@example.com');
      assert.equal((await createUserAgent().open(pending.link)).status, 410);
      assert.equal((await createUserAgent().open(told.link)).status, 410);
      assert.equal(
        (await lastTo('anna.new@example.com', 2)).subject,
        'Your email address was changed back',
      );
      const types = (
        await site.beside.store.audit.list({ userId: (await recordOf(anna)).id, limit: 100 })
      ).map(({ type }) => type);
      for (const type of ['requested', 'changed', 'restored']) {
        assert.ok(types.includes(`user.email_${type}` as never), type);
      }
    });

    test('The code is good in the session that asked for it, and what was asked for can be withdrawn', async () => {
      const ben = await somebody('ben');
      const his = await createVisitor(issuer(), ben);
      const other = await createVisitor(issuer(), ben);
      await ask(his, 'ben.new@example.com');
      const { code, link } = await lastTo('ben.new@example.com');
      const wrong = await his.send(await his.open('/profile/email'), /code$/, {
        code: 'AAAA-AAAA',
      });
      assert.equal(wrong.status, 400);
      const elsewhere = await other.send(await other.open('/profile/email'), /code$/, { code });
      assert.equal(elsewhere.status, 400);
      const kept = await his.send(wrong, /withdraw$/);
      assert.equal(flashOf(kept), 'Your email address stays as it is.');
      assert.equal((await createUserAgent().open(link)).status, 410);

      await ask(his, 'ben.new@example.com');
      const again = await lastTo('ben.new@example.com', 2);
      const page = await his.open('/profile/email');
      const saved = await his.send(page, /code$/, { code: again.code.toLowerCase() });
      assert.equal(flashOf(saved), 'Your email address is changed.');
      assert.equal((await recordOf(ben)).email, 'ben.new@example.com');
    });

    test('It needs a recent sign-in, and no page tells whether another account has the address', async () => {
      const [cleo, dan] = [await somebody('cleo'), await somebody('dan')];
      const her = await createVisitor(issuer(), cleo);
      const answers = [];
      for (const email of [addressOf('dan'), 'nobody.else@example.com']) {
        const sent = await ask(her, email);
        answers.push([sent.status, textOf(sent.html).replace(email, '')]);
      }
      assert.deepEqual(answers[0], answers[1]);
      const told = await lastTo(addressOf('dan'));
      assert.equal(told.subject, 'This address belongs to an account already');
      assert.deepEqual([told.link, told.code], ['', '']);
      assert.equal((await recordOf(dan)).email, addressOf('dan'));
      const malformed = await ask(her, 'not an address');
      assert.equal(malformed.status, 400);
      const same = await ask(her, addressOf('cleo'));
      assert.match(textOf(same.html), /your address already/);

      const form = await her.open('/profile/email?again=yes');
      clock.forward(6 * 60_000);
      const late = await her.send(form, /email$/, { email: 'late@example.com' });
      assert.match(late.url, /\/interaction\//);
    });

    test('Of two who confirm the same address at the same time one gets it', async () => {
      const people = [await somebody('eva'), await somebody('fritz')];
      for (const person of people) {
        await ask(await createVisitor(issuer(), person), 'shared@example.com');
      }
      const mails = await mailsTo('shared@example.com', 2);
      const links = mails.map(({ text = '' }) => /\S+\/email\/confirm\?token=\S+/.exec(text)?.[0]);
      const pages = await Promise.all(links.map((link) => follow(link ?? '')));
      assert.deepEqual(pages.map(({ status }) => status).toSorted(), [200, 410]);
      const emails = (await Promise.all(people.map(recordOf))).map(({ email }) => email);
      assert.equal(emails.filter((email) => email === 'shared@example.com').length, 1);
    });

    test('A thief who changes it twice does not shake off the owner, and cannot take the undo back', async () => {
      const gus = await somebody('gus');
      const first = await change(gus, 'thief.one@example.com');
      const second = await change(gus, 'thief.two@example.com');
      // What the thief does to all of the account ends no undo.
      const { killSwitches } = await site.beside.services.switches();
      const { id } = await recordOf(gus);
      await killSwitches.throwSwitch({ accountId: id }, { type: 'revocation.user', userId: id });
      await site.beside.users.setPassword(id, 'words-of-somebody-else-77');
      assert.equal(headingOf(await follow(first)), 'Your old address is back');
      assert.equal((await recordOf(gus)).email, addressOf('gus'));
      assert.equal((await createUserAgent().open(second)).status, 410);
    });

    test('A change that is confirmed while the one before is taken back leaves the thief no way back', async () => {
      const hal = await somebody('hal');
      const undo = await change(hal, 'taken.hal@example.com');
      await ask(await createVisitor(issuer(), hal), 'next.hal@example.com');
      const { link } = await lastTo('next.hal@example.com');
      await Promise.all([follow(undo), follow(link)]);
      assert.equal((await recordOf(hal)).email, addressOf('hal'));
      const mails = smtp.received.filter(({ to }) => to.includes('taken.hal@example.com'));
      for (const { text = '' } of await Promise.all(mails.map(readMail))) {
        const later = /\S+\/account\/email\/undo\?token=[\w-]+/.exec(text)?.[0];
        if (later) assert.equal((await createUserAgent().open(later)).status, 410);
      }
    });

    test('Coming back to the old address by oneself voids what the one in between could undo', async () => {
      const ida = await somebody('ida');
      await change(ida, 'between.ida@example.com');
      const her = await createVisitor(issuer(), ida);
      const known = smtp.received.filter(({ to }) => to.includes('between.ida@example.com')).length;
      await ask(her, addressOf('ida'));
      const { link } = await lastTo(addressOf('ida'), 2);
      assert.equal((await follow(link)).status, 200);
      const { email, formerEmails } = await recordOf(ida);
      assert.deepEqual([email, formerEmails], [addressOf('ida'), []]);
      const told = smtp.received.filter(({ to }) => to.includes('between.ida@example.com'));
      assert.equal(told.length, known);
    });

    test('Recovery by the new address leaves the undo, which is good for a week', async () => {
      const jon = await somebody('jon');
      const undo = await change(jon, 'new.jon@example.com');
      const agent = createUserAgent();
      await agent.submit(await agent.open(`${issuer()}/recovery`), {
        ...{ action: /recovery$/, fields: { name: 'jon' } },
      });
      const mail = (await mailsTo('new.jon@example.com', 2)).at(-1)?.text ?? '';
      const recovery = /\S+\/recovery\/new-password\?token=[\w-]+/.exec(mail)?.[0] ?? '';
      const chosen = await agent.submit(await agent.open(recovery), {
        ...{ action: /new-password$/, fields: { password: 'some-other-words-here-8' } },
      });
      assert.equal(chosen.status, 200);
      assert.equal((await createUserAgent().open(undo)).status, 200);
      clock.forward(7 * day - 60_000);
      assert.equal((await createUserAgent().open(undo)).status, 200);
      clock.forward(2 * 60_000);
      assert.equal((await follow(undo).catch(() => undefined))?.status, undefined);
      assert.equal((await createUserAgent().open(undo)).status, 410);
      assert.equal((await recordOf(jon)).email, 'new.jon@example.com');
    });

    test('A thief who has the account deleted does not outrun the undo', async () => {
      const kim = await somebody('kim');
      const thief = await createVisitor(issuer(), kim);
      const undo = await change(kim, 'thief.kim@example.com', thief);
      const { id } = await recordOf(kim);
      const soon = clock.now() + 3600_000;
      const { deletion } = await site.beside.users.requestDeletion(id, soon, { actor: 'thief' });
      assert.ok((deletion?.at ?? 0) > clock.now() + 6 * day);
      assert.equal(headingOf(await follow(undo)), 'Your old address is back');
      assert.equal((await recordOf(kim)).email, addressOf('kim'));
      // Whoever signs in keeps the account.
      assert.equal((await (await createVisitor(issuer(), kim)).open('')).status, 200);
      assert.equal((await recordOf(kim)).deletion, undefined);
    });

    test('A new password voids what was asked for before', async () => {
      const kay = await somebody('kay');
      await ask(await createVisitor(issuer(), kay), 'kay.new@example.com');
      const { link } = await lastTo('kay.new@example.com');
      const her = await createVisitor(issuer(), kay);
      const fields = { new_password: 'another-set-of-words-5', end_sessions: [] };
      await her.send(await her.open('/password'), /password$/, fields);
      assert.equal((await createUserAgent().open(link)).status, 410);
    });

    test('What an operator decides is told to the old address, and voids what the person began', async () => {
      const lou = await somebody('lou');
      const undo = await change(lou, 'lou.new@example.com');
      const { id } = await recordOf(lou);
      await site.beside.users.update(id, { email: 'lou.work@example.com', emailVerified: true });
      const { subject, text } = await lastTo('lou.new@example.com', 2);
      assert.equal(subject, 'Your email address was changed');
      assert.match(text, /l…k@example\.com/);
      assert.equal((await createUserAgent().open(undo)).status, 410);
      await site.beside.users.update(id, { claims: { name: 'Lou' } });
      await site.beside.users.update(id, { email: null });
      assert.match((await lastTo('lou.work@example.com')).text, /removed the email address/);
    });

    test('After five changes within a week it takes its time, so that no undo is pushed out', async () => {
      const max = await somebody('max');
      const his = await createVisitor(issuer(), max);
      const links = [];
      for (const number of [1, 2, 3, 4, 5]) {
        links.push(await change(max, `max.${number}@example.com`, his));
      }
      assert.match(textOf((await ask(his, 'max.6@example.com')).html), /too often/);
      assert.equal((await createUserAgent().open(links[0] ?? '')).status, 200);
    });

    test('Who is in the declarative file cannot change it', async () => {
      const mona = { username: 'mona', password: 'managed-by-the-file-1' };
      const visitor = await createVisitor(issuer(), mona);
      assert.doesNotMatch((await visitor.open('/profile')).html, /profile\/email/);
      assert.equal((await visitor.open('/profile/email')).status, 404);
    });
  });
});
