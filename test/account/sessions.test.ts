/** Who is signed in to their account, where else, and how that ends. One server. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { revocationOf } from '../../src/tokens/room.ts';
import { createShiftedClock } from '../support/clock.ts';
import { onSqlite } from '../support/stores.ts';
import {
  createVisitor,
  erin,
  flashOf,
  frank,
  headingOf,
  refresh,
  signIn,
  signInToShop,
  startAccountServer,
  textOf,
} from './scene.ts';

const minute = 60_000;
const hour = 60 * minute;
const iPhone =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1';
const firefox = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:131.0) Gecko/20100101 Firefox/131.0';

onSqlite((stores) => {
  describe('The account pages and where a person is signed in', () => {
    // Behind the machine's, by which the library dates tokens: none has expired when it is issued.
    const clock = createShiftedClock(-24 * hour);
    let site: Awaited<ReturnType<typeof startAccountServer>>;
    before(async () => {
      site = await startAccountServer({ store: await stores.freshUrl(), clock });
    });
    after(() => site.close());
    const visitor = (person?: typeof erin, userAgent = firefox) =>
      createVisitor(site.server.issuer, person, { headers: { 'user-agent': userAgent } });
    /** Ends what earlier tests left. */
    const alone = async (person: typeof erin) => {
      const { killSwitches } = await site.beside.services.switches();
      const { target, order } = revocationOf.user(await site.beside.idOf(person));
      await killSwitches.throwSwitch(target, { ...order, actor: 'operator' });
    };
    /** The sessions that a page shows, as texts. */
    const rowsOf = ({ html }: { html: string }) =>
      [...html.matchAll(/<li class="row row-session">(.*?)<\/li>/gs)].map(([, row = '']) =>
        textOf(row),
      );
    const endings = ({ html }: { html: string }) =>
      [...html.matchAll(/action="[^"]*(\/sessions\/[^"/]+\/end)"/g)].map(([, path = '']) => path);

    test('Whoever opens a page signs in and comes to that page, which nobody else may keep or frame', async () => {
      const { agent, open } = await visitor();
      const asked = await open('/activity?before=x');
      assert.match(asked.url, /\/interaction\//);
      const page = await signIn(agent, asked, erin);
      assert.equal(page.url, `${site.server.issuer}/account/activity?before=x`);
      assert.equal(page.headers.get('cache-control'), 'no-store');
      assert.equal(page.headers.get('x-frame-options'), 'DENY');
      const policy = page.headers.get('content-security-policy') ?? '';
      assert.match(policy, /frame-ancestors 'none'.*form-action 'self'/);
      assert.ok(
        agent.cookies().some(({ name, path }) => name === 'cardea_account' && path === '/account'),
      );
    });

    test('Each browser is shown with its name, its address and its times, and this one is marked', async () => {
      await alone(erin);
      await visitor(erin, iPhone);
      clock.forward(3 * hour);
      const { open } = await visitor(erin);
      const page = await open('/sessions');
      const [own, phone, ...more] = rowsOf(page);
      assert.match(
        own ?? '',
        /^Firefox on Windows This browser Signed in .* UTC Address 127\.0\.0\.1$/,
      );
      assert.match(phone ?? '', /^Safari on iPhone Last used 3 hours ago Signed in /);
      assert.deepEqual(more, []);
      assert.equal(endings(page).length, 1);
    });

    test('One session is ended with all that was issued in it, and the page says by when everywhere', async () => {
      await alone(erin);
      const phone = await visitor(erin, iPhone);
      const { issuer } = site.server;
      assert.equal((await phone.open('/profile')).status, 200);
      const { open, send } = await visitor(erin);
      const done = await send(await open('/sessions'), /\/end$/);
      assert.equal(done.url, `${issuer}/account/sessions`);
      assert.match(
        flashOf(done),
        /^Safari on iPhone is signed out everywhere by \d\d:\d\d:\d\d UTC \.$/,
      );
      assert.equal(rowsOf(done).length, 1);
      assert.match((await phone.open('/profile')).url, /\/interaction\//);
      // Told once.
      assert.equal(flashOf(await open('/sessions')), '');
    });

    test('All other sessions are ended at once, and the one that asked stays', async () => {
      await alone(erin);
      const others = [await visitor(erin, iPhone), await visitor(erin), await visitor(erin)];
      const { open, send } = await visitor(erin);
      const page = await open('/sessions');
      assert.equal(rowsOf(page).length, 4);
      const done = await send(page, /end-others$/);
      assert.match(flashOf(done), /^You are signed out everywhere else by \d\d:\d\d:\d\d UTC \.$/);
      assert.equal(rowsOf(done).length, 1);
      for (const other of others) assert.match((await other.open('')).url, /\/interaction\//);
      const again = await send(page, /end-others$/);
      assert.equal(flashOf(again), 'You were signed in nowhere else.');
    });

    test('Nobody sees or ends a session of somebody else', async () => {
      await alone(erin);
      await alone(frank);
      const victim = await visitor(frank);
      await visitor(frank, iPhone);
      const [path = ''] = endings(await victim.open('/sessions'));
      const { agent, open } = await visitor(erin);
      const page = await open('/sessions');
      assert.equal(rowsOf(page).length, 1);
      const token = /name="form_token" value="([^"]+)"/.exec(page.html)?.[1];
      const html = `<form action="/account${path}"><input name="form_token" value="${token}"></form>`;
      const sent = await agent.submit({ ...page, html }, { action: /./ });
      assert.deepEqual([sent.status, headingOf(sent)], [404, 'Not found']);
      assert.equal(rowsOf(await victim.open('/sessions')).length, 2);
    });

    test('A form without its token, of another session, or from another origin changes nothing', async () => {
      await alone(erin);
      const { agent, open, send } = await visitor(erin);
      const other = await visitor(erin, iPhone);
      const page = await open('/sessions');
      const foreign = /name="form_token" value="([^"]+)"/.exec((await other.open('')).html)?.[1];
      for (const form_token of ['', 'x', foreign ?? '']) {
        assert.equal((await send(page, /end-others$/, { form_token })).status, 403);
      }
      const cookie = agent
        .cookies()
        .map(({ name, value }) => `${name}=${value}`)
        .join('; ');
      const form_token = /name="form_token" value="([^"]+)"/.exec(page.html)?.[1] ?? '';
      const headers: Record<string, string>[] = [
        { origin: 'https://evil.example' },
        { 'sec-fetch-site': 'same-site' },
      ];
      for (const from of headers) {
        const response = await fetch(`${page.url}/end-others`, {
          ...{ method: 'POST', body: new URLSearchParams({ form_token }) },
          headers: { ...from, cookie },
        });
        assert.equal(response.status, 403);
      }
      assert.equal(rowsOf(await open('/sessions')).length, 2);
    });

    test('Signing out ends the session of the account pages and the session at the server', async () => {
      const { agent, open, send } = await visitor(erin);
      const [cookie] = agent.cookies().filter(({ name }) => name === 'cardea_account');
      const out = await send(await open(''), /sign-out$/);
      assert.deepEqual([out.status, headingOf(out)], [200, 'You are signed out']);
      agent.plant(site.server.issuer, [
        { name: 'cardea_account', value: cookie?.value ?? '', path: '/account' },
      ]);
      assert.match((await open('')).url, /\/interaction\//);
    });

    test('What is sensitive asks to sign in again, in the language of the person, and comes back', async () => {
      const id = await site.beside.idOf(frank);
      const claims = { name: 'Frank Fox', locale: 'de' };
      await site.beside.users.update(id, { claims }, { actor: 'operator' });
      const { agent, open, send } = await visitor(frank);
      const page = await open('/data');
      clock.forward(6 * minute);
      const asked = await send(page, /download$/);
      assert.match(asked.html, /<html lang="de".*name="password"/s);
      const back = await signIn(agent, asked, frank);
      assert.equal(back.url, `${site.server.issuer}/account/data`);
      const file = await send(back, /download$/);
      assert.match(file.headers.get('content-disposition') ?? '', /^attachment;/);
    });

    test('A session without a request for half an hour is over, and its form is not lost', async () => {
      await alone(erin);
      const { open, send } = await visitor(erin);
      const page = await open('/profile');
      clock.forward(31 * minute);
      // The session at the server goes on, so nobody has to type a password.
      const back = await send(page, /profile$/, { claim_nickname: 'Ellie <3' });
      assert.match(back.url, /\/account\/profile\?draft=/);
      assert.match(textOf(back.html), /Nothing you entered is lost/);
      assert.match(back.html, /value="Ellie &lt;3"/);
      const id = await site.beside.idOf(erin);
      assert.equal((await site.beside.users.find(id))?.claims.nickname, undefined);
      await send(back, /profile$/);
      assert.equal((await site.beside.users.find(id))?.claims.nickname, 'Ellie <3');
    });

    test('What an app got in a browser dies with the session there, what it was granted for longer does not', async () => {
      await alone(erin);
      const { issuer } = site.server;
      const phone = await visitor(undefined, iPhone);
      const short = await signInToShop(issuer, phone.agent, erin, 'openid orders:read');
      const long = await signInToShop(issuer, phone.agent, erin);
      const userinfo = async ({ access_token: token }: Record<string, string>) =>
        (await fetch(`${issuer}/userinfo`, { headers: { authorization: `Bearer ${token}` } }))
          .status;
      assert.deepEqual([await userinfo(short), await userinfo(long)], [200, 200]);
      const { open, send } = await visitor(erin);
      await send(await open('/sessions'), /\/end$/);
      assert.deepEqual([await userinfo(short), await userinfo(long)], [401, 200]);
      assert.equal((await refresh(issuer, long.refresh_token)).status, 200);
    });
  });
});
