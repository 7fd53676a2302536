/** People are told by mail of sign-ins that may be somebody else's, once for each browser. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { HOTP, Secret } from 'otpauth';
import { createUserAgent } from '../../../harness/user_agent.ts';
import {
  createVisitor,
  declaration,
  erin,
  frank,
  signIn,
  startAccountServer,
  type Visitor,
} from '../../account/scene.ts';
import { createShiftedClock } from '../../support/clock.ts';
import { type MailServer, readMail, startMailServer } from '../../support/mail_server.ts';
import { eachEngine } from '../../support/stores.ts';

await eachEngine((stores) => {
  describe('Sign-ins from new browsers', () => {
    const clock = createShiftedClock(-24 * 3600_000);
    let smtp: MailServer;
    let site: Awaited<ReturnType<typeof startAccountServer>>;
    before(async () => {
      smtp = await startMailServer();
    });
    after(() => smtp.close());

    const start = async (more = {}) => {
      const mail = { from: 'id@id.example', smtp: { url: `smtp://127.0.0.1:${smtp.port}` } };
      site = await startAccountServer({
        ...{ store: await stores.freshUrl(), clock },
        declaration: { ...declaration, ...more, mail },
      });
      return site;
    };
    const signInAgain = async ({ agent, open, send }: Visitor, person = erin) => {
      await send(await open(''), /sign-out$/);
      await signIn(agent, await open(''), person);
    };
    const subjectsTo = async (name: string) => {
      const mails = smtp.received.filter(({ to }) => to.includes(`${name}@example.com`));
      return (await Promise.all(mails.map(readMail))).map(({ subject = '' }) => subject);
    };
    const newSignIn = 'New sign-in to your account';
    const countOf = async (name: string, wanted = newSignIn) =>
      (await subjectsTo(name)).filter((subject) => subject === wanted).length;
    const until = async (isThere: () => Promise<boolean>) => {
      while (!(await isThere())) await smtp.receives(smtp.received.length + 1);
    };
    /** A mail that is sent after all that were begun before. */
    const afterAll = async () => {
      const name = `probe${smtp.received.length}`;
      const { users } = site.beside;
      const { id } = await users.create({
        ...{ username: name, email: `${name}@example.com`, emailVerified: true },
      });
      await users.update(id, { email: `other.${name}@example.com` });
      await until(async () => (await subjectsTo(name)).length > 0);
    };

    test('The first browser is told to nobody, each further one once, and a known one never', async (t) => {
      const { server, beside, close } = await start();
      t.after(close);
      const first = await createVisitor(server.issuer, erin);
      await signInAgain(first);
      await afterAll();
      assert.equal(await countOf('erin'), 0);

      const headers = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0' };
      const second = await createVisitor(server.issuer, erin, { headers });
      await until(async () => (await countOf('erin')) === 1);
      const mails = await Promise.all(smtp.received.map(readMail));
      const { text = '' } = mails.find(({ subject }) => subject === newSignIn) ?? {};
      assert.match(text, /Firefox on Linux/);
      assert.match(text, /127\.0\.0\.1/);
      assert.ok(text.includes(`${server.issuer}/account/sessions`));

      for (const visitor of [first, second]) await signInAgain(visitor);
      await afterAll();
      assert.equal(await countOf('erin'), 1);

      // With a new password all browsers are new: one of them may be the reason for it.
      const password = 'brooks-and-bramble-12';
      await beside.users.setPassword(await beside.idOf(erin), password);
      await signIn(first.agent, await first.open(''), { ...erin, password });
      await until(async () => (await countOf('erin')) === 2);
    });

    test('Whoever guesses at the second factor behind the right password is told of, once a day', async (t) => {
      const { server, beside, close } = await start();
      t.after(close);
      const { totps } = await beside.services.authentication();
      const id = await beside.idOf(frank);
      const sealed = totps.begin(id);
      const { typed } = totps.show({ id, issuer: 'x', label: 'x' }, sealed);
      const secret = Secret.fromBase32(typed.replaceAll(' ', ''));
      const code = HOTP.generate({ secret, counter: Math.floor(clock.now() / 30_000), digits: 6 });
      const by = { actor: 'test' };
      await totps.confirm({ id, by }, { sealed, code, name: '', isFirst: true });

      const agent = createUserAgent();
      const asked = await agent.open(`${server.issuer}/account`);
      let page = await agent.submit(asked, { action: /sign-in$/, fields: { ...frank } });
      for (let guess = 0; guess < 13; guess += 1) {
        page = await agent.submit(page, { action: /second-factor$/, fields: { code: '000000' } });
      }
      const words = 'Somebody guesses at your second factor';
      await until(async () => (await countOf('frank', words)) === 1);
      await afterAll();
      assert.equal(await countOf('frank', words), 1);
    });

    test('Nobody is told where the operator does not want it', async (t) => {
      const known = smtp.received.length;
      const { server, close } = await start({ sign_in: { tell_of_new_browsers: false } });
      t.after(close);
      const one = await createVisitor(server.issuer, frank);
      assert.ok(!one.agent.cookies().some(({ name }) => name.includes('cardea_known')));
      await createVisitor(server.issuer, frank);
      await afterAll();
      const later = await Promise.all(smtp.received.slice(known).map(readMail));
      assert.ok(!later.some(({ subject }) => subject === newSignIn));
    });
  });
});
