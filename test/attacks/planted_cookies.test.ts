/**
 * Session swapping: a neighbouring host plants cookies of an attacker's sign-in in somebody's browser and sends it
 * on, so that the person goes on as the attacker without knowing. Beneath https a browser keeps what proves who
 * began a sign-in to itself.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { alice, answerPage, bob, walkToClient } from '../../harness/sign_in.ts';
import { createUserAgent, formsOf, type UserAgent } from '../../harness/user_agent.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { onSqlite } from '../support/stores.ts';
import { authorizeUrl } from './authorization.ts';
import { callback, declaration } from './configuration.ts';

const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';
const origin = 'https://id.example';

onSqlite((stores) => {
  for (const path of ['', '/auth']) {
    describe(`Planted cookies, with the issuer ${origin}${path}`, () => {
      const issuer = `${origin}${path}`;
      let server: TestServer;
      before(async () => {
        server = await startTestServer({ store: await stores.freshUrl(), declaration, issuer });
      });
      after(() => server.close());

      const reach = ({ pathname, search }: URL) => `${server.url}${pathname}${search}`;
      const browser = () => createUserAgent({ reach });
      const cookiesFor = (agent: UserAgent, url: string) =>
        agent
          .cookies()
          .filter(({ path }) => new URL(url).pathname.startsWith(path))
          .map(({ name, value }) => `${name}=${value}`)
          .join('; ');
      /** A request as the browser makes it, but for the headers; it follows no redirect. */
      const go = (agent: UserAgent, url: string, headers: object = {}) =>
        fetch(reach(new URL(url)), {
          headers: { accept: 'text/html', cookie: cookiesFor(agent, url), ...headers },
          redirect: 'manual',
        });
      /** Signs in up to where the browser would be sent on, and answers where to. */
      const signedInUpToResume = async (agent: UserAgent, request: string): Promise<string> => {
        const page = await agent.open(request);
        const form = formsOf(page.html).find(({ action }) => action.endsWith('/sign-in'));
        const answer = await fetch(reach(new URL(form?.action ?? '', page.url)), {
          method: 'POST',
          body: new URLSearchParams({ ...Object.fromEntries(form?.fields ?? []), ...bob }),
          headers: { cookie: cookiesFor(agent, new URL(form?.action ?? '', page.url).href) },
          redirect: 'manual',
        });
        assert.equal(answer.status, 303);
        return new URL(answer.headers.get('location') ?? '', issuer).href;
      };
      const whoIs = async (agent: UserAgent): Promise<string> => {
        const request = authorizeUrl(issuer, { client_id: 'asking-app', prompt: 'consent' });
        const { html } = await agent.open(request);
        return /Alice Adams|Bob Brown/.exec(html)?.[0] ?? 'nobody';
      };

      test("Planted cookies of an attacker's sign-in do not sign a victim in as the attacker", async () => {
        const attacker = browser();
        const resume = await signedInUpToResume(attacker, authorizeUrl(issuer));
        const victim = browser();
        victim.plant(resume, attacker.cookies());
        const answer = await victim.open(resume, { stopAt: callback });
        assert.equal(answer.status, 400);
        assert.equal(await whoIs(victim), 'nobody');
        // Not even where the victim has a sign-in of its own under way.
        const busy = browser();
        await busy.open(authorizeUrl(issuer));
        busy.plant(resume, attacker.cookies());
        assert.equal((await busy.open(resume, { stopAt: callback })).status, 400);
        // Nor beneath a path of the attacker's choice, or in place of the victim's own.
        const begun = await busy.open(authorizeUrl(issuer));
        const own = new URL(begun.url).pathname.split('/').at(-1);
        for (const name of ['x.y', 'x', `${own}%20`, String(own)]) {
          const target = `${issuer}/authorize/${name}`;
          for (const place of [`${path}/authorize`, `${path}/authorize/${name}`]) {
            const forThere = attacker.cookies().map((cookie) => ({ ...cookie, path: place }));
            busy.plant(target, forThere);
            const { url } = await busy.open(target, { stopAt: callback });
            assert.ok(!url.startsWith(callback), target);
          }
        }
        assert.equal(await whoIs(busy), 'nobody');
        // However the address of the resume is written.
        const id = String(new URL(resume).pathname.split('/').at(-1));
        for (const name of [`AUTHORIZE/${id}`, `Authorize/${id}/`, `DEVICE/${id}`]) {
          const forThere = attacker.cookies().map((cookie) => ({ ...cookie, path: '/' }));
          victim.plant(issuer, forThere);
          const { status, url } = await victim.open(`${issuer}/${name}`, { stopAt: callback });
          assert.equal(status, 404, name);
          assert.ok(!url.startsWith(callback), name);
        }
        assert.equal(await whoIs(victim), 'nobody');
        // What was planted was worth something: the attacker's own browser goes on.
        const home = await attacker.open(resume, { stopAt: callback });
        assert.ok(new URL(home.url).searchParams.get('code'));
      });

      test('A planted interaction shows no page, and its forms decide nothing', async () => {
        const attacker = browser();
        const page = await attacker.open(authorizeUrl(issuer));
        const victim = browser();
        victim.plant(page.url, attacker.cookies());
        assert.equal((await victim.open(page.url)).status, 400);
        const sent = await victim.submit(page, { action: /\/sign-in$/, fields: alice });
        assert.equal(sent.status, 400);
      });

      test('A planted device verification cannot be resumed', async () => {
        const started = await fetch(`${server.url}${path}/device_authorization`, {
          method: 'POST',
          body: new URLSearchParams({ client_id: 'app', scope: 'openid' }),
        });
        const { user_code, device_code } = (await started.json()) as Record<string, string>;
        const attacker = browser();
        const page = await attacker.open(`${issuer}/device`);
        const confirm = await attacker.submit(page, {
          action: /\/device$/,
          fields: { user_code: String(user_code) },
        });
        const signIn = await attacker.submit(confirm, { action: /\/device$/ });
        const interaction = new URL(signIn.url).pathname.split('/').at(-1);
        const resume = `${issuer}/device/${interaction}`;
        const victim = browser();
        victim.plant(resume, attacker.cookies());
        assert.equal((await victim.open(resume)).status, 400);
        const polled = await fetch(`${server.url}${path}/token`, {
          method: 'POST',
          body: new URLSearchParams({
            ...{ grant_type: deviceGrant, client_id: 'app', device_code: String(device_code) },
          }),
        });
        const { error } = (await polled.json()) as { error: string };
        assert.equal(error, 'authorization_pending');
      });

      test("A planted session does not become the victim's", async () => {
        const attacker = browser();
        await walkToClient(attacker, authorizeUrl(issuer), callback, { person: bob });
        assert.equal(await whoIs(attacker), 'Bob Brown');
        const victim = browser();
        victim.plant(issuer, attacker.cookies());
        assert.notEqual(await whoIs(victim), 'Bob Brown');
        const signedIn = browser();
        await walkToClient(signedIn, authorizeUrl(issuer), callback);
        signedIn.plant(issuer, attacker.cookies());
        assert.notEqual(await whoIs(signedIn), 'Bob Brown');
      });

      test('Planted accounts are not among those that the victim chooses from', async () => {
        const select = authorizeUrl(issuer, { prompt: 'select_account' });
        const attacker = browser();
        await walkToClient(attacker, authorizeUrl(issuer), callback, { person: bob });
        const page = await attacker.open(select);
        const other = await attacker.submit(page, {
          ...{ action: /switch$/, fields: { account: 'other' } },
        });
        await attacker.submit(other, { action: /sign-in$/, fields: alice, stopAt: callback });
        assert.match((await attacker.open(select)).html, /Bob Brown/);
        const victim = browser();
        victim.plant(issuer, attacker.cookies());
        assert.doesNotMatch((await victim.open(select)).html, /Bob Brown|Alice Adams/);
        // Not even in place of the victim's own.
        const signedIn = browser();
        await walkToClient(signedIn, authorizeUrl(issuer), callback);
        signedIn.plant(issuer, attacker.cookies());
        assert.doesNotMatch((await signedIn.open(select)).html, /Bob Brown/);
      });

      test('Another site cannot resume an interaction, and the browser that began it can', async () => {
        for (const site of ['cross-site', 'same-site']) {
          const agent = browser();
          const resume = await signedInUpToResume(agent, authorizeUrl(issuer));
          const forced = await go(agent, resume, { 'sec-fetch-site': site });
          assert.equal(forced.status, 403, site);
          assert.equal(forced.headers.get('location'), null);
          const own = await go(agent, resume, { 'sec-fetch-site': 'same-origin' });
          assert.ok(own.headers.get('location')?.startsWith(callback));
        }
        for (const headers of [{}, { 'sec-fetch-site': 'none' }]) {
          const agent = browser();
          const resume = await signedInUpToResume(agent, authorizeUrl(issuer));
          const answer = await go(agent, resume, headers);
          assert.ok(answer.headers.get('location')?.startsWith(callback));
        }
      });

      test('Several sign-ins proceed side by side in one browser and leave few cookies behind', async () => {
        const agent = browser();
        const pages = [];
        for (let count = 0; count < 12; count += 1)
          pages.push(await agent.open(authorizeUrl(issuer)));
        const begun = () => agent.cookies().filter(({ name }) => /cardea_begun_/.test(name));
        assert.equal(begun().length, 10);
        const [first, , third, last] = [pages[0], pages[1], pages[2], pages[11]];
        assert.ok(first && third && last);
        // The oldest have made room.
        assert.equal((await agent.open(first.url)).status, 400);
        for (const page of [third, last]) {
          const { url } = await answerPage(agent, page, callback);
          assert.ok(new URL(url).searchParams.get('code'), url);
        }
        assert.equal(begun().length, 8);
      });

      test('A posted request, a form_post response and an account change each return to the client', async () => {
        const agent = browser();
        const posted = await walkToClient(
          agent,
          authorizeUrl(issuer, { response_mode: 'form_post', state: 'abc' }),
          callback,
        );
        assert.equal(posted.searchParams.get('state'), 'abc');
        const other = authorizeUrl(issuer, { prompt: 'login', state: 'def' });
        const changed = await walkToClient(agent, other, callback, { person: bob });
        assert.equal(changed.searchParams.get('state'), 'def');
        assert.equal(await whoIs(agent), 'Bob Brown');
      });

      test('Every cookie is Secure, and those that bind a browser belong to one host only', async () => {
        const started = await fetch(reach(new URL(authorizeUrl(issuer))), { redirect: 'manual' });
        const cookies = started.headers.getSetCookie();
        const begun = cookies.find((cookie) => cookie.includes('begun_')) ?? '';
        assert.match(
          begun,
          /^__Host-cardea_begun_[\w-]+=[\w-]{43}; path=\/; expires=[^;]+; samesite=lax; secure; httponly$/,
        );
        for (const cookie of cookies) assert.match(cookie, /; secure/i);
      });
    });
  }
});
