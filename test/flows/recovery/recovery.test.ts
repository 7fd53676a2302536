/** Recovery: back into an account by its mail, never around a second factor, and no word to strangers. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { comparable } from '../../../harness/comparable_answers.ts';
import type { Person } from '../../../harness/sign_in.ts';
import {
  createUserAgent,
  formsOf,
  type Page,
  type UserAgent,
} from '../../../harness/user_agent.ts';
import { createVisitor } from '../../account/scene.ts';
import { type MailServer, startMailServer } from '../../support/mail_server.ts';
import { createMailbox } from '../../support/mailbox.ts';
import { callbackUri } from '../../support/relying_party.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { eachEngine, onSqlite } from '../../support/stores.ts';
import { beginSignIn, newApp, nextCode, walk } from '../second_factor/walk.ts';

const names = ['alice', 'bob', 'carol', 'dora', 'erin', 'frank', 'gina', 'hugo', 'ines'];
const address = (name: string) => `${name}@mail.example`;
const client = {
  ...{ token_endpoint_auth_method: 'none', grant_types: ['authorization_code', 'refresh_token'] },
  ...{ redirect_uris: [callbackUri], consent: 'skip', scope: 'openid offline_access' },
};
const declaration = {
  users: [
    ...names.map((username) => ({ username, email: address(username), email_verified: true })),
    { username: 'unverified', email: address('unverified') },
    {
      username: 'declared',
      email: address('declared'),
      email_verified: true,
      password: 'of-the-file-1',
    },
  ],
  clients: [
    { ...client, client_id: 'app', client_name: 'App' },
    { ...client, client_id: 'bank', client_name: 'Bank', acr: 'mfa' },
  ],
};
const first = 'a first set of four words';
const second = 'another set of four words';

await eachEngine((stores) => {
  let smtp: MailServer;
  let server: TestServer;
  before(async () => {
    smtp = await startMailServer();
    const mail = { from: 'id@id.example', smtp: { url: `smtp://127.0.0.1:${smtp.port}` } };
    server = await startTestServer({
      ...{ store: await stores.freshUrl(), declaration: { ...declaration, mail } },
    });
  });
  after(async () => {
    await server.close();
    await smtp.close();
  });

  const ask = async (agent: UserAgent, name: string, from = `${server.issuer}/recovery`) => {
    const page = await agent.open(from);
    return agent.submit(page, { action: /\/recovery$/, fields: { name } });
  };
  /** The next mail for a recovery to this person: its link and its code. */
  const mailTo = (name: string) => createMailbox(smtp).nextProof(address(name));
  const recoverTo = async (name: string, agent = createUserAgent()) => {
    const mail = await mailTo(name);
    await ask(agent, name);
    return mail();
  };
  const choose = (agent: UserAgent, page: Page, fields: Record<string, string>) =>
    agent.submit(page, { action: /\/recovery\/new-password$/, fields });
  const person = (username: string, password: string): Person => ({ username, password });
  const signIn = async (username: string, password: string, clientId = 'app', own = newApp()) => {
    const { url, redeem } = await beginSignIn(server.issuer, clientId, {
      ...{ scope: 'openid offline_access', prompt: 'consent' },
    });
    const page = await walk(createUserAgent(), url, own, { person: person(username, password) });
    return { page, tokens: page.url.startsWith(callbackUri) ? await redeem(page) : undefined };
  };

  test('The link works in any browser, changes nothing until its form is sent, and works once', async () => {
    const { link } = await recoverTo('alice');
    const elsewhere = createUserAgent();
    for (const method of ['HEAD', 'GET', 'GET'])
      assert.equal((await fetch(link, { method })).status, 200);
    const page = await elsewhere.open(link);
    const done = await choose(elsewhere, page, { password: first });
    assert.equal(done.status, 200);
    assert.match(done.html, /Your password is changed/);
    assert.ok((await signIn('alice', first)).tokens);
    assert.equal((await elsewhere.open(link)).status, 410);
    assert.equal((await choose(elsewhere, page, { password: second })).status, 410);
  });

  test('What was signed in before is over', async () => {
    const one = createUserAgent();
    await choose(one, await one.open((await recoverTo('bob')).link), { password: first });
    const { tokens } = await signIn('bob', first);
    const { link } = await recoverTo('bob');
    await choose(one, await one.open(link), { password: second });
    const refreshed = await fetch(`${server.issuer}/token`, {
      method: 'POST',
      body: new URLSearchParams({
        ...{ grant_type: 'refresh_token', client_id: 'app' },
        refresh_token: tokens?.refresh_token ?? assert.fail(),
      }),
    });
    assert.equal(refreshed.status, 400);
    await assert.rejects(signIn('bob', first), /password don’t match/);
    assert.ok((await signIn('bob', second)).tokens);
  });

  test('The code works where it was asked for, and the page leads back to the app', async () => {
    const { url, redeem } = await beginSignIn(server.issuer, 'app');
    const agent = createUserAgent();
    const signInPage = await agent.open(String(url));
    const [, href = ''] = /href="([^"]*\/recovery\?[^"]*)"/.exec(signInPage.html) ?? [];
    const from = new URL(href.replaceAll('&amp;', '&'), server.issuer).href;
    const mail = await mailTo('carol');
    const codePage = await ask(agent, 'carol', from);
    const { code } = await mail();
    const stranger = createUserAgent();
    const strangersPage = await ask(stranger, 'nobody');
    const typed = { action: /\/recovery\/code$/, fields: { code } };
    assert.equal((await stranger.submit(strangersPage, typed)).status, 400);
    const passwordPage = await agent.submit(codePage, typed);
    assert.match(passwordPage.html, /carol/);
    const done = await choose(agent, passwordPage, { password: first });
    const [, next = ''] = /href="([^"]*\/authorize\?restart=[^"]*)"/.exec(done.html) ?? [];
    const again = new URL(next.replaceAll('&amp;', '&'), server.issuer);
    const back = await walk(agent, again, newApp(), { person: person('carol', first) });
    assert.ok((await redeem(back)).id_token);
  });

  test('A second factor is asked for as well, and a mistake spends nothing', async () => {
    const agent = createUserAgent();
    await choose(agent, await agent.open((await recoverTo('dora')).link), { password: first });
    const own = newApp();
    await signIn('dora', first, 'bank', own);
    const { link } = await recoverTo('dora');
    const page = await agent.open(link);
    const code = nextCode(own);
    for (const [fields, status] of [
      [{ password: second }, 401],
      [{ password: second, code: '000000' }, 401],
      // Eight characters are enough beside a second factor, but not these.
      [{ password: 'dora-1234', code }, 400],
    ] as const) {
      assert.equal((await choose(agent, page, fields)).status, status);
    }
    const done = await choose(agent, page, { password: 'qzvkxwjp', code });
    assert.equal(done.status, 200);
    const [recoveryCode = ''] = own.recoveryCodes;
    const next = await agent.open((await recoverTo('dora')).link);
    assert.equal((await choose(agent, next, { password: first, code: recoveryCode })).status, 200);
    const again = await agent.open((await recoverTo('dora')).link);
    assert.equal(
      (await choose(agent, again, { password: second, code: recoveryCode })).status,
      401,
    );
  });

  test('Of any number of forms of one link a single one sets the password', async () => {
    const agent = createUserAgent();
    const page = await agent.open((await recoverTo('erin')).link);
    const forms = Array.from({ length: 6 }, (_, index) =>
      choose(agent, page, { password: `${first} ${index}` }),
    );
    const statuses = (await Promise.all(forms)).map(({ status }) => status).sort();
    assert.deepEqual(statuses, [200, 410, 410, 410, 410, 410]);
  });

  test('Codes are guessed five times at most, for accounts that exist and for others', async () => {
    for (const name of ['frank', 'nobody-at-all']) {
      const agent = createUserAgent();
      const mail = name === 'frank' ? await mailTo(name) : undefined;
      const page = await ask(agent, name);
      const code = mail ? (await mail()).code : '7K3M-Q2XD';
      const type = (typed: string) =>
        agent.submit(page, { action: /\/recovery\/code$/, fields: { code: typed } });
      for (let guess = 0; guess < 5; guess += 1)
        assert.equal((await type('ZZZZ-ZZZZ')).status, 400);
      assert.equal((await type(code)).status, 429);
    }
  });

  test('No answer tells whether there is an account, or why it gets no mail', async () => {
    const before = smtp.received.length;
    const pages = await Promise.all(
      ['nobody', 'unverified', 'declared', address('unverified'), 'x'.repeat(254)].map((name) =>
        ask(createUserAgent(), name),
      ),
    );
    const mail = await mailTo('gina');
    pages.push(await ask(createUserAgent(), 'gina'));
    await mail();
    const seen = new Set(pages.map((page) => JSON.stringify(comparable(page))));
    assert.equal(seen.size, 1);
    assert.equal(smtp.received.length, before + 1);
  });

  test('A link from before a change of the password is good for nothing', async () => {
    const stranger = createUserAgent();
    await choose(stranger, await stranger.open((await recoverTo('hugo')).link), {
      password: first,
    });
    // Somebody has asked for two mails, and has a look at both.
    const { link } = await recoverTo('hugo');
    const open = await stranger.open(link);
    const asking = createUserAgent();
    const mail = await mailTo('hugo');
    const codePage = await ask(asking, 'hugo');
    const { code } = await mail();

    const his = await createVisitor(server.issuer, person('hugo', first));
    const changed = await his.send(await his.open('/password'), /\/password$/, {
      new_password: second,
    });
    assert.ok(changed.url.endsWith('/ways'), changed.url);

    assert.equal((await choose(stranger, open, { password: first })).status, 410);
    assert.equal((await stranger.open(link)).status, 410);
    const typed = { action: /\/recovery\/code$/, fields: { code } };
    assert.notEqual((await asking.submit(codePage, typed)).status, 200);
    assert.ok((await signIn('hugo', second)).tokens);
  });

  test('A link is over after twenty passwords that could not be taken', async () => {
    const agent = createUserAgent();
    const { link } = await recoverTo('ines');
    const page = await agent.open(link);
    for (let attempt = 0; attempt < 20; attempt += 1) {
      assert.equal((await choose(agent, page, { password: 'short' })).status, 400);
    }
    assert.equal((await choose(agent, page, { password: first })).status, 410);
    assert.equal((await agent.open(link)).status, 410);
  });

  test('A form that another site sends is refused', async () => {
    const agent = createUserAgent();
    const { link } = await recoverTo('gina');
    const forged = await fetch(`${server.issuer}/recovery/new-password`, {
      method: 'POST',
      headers: { origin: 'https://evil.example' },
      body: new URLSearchParams({
        token: new URL(link).searchParams.get('token') ?? '',
        password: first,
      }),
    });
    assert.equal(forged.status, 403);
    assert.equal((await agent.open(link)).status, 200);
  });
});

onSqlite((stores) => {
  test('Without mail there is no recovery, and no page speaks of it', async (t) => {
    const server = await startTestServer({ store: await stores.freshUrl(), declaration });
    t.after(server.close);
    for (const path of ['/recovery', '/recovery/code', '/recovery/new-password']) {
      assert.equal((await fetch(`${server.issuer}${path}`)).status, 404);
    }
    const { url } = await beginSignIn(server.issuer, 'app');
    const { html } = await createUserAgent().open(String(url));
    assert.ok(!html.includes('/recovery'));
    assert.ok(formsOf(html).length > 0);
  });
});
