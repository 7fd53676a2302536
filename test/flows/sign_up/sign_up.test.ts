/** People make accounts by themselves: by a mail, from an app and back to it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createUserAgent } from '../../../harness/user_agent.ts';
import { openStore } from '../../../src/storage/open.ts';
import { postForm } from '../../support/flows.ts';
import { callbackUri } from '../../support/relying_party.ts';
import { startTestServer } from '../../support/server.ts';
import { until } from '../../support/site.ts';
import { eachEngine, onSqlite } from '../../support/stores.ts';
import { beginSignIn, newApp, walk } from '../second_factor/walk.ts';
import { app, password, signUpScene } from './scene.ts';

const linkIn = (html: string, pattern: RegExp) =>
  (pattern.exec(html)?.[1] ?? assert.fail(`no link in ${html}`)).replaceAll('&amp;', '&');

await eachEngine((stores) => {
  describe('Registration by mail', () => {
    const scene = signUpScene(stores);

    const signIn = async (username: string, secret = password, agent = createUserAgent()) => {
      const { url, redeem } = await beginSignIn(scene().server.issuer, 'app', {
        scope: 'openid profile email',
      });
      const person = { username, password: secret };
      const page = await walk(agent, url, newApp(), { person });
      return redeem(page);
    };

    test('The link opens in any browser, changes nothing until its form is sent, and works once', async () => {
      const { finish, proofFor, browser } = scene();
      const { link } = await proofFor('Alice@mail.example');
      for (const method of ['HEAD', 'GET', 'GET'])
        assert.equal((await fetch(link, { method })).status, 200);
      const elsewhere = browser();
      const page = await elsewhere.open(link);
      assert.match(page.html, /value="alice@mail\.example"/);
      const done = await finish(elsewhere, page, { name: ' Alice Adams ' });
      assert.equal(done.status, 200);
      assert.match(done.html, /Your account is ready/);
      assert.match(done.html, /href="\/account"/);
      const claims = (await signIn('alice@mail.example')).claims();
      assert.equal(claims?.name, 'Alice Adams');
      assert.equal(claims?.email, 'alice@mail.example');
      assert.equal(claims?.email_verified, true);
      const gone = await elsewhere.open(link);
      assert.equal(gone.status, 410);
      assert.match(gone.html, /href="\/sign-up"[^>]*>Begin again</);
      assert.match(gone.html, /href="\/account"[^>]*>Sign in</);
      assert.equal((await finish(elsewhere, page)).status, 410);
    });

    test('The page for the code shows the address to the browser that asked, and no URL has it', async () => {
      const { server, ask, browser, mailbox, register } = scene();
      await register('olga@mail.example');
      const shown = /Sent to <strong><bdi>([^<]*)</;
      for (const email of ['nora@mail.example', 'olga@mail.example']) {
        const agent = browser();
        const mail = await mailbox.next(email);
        const page = await ask(agent, email);
        await mail();
        assert.equal(page.url, `${server.issuer}/sign-up/code`);
        assert.equal(shown.exec(page.html)?.[1], email);
        const fields = { code: 'AAAA-AAAA' };
        const wrong = await agent.submit(page, { action: /\/sign-up\/code$/, fields });
        assert.equal(shown.exec(wrong.html)?.[1], email);
      }
      for (const hostile of ['<b>@mail.example', 'Call 0900 123456', '\u202emoc@mail.example']) {
        const agent = browser();
        const value = `request.${Buffer.from(hostile).toString('base64url')}`;
        agent.plant(server.issuer, [{ name: 'cardea_sign_up', value, path: '/' }]);
        const page = await agent.open(`${server.issuer}/sign-up/code`);
        assert.equal(page.status, 200);
        assert.doesNotMatch(page.html, shown, hostile);
      }
    });

    test('The mail says what it is for: an account, with whom, and where', async () => {
      const { server, ask, browser, mailbox } = scene();
      const mail = await mailbox.next('petra@mail.example');
      await ask(browser(), 'petra@mail.example');
      const { subject, text } = await mail();
      assert.equal(subject, 'Create your account');
      assert.ok(
        text.includes(`wants to create an account at Cardea (${new URL(server.issuer).host})`),
        text,
      );
    });

    test('Before the mail is proven there is no account', async () => {
      const { proofFor } = scene();
      await proofFor('later@mail.example');
      await assert.rejects(signIn('later@mail.example'), /password don’t match/);
    });

    test('The code works in the browser that asked, and the page leads back to the app', async () => {
      const { server, ask, finish, browser, mailbox } = scene();
      const { url, redeem } = await beginSignIn(server.issuer, 'app');
      const agent = browser();
      const signInPage = await agent.open(String(url));
      const from = new URL(
        linkIn(signInPage.html, /href="([^"]*\/sign-up\?[^"]*)"/),
        server.issuer,
      );
      const mail = await mailbox.nextProof('bob@mail.example');
      const codePage = await ask(agent, 'bob@mail.example', from.href);
      const { code } = await mail();
      const typed = { action: /\/sign-up\/code$/, fields: { code } };
      const stranger = browser();
      const strangersPage = await ask(stranger, 'nobody@mail.example');
      assert.equal((await stranger.submit(strangersPage, typed)).status, 400);
      const accountPage = await agent.submit(codePage, typed);
      const done = await finish(agent, accountPage);
      const next = linkIn(done.html, /href="([^"]*\/authorize\?restart=[^"]*)"/);
      const prefilled = await agent.open(new URL(next, server.issuer).href);
      assert.match(prefilled.html, /name="username"[^>]* value="bob@mail\.example"/);
      const person = { username: 'bob@mail.example', password };
      const back = await walk(agent, new URL(next, server.issuer), newApp(), { person });
      assert.ok((await redeem(back)).id_token);
    });

    test('A link that is opened elsewhere ends there, and says where to go on', async () => {
      const { server, ask, finish, browser, mailbox } = scene();
      const { url } = await beginSignIn(server.issuer, 'app');
      const agent = browser();
      const signInPage = await agent.open(String(url));
      const from = new URL(
        linkIn(signInPage.html, /href="([^"]*\/sign-up\?[^"]*)"/),
        server.issuer,
      );
      const mail = await mailbox.nextProof('hugo@mail.example');
      await ask(agent, 'hugo@mail.example', from.href);
      const phone = browser();
      const done = await finish(phone, await phone.open((await mail()).link));
      assert.match(done.html, /in the browser where you began/);
      assert.ok(!done.html.includes('restart='));
    });

    test('prompt=create begins with a new account, whoever is signed in', async () => {
      const { server, ask, finish, browser, mailbox, register } = scene();
      await register('carol@mail.example');
      const agent = browser();
      await signIn('carol@mail.example', password, agent);
      const { url, redeem } = await beginSignIn(server.issuer, 'app', { prompt: 'create' });
      const page = await agent.open(String(url));
      assert.ok(page.url.startsWith(`${server.issuer}/sign-up?`), page.url);
      const mail = await mailbox.nextProof('dora@mail.example');
      const codePage = await ask(agent, 'dora@mail.example', page.url);
      const { code } = await mail();
      const accountPage = await agent.submit(codePage, {
        ...{ action: /\/sign-up\/code$/, fields: { code } },
      });
      const done = await finish(agent, accountPage);
      const next = linkIn(done.html, /href="([^"]*\/authorize\?restart=[^"]*)"/);
      const person = { username: 'dora@mail.example', password };
      const back = await walk(agent, new URL(next, server.issuer), newApp(), { person });
      const { sub } = (await redeem(back)).claims() ?? {};
      assert.equal(sub, (await signIn('dora@mail.example')).claims()?.sub);
      const discovery = await fetch(`${server.issuer}/.well-known/openid-configuration`);
      const { prompt_values_supported: prompts } = (await discovery.json()) as never;
      assert.deepEqual(prompts, ['none', 'login', 'consent', 'select_account', 'create']);
    });

    test('Whoever came with the code of a device enters it again, with the account', async () => {
      const { server, ask, finish, browser, mailbox } = scene();
      const { body } = await postForm(`${server.issuer}/device_authorization`, {
        client_id: 'tv',
      });
      const agent = browser();
      const codePage = await agent.open(`${server.issuer}/device`);
      const fields = { user_code: String(body.user_code) };
      const confirm = await agent.submit(codePage, { action: /\/device$/, fields });
      const signInPage = await agent.submit(confirm, { action: /\/device$/ });
      const from = new URL(
        linkIn(signInPage.html, /href="([^"]*\/sign-up\?[^"]*)"/),
        server.issuer,
      );
      const mail = await mailbox.nextProof('ines@mail.example');
      await ask(agent, 'ines@mail.example', from.href);
      const done = await finish(agent, await agent.open((await mail()).link));
      const next = linkIn(done.html, /href="([^"]*\/authorize\?restart=[^"]*)"/);
      const again = await agent.open(new URL(next, server.issuer).href);
      assert.deepEqual([again.url, again.status], [`${server.issuer}/device`, 200]);
    });

    test('A mistake spends nothing, and what was typed is kept', async () => {
      const { proofFor, finish, browser } = scene();
      const agent = browser();
      const { link } = await proofFor('erin@mail.example');
      const page = await agent.open(link);
      const mistakes: Record<string, string>[] = [
        { password: 'short' },
        { password: 'erin@mail.example erin' },
        { password: '123456789012345' },
        { name: 'Erin Example', password: 'my name is Erin Example' },
        { name: 'x'.repeat(201) },
        { name: 'Erin\u202eexe.' },
        { name: 'Erin\r\nBcc: all@mail.example' },
      ];
      for (const fields of mistakes) {
        const refused = await finish(agent, page, fields);
        assert.equal(refused.status, 400, JSON.stringify(fields));
        assert.match(refused.html, /id="problem"/);
      }
      const hostile = '"><script>alert(1)</script>';
      assert.equal((await finish(agent, page, { name: hostile })).status, 200);
      assert.equal((await signIn('erin@mail.example')).claims()?.name, hostile);
    });

    test('What is no address is refused before anything is sent', async () => {
      const { smtp, ask, browser } = scene();
      const before = smtp.received.length;
      const agent = browser();
      for (const email of [
        ...['', 'alice', 'a@b@c', 'a b@mail.example', 'a@mail.example,b@mail.example'],
        ...['a@mail.example\r\nBcc: b@mail.example', '<a@mail.example>', 'a@[127.0.0.1]'],
        ...[`${'x'.repeat(60)}@${'y.'.repeat(80)}example`, 'a@mail.example\u202e'],
      ]) {
        const page = await ask(agent, email);
        assert.equal(page.status, 400, email);
        assert.match(page.html, /aria-invalid="true"/);
      }
      assert.equal(smtp.received.length, before);
    });

    test('A new account is on record as made by its own person', async (t) => {
      const { server, register } = scene();
      await register('frank@mail.example');
      const { sub } = (await signIn('frank@mail.example')).claims() ?? {};
      const store = await openStore({ url: server.store });
      t.after(() => store.close());
      const event = await until(async () =>
        (await store.audit.list({ limit: 100 })).find(
          ({ type, userId }) => type === 'user.created' && userId === sub,
        ),
      );
      assert.equal(event?.actor, `user:${sub}`);
      assert.equal(event?.reason, 'registration');
    });
  });

  describe('What is counted of registrations', () => {
    const scene = signUpScene(stores);

    test('Operators see how many were asked for, refused and finished', async () => {
      const { server, register, ask, browser } = scene();
      await register('gina@mail.example');
      const agent = browser();
      for (let count = 0; count < 7; count += 1) await ask(agent, `many${count}@mail.example`);
      const metric = (await server.measured()).find(
        ({ name }) => name === 'cardea_registrations_total',
      );
      const counts = metric?.values.map(({ labels, value }) => [labels.step, value]);
      assert.deepEqual(Object.fromEntries(counts ?? []), { unsolved: 7, finished: 1, refused: 1 });
    });
  });

  describe('Registration by mail domain', () => {
    const scene = signUpScene(stores, {
      declaration: { registration: { mode: 'open', domains: ['Staff.example', 'bücher.example'] } },
    });

    test('Only addresses of the domains register, and none below or beside them', async () => {
      const { ask, browser, register } = scene();
      const agent = browser();
      for (const email of [
        ...['a@mail.example', 'a@sub.staff.example', 'a@staff.example.mail.example'],
        ...['a@notstaff.example', 'a@staff.example.', 'staff.example@mail.example'],
      ]) {
        const refused = await ask(agent, email);
        assert.equal(refused.status, 400, email);
        // With the last dot it is no address.
        if (email.endsWith('.')) continue;
        assert.match(refused.html, /can register here: Staff\.example, bücher\.example\./);
      }
      for (const email of ['a@STAFF.example', 'b@xn--bcher-kva.example']) {
        assert.match((await register(email)).html, /Your account is ready/, email);
      }
    });
  });
});

onSqlite((stores) => {
  test('Without mail, or without a registration, there are no pages for it, and none speaks of it', async (t) => {
    const mail = { from: 'id@id.example', smtp: { url: 'smtp://127.0.0.1:2525' } };
    for (const declaration of [{ registration: { mode: 'open' } }, { mail }]) {
      const server = await startTestServer({
        ...{ store: await stores.freshUrl(), declaration: { clients: [app], ...declaration } },
      });
      t.after(server.close);
      for (const path of ['/sign-up', '/sign-up/code', '/sign-up/account']) {
        assert.equal((await fetch(`${server.issuer}${path}`)).status, 404);
      }
      for (const prompt of ['login', 'create']) {
        const { url } = await beginSignIn(server.issuer, 'app', { prompt });
        const page = await createUserAgent().open(String(url), { stopAt: callbackUri });
        assert.match(page.html, /\/sign-in"/);
        assert.ok(!page.html.includes('/sign-up'));
      }
    }
  });

  test('The console offers no account', async (t) => {
    const mail = { from: 'id@id.example', smtp: { url: 'smtp://127.0.0.1:2525' } };
    const server = await startTestServer({
      ...{ store: await stores.freshUrl(), declaration: { registration: { mode: 'open' }, mail } },
    });
    t.after(server.close);
    assert.ok(
      !(await createUserAgent().open(`${server.issuer}/console`)).html.includes('/sign-up'),
    );
    assert.ok(
      (await createUserAgent().open(`${server.issuer}/account`)).html.includes('/sign-up?'),
    );
  });
});
