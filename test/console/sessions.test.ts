/** Who is signed in to the console, for how long, and what a form is worth that nobody may send. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createShiftedClock } from '../support/clock.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { onSqlite } from '../support/stores.ts';
import {
  alice,
  besides,
  bob,
  carol,
  createOperator,
  dave,
  declaration,
  fieldOf,
  headingOf,
  ordersApi,
  signIn,
} from './scene.ts';

const minute = 60_000;
const hour = 60 * minute;

onSqlite((stores) => {
  describe('The console and who is signed in', () => {
    // Behind the machine's, by which the library dates tokens: none has expired when it is issued.
    const clock = createShiftedClock(-24 * hour);
    let server: TestServer;
    before(async () => {
      server = await startTestServer({ store: await stores.freshUrl(), declaration, clock });
    });
    after(() => server.close());
    const operator = (person?: typeof alice) => createOperator(server.issuer, person);

    test('Whoever opens a page signs in and comes to that page', async () => {
      const { agent, open } = await operator();
      const asked = await open('/clients?after=a');
      assert.match(asked.url, /\/interaction\//);
      const page = await signIn(agent, asked, alice);
      assert.equal(page.url, `${server.issuer}/console/clients?after=a`);
      assert.equal(headingOf(page), 'Clients');
    });

    test('A person without a role is told so and sees nothing', async () => {
      const { open } = await operator(bob);
      for (const path of ['', '/clients', '/clients/shop', '/new-client/service']) {
        const page = await open(path);
        assert.deepEqual([page.status, headingOf(page)], [403, 'You have no role here']);
        assert.doesNotMatch(page.html, /cardea-console|Shop|nav-link/);
      }
    });

    test('A role that does not include an operation opens none of its pages', async () => {
      const { agent, open } = await operator(carol);
      const list = await open('/clients');
      assert.equal(list.status, 200);
      assert.doesNotMatch(list.html, /Create a client/);
      for (const path of ['/new-client', '/clients/shop/disable', '/clients/nobody/disable']) {
        const page = await open(path);
        assert.deepEqual([page.status, headingOf(page)], [403, 'You may not do this']);
      }
      // Her own form token on a form that she was never shown.
      const token = /name="form_token" value="([^"]+)"/.exec(list.html)?.[1] ?? '';
      const form = `<form action="/console/clients/shop/disable"><input type="hidden" name="form_token" value="${token}"></form>`;
      const sent = await agent.submit({ ...list, html: form }, { action: /./ });
      assert.equal(sent.status, 403);
    });

    test('The cookie is of no use to scripts and other sites, and pages are kept by nobody', async () => {
      const { agent, open } = await operator(alice);
      const response = await open('/clients');
      assert.equal(response.headers.get('cache-control'), 'no-store');
      const policy = response.headers.get('content-security-policy') ?? '';
      assert.match(policy, /default-src 'none'/);
      assert.match(policy, /frame-ancestors 'none'/);
      assert.match(policy, /form-action 'self'/);
      assert.doesNotMatch(policy, /unsafe/);
      assert.ok(
        agent.cookies().some(({ name, path }) => name === 'cardea_console' && path === '/console'),
      );
    });

    test('A form without its token, or of another session, changes nothing', async () => {
      const mine = await operator(alice);
      const other = await operator(alice);
      const page = await mine.open('/new-client/service');
      const foreign = await other.open('/new-client/service');
      const token = fieldOf(foreign, 'form_token') ?? '';
      for (const form_token of ['', token, 'x']) {
        const fields = { form_token, client_name: 'Forged', client_id: 'forged' };
        const sent = await mine.send(page, /new-client/, fields);
        assert.equal(sent.status, 403, form_token);
      }
      assert.equal((await mine.open('/clients/forged')).status, 404);
    });

    test('A form that a page of another origin sends is refused with the right token, too', async () => {
      const { agent, open } = await operator(alice);
      const page = await open('/new-client/service');
      const cookie = agent
        .cookies()
        .map(({ name, value }) => `${name}=${value}`)
        .join('; ');
      const body = new URLSearchParams({
        ...{ form_token: fieldOf(page, 'form_token') ?? '', client_name: 'x', client_id: 'cross' },
      });
      for (const headers of [
        { origin: 'https://evil.example' },
        { 'sec-fetch-site': 'cross-site' },
        { 'sec-fetch-site': 'same-site' },
      ]) {
        const response = await fetch(page.url, {
          method: 'POST',
          body,
          headers: { ...headers, cookie },
        });
        assert.equal(response.status, 403);
      }
      assert.equal((await open('/clients/cross')).status, 404);
    });

    test('A response that another browser asked for signs nobody in', async () => {
      const asking = await operator();
      const attacker = await operator();
      const begun = await attacker.open('');
      const walked = await attacker.agent.submit(begun, {
        action: /sign-in$/,
        fields: alice,
        stopAt: `${server.issuer}/console/callback`,
      });
      const page = await asking.agent.open(walked.url);
      assert.deepEqual([page.status, headingOf(page)], [400, 'You are not signed in']);
      // Mixed up with another server's response, or with none.
      const url = new URL(walked.url);
      for (const iss of ['https://other.example', '']) {
        url.searchParams.set('iss', iss);
        assert.equal((await attacker.agent.open(url.href)).status, 400);
      }
    });

    test('Signing out ends the console session and the session at the server', async () => {
      const { agent, open, send } = await operator(alice);
      const page = await open('');
      const [cookie] = agent.cookies().filter(({ name }) => name === 'cardea_console');
      const out = await send(page, /sign-out$/);
      assert.deepEqual([out.status, headingOf(out)], [200, 'You are signed out']);
      assert.match((await open('')).url, /\/interaction\//);
      agent.plant(server.issuer, [
        { name: 'cardea_console', value: cookie?.value ?? '', path: '/console' },
      ]);
      assert.match((await open('')).url, /\/interaction\//);
    });

    test('The end of the session at the server ends the console session', async () => {
      const { agent, open } = await operator(alice);
      assert.equal((await open('/clients')).status, 200);
      const asked = await agent.open(`${server.issuer}/logout`);
      await agent.submit(asked, { action: /logout\/confirm/, fields: { logout: 'yes' } });
      assert.match((await open('/clients')).url, /\/interaction\//);
    });

    test('A session without a request for half an hour is over, and its form is kept for its person', async () => {
      const { agent, open, send } = await operator(alice);
      const page = await open('/new-client/service');
      clock.forward(31 * minute);
      const typed = { client_name: 'Typed <b>before</b>', client_id: 'kept', scope: 'orders:read' };
      const asked = await send(page, /new-client/, typed);
      // The session at the server goes on, so nobody has to type a password.
      assert.match(asked.url, /\/console\/new-client\/service\?draft=/);
      assert.match(asked.html, /nothing you typed is lost/);
      const { scope, ...texts } = typed;
      for (const [name, value] of Object.entries(texts)) assert.equal(fieldOf(asked, name), value);
      assert.match(asked.html, new RegExp(`name="scope" value="${scope}" checked`));
      assert.equal((await open('/clients/kept')).status, 404);
      // Nobody else can open it.
      const other = await createOperator(server.issuer, dave);
      const foreign = await other.agent.open(asked.url);
      assert.equal(headingOf(foreign), 'Create a client: service');
      assert.doesNotMatch(foreign.html, /Typed/);
      const made = await agent.submit(asked, {
        action: /new-client/,
        fields: { apis: ordersApi },
      });
      assert.match(headingOf(made), /is ready$/);
    });

    test('A session ends after twelve hours however often it is used', async () => {
      const { agent, open } = await operator(alice);
      for (let passed = 0; passed < 12 * hour; passed += 20 * minute) {
        assert.equal((await open('/clients')).url, `${server.issuer}/console/clients`);
        clock.forward(20 * minute);
      }
      const stopAt = `${server.issuer}/authorize`;
      const asked = await agent.open(`${server.issuer}/console/clients`, { stopAt });
      assert.ok(asked.url.startsWith(stopAt));
    });

    test('What cannot be undone asks to sign in again, and comes back to what was typed', async () => {
      const { agent, open, send } = await operator(alice);
      const made = await send(await open('/new-client/service'), /new-client/, {
        ...{ client_name: 'Doomed', client_id: 'doomed', scope: 'orders:read' },
        apis: ordersApi,
      });
      assert.match(headingOf(made), /is ready$/);
      clock.forward(6 * minute);
      const page = await open('/clients/doomed/delete');
      const asked = await send(page, /delete$/, { confirmation: 'doomed', reason: 'Not needed' });
      assert.match(asked.html, /name="password"/);
      assert.equal((await open('/clients/doomed')).status, 200);
      const back = await signIn(agent, asked, alice);
      assert.equal(fieldOf(back, 'confirmation'), 'doomed');
      assert.equal(fieldOf(back, 'reason'), 'Not needed');
      const done = await send(back, /delete$/);
      assert.match(done.html, /Doomed is deleted/);
      assert.equal((await open('/clients/doomed')).status, 404);
      assert.doesNotMatch((await open('/clients')).html, /is deleted/);
    });

    test('Another person who signs in when asked again gets neither the form nor the session', async () => {
      const { agent, open, send } = await operator(alice);
      clock.forward(6 * minute);
      const page = await open('/clients/shop/disable');
      const asked = await send(page, /disable$/, { reason: 'Secret plan' });
      const back = await signIn(agent, asked, dave);
      assert.equal(headingOf(back), 'Disable Shop?');
      assert.equal(fieldOf(back, 'reason'), '');
      assert.doesNotMatch(back.html, /Secret plan/);
    });

    test('The client of the console cannot be changed, by the console either', async () => {
      const { open, send } = await operator(alice);
      const page = await open('/clients/cardea-console/disable');
      const sent = await send(page, /disable$/);
      assert.equal(sent.status, 400);
      assert.match(sent.html, /is a part of Cardea/);
    });

    test('A role that was taken away is gone with the next request', async () => {
      const { open } = await operator(carol);
      assert.equal((await open('/clients')).status, 200);
      const hands = await besides(server);
      await hands.operators.remove(await hands.idOf(carol), hands.by);
      assert.deepEqual(headingOf(await open('/clients')), 'You have no role here');
      await hands.operators.set(await hands.idOf(carol), { role: 'auditor' }, hands.by);
      assert.equal((await open('/clients')).status, 200);
      await hands.close();
    });

    test('The session of a user who is disabled ends, and what they send changes nothing', async () => {
      const { open, send } = await operator(carol);
      const page = await open('/clients');
      const hands = await besides(server);
      await hands.users.disable(await hands.idOf(carol), hands.by);
      assert.match((await open('/clients')).url, /\/interaction\//);
      assert.match((await send(page, /sign-out$/)).html, /signed out/);
      await hands.users.enable(await hands.idOf(carol), hands.by);
      // What ended does not come back.
      assert.match((await open('/clients')).url, /\/interaction\//);
      await hands.close();
    });
  });

  describe('The console of an issuer with a path, behind a proxy that ends TLS', () => {
    const issuer = 'https://id.example/auth';
    let server: TestServer;
    before(async () => {
      const store = await stores.freshUrl();
      server = await startTestServer({ store, declaration, issuer });
    });
    after(() => server.close());
    const reach = (url: URL) => {
      assert.equal(url.origin, 'https://id.example');
      return `${server.url}${url.pathname}${url.search}`;
    };

    test('A person signs in, sends a form and signs out, without the server reaching itself', async () => {
      const { agent, open, send } = await createOperator(issuer, alice, { reach });
      const cookies = agent.cookies().filter(({ name }) => name.includes('console'));
      assert.deepEqual(cookies.map(({ name, path }) => `${name} ${path}`).sort(), [
        '__Host-cardea_console_browser /',
        '__Host-cardea_owns_console /',
        'cardea_console /auth/console',
      ]);
      const fields = { client_name: 'Job', scope: 'orders:read', apis: ordersApi };
      const made = await send(await open('/new-client/service'), /new-client/, fields);
      assert.equal(headingOf(made), 'Job is ready');
      assert.match(made.html, /curl -s https:\/\/id\.example\/auth\/token/);
      const out = await send(await open(''), /sign-out$/);
      assert.equal(headingOf(out), 'You are signed out');
    });

    test('A session that a neighbouring host plants is none', async () => {
      const thief = await createOperator(issuer, alice, { reach });
      const planted = thief.agent.cookies().filter(({ name }) => name === 'cardea_console');
      const victim = await createOperator(issuer, undefined, { reach });
      victim.agent.plant(issuer, planted);
      assert.match((await victim.open('/clients')).url, /\/interaction\//);
    });
  });
});
