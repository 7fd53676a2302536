/**
 * Cross-site request forgery and session fixation: no other page, neighbouring host or other browser's
 * values can send a form in a person's name, or plant a session that a person then uses.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { alice, answerPage, bob, walkToClient } from '../../harness/sign_in.ts';
import {
  createUserAgent,
  formsOf,
  type Page,
  type PageForm,
  type UserAgent,
} from '../../harness/user_agent.ts';
import { authorizeUrl } from './authorization.ts';
import { callback, declaration } from './configuration.ts';
import { sqliteTarget, type Target } from './target.ts';

const sessionCookie = 'cardea_session';
// Asked each time, although a person's consent is remembered.
const asking = { client_id: 'asking-app', scope: 'openid profile email', prompt: 'consent' };

/** What a browser adds to a form that another page sends. */
const foreignSenders: Record<string, string>[] = [
  { origin: 'https://evil.example' },
  { origin: 'null' },
  { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
  { 'sec-fetch-site': 'cross-site' },
  { 'sec-fetch-site': 'same-site' },
  { 'sec-fetch-site': 'none' },
];

function formOn(page: Page, action: RegExp): PageForm {
  const form = formsOf(page.html).find((candidate) => action.test(candidate.action));
  if (!form) throw new Error(`no form ${action} at ${page.url}`);
  return form;
}

function cookiesFor(agent: UserAgent, path: string): string {
  const matching = agent.cookies().filter((cookie) => path.startsWith(cookie.path));
  return matching.map(({ name, value }) => `${name}=${value}`).join('; ');
}

/** Sends a form as the given browser, but with headers and fields of the attacker's. */
function send(
  { issuer }: Target,
  agent: UserAgent,
  { action, fields }: PageForm,
  { headers = {}, changes = {} }: { headers?: object; changes?: Record<string, string | null> },
): Promise<Response> {
  const url = new URL(action, issuer);
  const body = new URLSearchParams(fields);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) body.delete(name);
    else body.set(name, value);
  }
  return fetch(url, {
    method: 'POST',
    body,
    headers: { cookie: cookiesFor(agent, url.pathname), accept: 'text/html', ...headers },
    redirect: 'manual',
  });
}

/** The browser is led to a page of ours, which asks for what the form had asked for, or says that it is over. */
function isLedTo(answer: Response, path: string, what = path): void {
  assert.equal(answer.status, 303, what);
  const location = new URL(answer.headers.get('location') ?? '', answer.url);
  assert.deepEqual([location.origin, location.pathname], [new URL(answer.url).origin, path], what);
}

function sessionOf(agent: UserAgent): string | undefined {
  return agent.cookies().find(({ name }) => name === sessionCookie)?.value;
}

sqliteTarget(declaration, (target) => {
  const open = async (changes: Record<string, string> = asking) => {
    const agent = createUserAgent();
    return { agent, page: await agent.open(authorizeUrl(target().issuer, changes)) };
  };
  const openConsent = async () => {
    const { agent, page } = await open();
    return { agent, page: await answerPage(agent, page, callback) };
  };
  const auditTypes = async () =>
    ((await target().dump()).audit_events ?? []).map(({ type }) => String(type));

  /** Tries every forgery of one form; each must be refused, and the form itself must still work. */
  const resistsForgery = async (
    { agent, page }: { agent: UserAgent; page: Page },
    action: RegExp,
    changes: Record<string, string> = {},
  ) => {
    const form = formOn(page, action);
    const other = await open();
    const foreignToken = formOn(other.page, /sign-in$/).fields.find(([n]) => n === 'csrf')?.[1];
    const forgeries: { headers?: object; changes?: Record<string, string | null> }[] = [
      ...foreignSenders.map((headers) => ({ headers, changes })),
      { changes: { ...changes, csrf: null } },
      { changes: { ...changes, csrf: '' } },
      { changes: { ...changes, csrf: 'x'.repeat(43) } },
      { changes: { ...changes, csrf: foreignToken ?? '' } },
    ];
    const before = await auditTypes();
    for (const forgery of forgeries) {
      const answer = await send(target(), agent, form, forgery);
      assert.equal(answer.status, 403, JSON.stringify(forgery));
      assert.equal(answer.headers.get('location'), null);
      assert.deepEqual(answer.headers.getSetCookie(), []);
    }
    assert.deepEqual(await auditTypes(), before);
    const honest = await send(target(), agent, form, {
      changes,
      headers: { origin: target().issuer, 'sec-fetch-site': 'same-origin' },
    });
    assert.equal(honest.status, 303);
  };

  describe('Cross-site request forgery', () => {
    test('Sign-in refuses a form from another page (login CSRF)', async () => {
      await resistsForgery(await open(), /\/sign-in$/, alice);
    });
    test('Consent refuses a form from another page', async () => {
      await resistsForgery(await openConsent(), /\/consent$/);
    });
    test('Cancelling refuses a form from another page', async () => {
      await resistsForgery(await openConsent(), /\/cancel$/);
    });
    test('Choosing another account refuses a form from another page', async () => {
      await resistsForgery(await openConsent(), /\/switch$/);
    });

    test('Sign-out and the device page refuse a form without the token of the session', async () => {
      const { issuer } = target();
      for (const [path, action, extra] of [
        ['/logout', /\/logout\/confirm$/, { logout: 'yes' }],
        ['/device', /\/device$/, { user_code: 'AAAA-AAAA' }],
      ] as const) {
        const agent = createUserAgent();
        await walkToClient(agent, authorizeUrl(issuer), callback);
        const form = formOn(await agent.open(`${issuer}${path}`), action);
        const stranger = formOn(await createUserAgent().open(`${issuer}${path}`), action);
        const foreign = stranger.fields.find(([name]) => name === 'xsrf')?.[1] ?? '';
        for (const xsrf of [null, '', 'x'.repeat(48), foreign]) {
          const answer = await send(target(), agent, form, { changes: { ...extra, xsrf } });
          isLedTo(answer, path, `${path} ${xsrf}`);
        }
        for (const headers of foreignSenders) {
          const answer = await send(target(), agent, form, { headers, changes: extra });
          assert.equal(answer.status, 403, JSON.stringify(headers));
        }
        // However its address is written.
        for (const spelled of [`${form.action}/`, form.action.replace(path, path.toUpperCase())]) {
          const elsewhere = { ...form, action: spelled };
          const answer = await send(target(), agent, elsewhere, { changes: extra });
          assert.equal(answer.status, 404, spelled);
        }
        const silent = await agent.open(authorizeUrl(issuer, { prompt: 'none' }), {
          stopAt: callback,
        });
        assert.ok(new URL(silent.url).searchParams.get('code'), 'still signed in');
      }
    });
  });

  describe('Binding of an interaction to its browser', () => {
    test('The address of an interaction shows and does nothing without its cookie', async () => {
      const { page } = await openConsent();
      for (const agent of [createUserAgent(), (await open()).agent]) {
        assert.equal((await agent.open(page.url)).status, 400);
        const answer = await send(target(), agent, formOn(page, /\/consent$/), {});
        isLedTo(answer, new URL(page.url).pathname);
      }
    });

    test('The cookie of one interaction does not open another', async () => {
      const { page: victims } = await openConsent();
      const attacker = await open();
      const path = new URL(victims.url).pathname;
      const own = attacker.agent.cookies().filter(({ name }) => name.startsWith('cardea_interact'));
      attacker.agent.plant(
        victims.url,
        own.map((cookie) => ({ ...cookie, path })),
      );
      assert.equal((await attacker.agent.open(victims.url)).status, 400);
    });

    test('An interaction cookie with a missing or foreign signature is refused', async () => {
      const { agent, page } = await open();
      const path = new URL(page.url).pathname;
      const value = agent.cookies().find(({ name }) => name === 'cardea_interaction')?.value ?? '';
      const { agent: other } = await open();
      const foreign = other.cookies().find(({ name }) => name === 'cardea_interaction.sig');
      for (const signature of [undefined, '', 'x'.repeat(27), foreign?.value]) {
        const browser = createUserAgent();
        browser.plant(page.url, [
          { name: 'cardea_interaction', value, path },
          ...(signature === undefined
            ? []
            : [{ name: 'cardea_interaction.sig', value: signature, path }]),
        ]);
        assert.equal((await browser.open(page.url)).status, 400);
      }
    });

    test('The result of an interaction cannot be fetched in another browser or a second time', async () => {
      const { agent, page } = await openConsent();
      const form = formOn(page, /\/consent$/);
      const answer = await send(target(), agent, form, { headers: { origin: target().issuer } });
      const resume = new URL(answer.headers.get('location') ?? '', target().issuer).href;
      assert.equal((await createUserAgent().open(resume)).status, 400);
      const first = await agent.open(resume, { stopAt: callback });
      assert.ok(new URL(first.url).searchParams.get('code'));
      assert.equal((await agent.open(resume, { stopAt: callback })).status, 400);
    });

    test('A form submitted after its user has signed out decides nothing', async () => {
      const { issuer } = target();
      const { agent, page } = await openConsent();
      const form = formOn(page, /\/consent$/);
      const signOut = await agent.open(`${issuer}/logout`);
      await agent.submit(signOut, { action: /confirm$/, fields: { logout: 'yes' } });
      await walkToClient(agent, authorizeUrl(issuer), callback, { person: bob });
      const answer = await send(target(), agent, form, { headers: { origin: issuer } });
      isLedTo(answer, new URL(page.url).pathname);
      assert.equal((await agent.open(page.url)).status, 400);
    });

    test('Consent cannot be given before sign-in', async () => {
      const { agent, page } = await open();
      const signIn = formOn(page, /\/sign-in$/);
      const consent = { ...signIn, action: signIn.action.replace('/sign-in', '/consent') };
      const answer = await send(target(), agent, consent, { headers: { origin: target().issuer } });
      isLedTo(answer, new URL(page.url).pathname);
    });

    test('Consent does not replace a requested re-authentication', async () => {
      const { issuer } = target();
      const agent = createUserAgent();
      await walkToClient(agent, authorizeUrl(issuer, asking), callback);
      const page = await agent.open(authorizeUrl(issuer, { ...asking, prompt: 'login consent' }));
      const signIn = formOn(page, /\/sign-in$/);
      const consent = { ...signIn, action: signIn.action.replace('/sign-in', '/consent') };
      const answer = await send(target(), agent, consent, { headers: { origin: issuer } });
      isLedTo(answer, new URL(page.url).pathname);
      // Another person who then signs in there consents for themselves.
      const signedIn = await walkToClient(agent, page.url, callback, { person: bob });
      assert.ok(signedIn.searchParams.get('code'));
    });
  });

  describe('Session fixation', () => {
    test('The session id changes at sign-in, and the old one becomes worthless', async () => {
      const { issuer } = target();
      const agent = createUserAgent();
      await agent.open(`${issuer}/device`);
      const before = agent.cookies().filter(({ name }) => name.startsWith(sessionCookie));
      assert.equal(before.length, 2);
      await walkToClient(agent, authorizeUrl(issuer), callback);
      assert.notEqual(sessionOf(agent), before[0]?.value);

      const attacker = createUserAgent();
      attacker.plant(issuer, before);
      const silent = await attacker.open(authorizeUrl(issuer, { prompt: 'none' }), {
        stopAt: callback,
      });
      assert.equal(new URL(silent.url).searchParams.get('error'), 'login_required');
    });

    test('The session id changes at each further sign-in and ends at sign-out', async () => {
      const { issuer } = target();
      const agent = createUserAgent();
      await walkToClient(agent, authorizeUrl(issuer), callback);
      const first = agent.cookies().filter(({ name }) => name.startsWith(sessionCookie));
      await walkToClient(agent, authorizeUrl(issuer, { prompt: 'login' }), callback);
      const second = agent.cookies().filter(({ name }) => name.startsWith(sessionCookie));
      assert.notEqual(second[0]?.value, first[0]?.value);
      const page = await agent.open(`${issuer}/logout`);
      await agent.submit(page, { action: /confirm$/, fields: { logout: 'yes' } });
      for (const cookies of [first, second]) {
        const attacker = createUserAgent();
        attacker.plant(issuer, cookies);
        const silent = await attacker.open(authorizeUrl(issuer, { prompt: 'none' }), {
          stopAt: callback,
        });
        assert.equal(new URL(silent.url).searchParams.get('error'), 'login_required');
      }
    });

    test('An invented session id is not adopted', async () => {
      const { issuer } = target();
      const agent = createUserAgent();
      agent.plant(issuer, [{ name: sessionCookie, value: 'chosen-by-the-attacker', path: '/' }]);
      await walkToClient(agent, authorizeUrl(issuer), callback);
      assert.notEqual(sessionOf(agent), 'chosen-by-the-attacker');
    });
  });
});
