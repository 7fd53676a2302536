/** The sign-in page: what it shows, what it refuses, and what a browser holds before and after. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as openid from 'openid-client';
import { alice, bob, walkToClient } from '../../../harness/sign_in.ts';
import { createUserAgent, type Page, type UserAgent } from '../../../harness/user_agent.ts';
import { openStore } from '../../../src/storage/open.ts';
import { eachServer, failuresOf } from '../../support/flows.ts';
import { elementsOf } from '../../support/html.ts';
import { callbackUri, createRelyingParty } from '../../support/relying_party.ts';
import { startTestServer } from '../../support/server.ts';
import { operationsDuring } from '../../support/store_operations.ts';
import { eachEngine } from '../../support/stores.ts';
import { declaration } from './configuration.ts';

async function requestOf(issuer: string, parameters: Record<string, string> = {}): Promise<string> {
  const app = await createRelyingParty({ issuer, clientId: 'app' });
  return openid.buildAuthorizationUrl(app.config, {
    scope: 'openid',
    redirect_uri: callbackUri,
    state: 'xyz',
    code_challenge: await openid.calculatePKCECodeChallenge(openid.randomPKCECodeVerifier()),
    code_challenge_method: 'S256',
    ...parameters,
  }).href;
}

const field = (page: Page, name: string) =>
  elementsOf(page.html).find(({ attributes }) => attributes.name === name)?.attributes.value;
const sessionOf = (agent: UserAgent) =>
  agent.cookies().find(({ name }) => name === 'cardea_session')?.value;
const signIn = (agent: UserAgent, page: Page, fields: Record<string, string>) =>
  agent.submit(page, { action: /\/sign-in$/, fields, stopAt: callbackUri });

await eachServer({ declaration }, (server) => {
  const open = async (agent: UserAgent, parameters: Record<string, string> = {}) =>
    agent.open(await requestOf(server().issuer, parameters), { stopAt: callbackUri });

  test('The login_hint fills in the username and is escaped', async () => {
    const page = await open(createUserAgent(), { login_hint: 'alice@example.com' });
    assert.equal(field(page, 'username'), 'alice@example.com');
    const hostile = '"><script>alert(1)</script>';
    const escaped = await open(createUserAgent(), { login_hint: hostile });
    assert.equal(field(escaped, 'username'), hostile);
    const long = await open(createUserAgent(), { login_hint: 'x'.repeat(4000) });
    assert.equal(field(long, 'username')?.length, 200);
  });

  test("The ui_locales parameter takes precedence over the browser's language", async () => {
    const german = await open(createUserAgent(), { ui_locales: 'fr de-AT en' });
    assert.match(german.html, /<html lang="de"/);
    assert.equal(german.headers.get('content-language'), 'de');
    const english = await open(createUserAgent(), { ui_locales: 'tlh' });
    assert.match(english.html, /<html lang="en"/);
  });

  test('The sign-in page names the app and the host it leads back to', async () => {
    const page = await open(createUserAgent());
    assert.match(page.html, /The App/);
    assert.match(page.html, /app\.example/);
  });

  test('A sign-in reads each record from the store once', async () => {
    const agent = createUserAgent();
    const page = await open(agent);
    const cost = await operationsDuring(server(), () =>
      agent.submit(page, { action: /\/sign-in$/, fields: alice, stopAt: server().issuer }),
    );
    // What the node does besides inserts artifacts, and appends to the audit trail.
    const ofSignIn = /^(artifacts\.(find|put|rewrite)|counters\.\w+|users\.\w+)$/;
    assert.deepEqual(
      Object.fromEntries(Object.entries(cost).filter(([name]) => ofSignIn.test(name))),
      {
        'artifacts.find': 1,
        // Counted before the password is verified, given back after.
        'counters.addAll': 2,
        'users.findByName': 1,
        'artifacts.rewrite': 1,
      },
    );
  });

  test('A wrong password, an unknown user and an empty form get the same page', async () => {
    const alerts: (string | undefined)[] = [];
    for (const fields of [
      { username: 'alice', password: 'wrong' },
      { username: 'nobody', password: 'wrong' },
      { username: '', password: '' },
      { username: 'alice', password: 'x'.repeat(2000) },
      { username: 'x'.repeat(2000), password: 'wrong' },
    ]) {
      const agent = createUserAgent();
      const refused = await signIn(agent, await open(agent), fields);
      assert.equal(refused.status, 401);
      assert.equal(field(refused, 'password'), undefined);
      alerts.push(
        elementsOf(refused.html).find(({ attributes }) => attributes.role === 'alert')?.text,
      );
    }
    assert.ok(alerts[0]);
    assert.deepEqual(alerts, Array(5).fill(alerts[0]));
  });

  test('After a wrong password the right one signs in on the same page, by username or email', async () => {
    for (const username of ['alice', 'ALICE', ' alice ', 'Alice@Example.com']) {
      const agent = createUserAgent();
      const refused = await signIn(agent, await open(agent), { username, password: 'wrong' });
      assert.equal(field(refused, 'username'), username.trim());
      const { html } = await signIn(agent, refused, { ...alice, username });
      assert.match(html, /\/consent"/);
    }
  });

  test('A refused sign-in leads back to the page, which says so until it is left, at an address that can be reloaded', async () => {
    const agent = createUserAgent();
    const page = await open(agent, { login_hint: 'bob' });
    const refused = await signIn(agent, page, { username: 'alice', password: 'wrong' });
    assert.equal(refused.url, page.url);
    for (const again of [await agent.open(page.url), await agent.open(page.url)]) {
      assert.equal(field(again, 'username'), 'alice');
      assert.match(again.html, /role="alert"/);
    }
    const others = await open(agent);
    assert.doesNotMatch(others.html, /role="alert"/);
    const { html } = await signIn(agent, await agent.open(page.url), alice);
    assert.match(html, /\/consent"/);
  });

  test('A refused sign-in with another account leads back to that sign-in page', async () => {
    const agent = createUserAgent();
    const consent = await signIn(agent, await open(agent), alice);
    const other = await agent.submit(consent, { action: /\/switch$/ });
    const refused = await signIn(agent, other, { username: 'bob', password: 'wrong' });
    assert.equal(refused.url, other.url);
    assert.equal(field(refused, 'username'), 'bob');
    const back = await agent.open(consent.url.replace(/\?.*/, ''));
    const fresh = await agent.submit(back, { action: /\/switch$/ });
    assert.doesNotMatch(fresh.html, /role="alert"/);
    assert.equal(field(fresh, 'username'), '');
  });

  test('No address and no cookie of somebody else makes the sign-in page show an error', async () => {
    const attacker = createUserAgent();
    const lure = await open(attacker);
    await signIn(attacker, lure, { username: 'call 0900-1234', password: 'x' });
    const planted = attacker.cookies().filter(({ name }) => name.includes('refused'));
    assert.ok(planted.length > 0);
    const victim = createUserAgent();
    const page = await open(victim);
    const { pathname } = new URL(page.url);
    const forged = Buffer.from(
      JSON.stringify({ of: pathname.split('/').at(-1), error: 'invalid_credentials' }),
    ).toString('base64url');
    const changed = planted.map((cookie) =>
      cookie.name.endsWith('.sig') ? cookie : { ...cookie, value: forged },
    );
    const addresses = ['?error=invalid_credentials&username=evil', '#error', '?problem=throttled'];
    for (const cookies of [planted, changed]) {
      victim.plant(
        server().issuer,
        cookies.map((cookie) => ({ ...cookie, path: pathname })),
      );
      for (const address of addresses) {
        const shown = await victim.open(`${page.url}${address}`);
        assert.equal(shown.status, 200);
        assert.doesNotMatch(shown.html, /role="alert"|evil|0900/);
      }
    }
  });

  test('A duplicate form field is refused', async () => {
    const agent = createUserAgent();
    const page = await open(agent);
    const twice = await agent.submit(page, {
      action: /\/sign-in$/,
      fields: { username: ['alice', 'bob'], password: alice.password },
    });
    assert.equal(twice.status, 400);
  });

  test('The session id changes at sign-in', async () => {
    const agent = createUserAgent();
    const page = await open(agent);
    const before = sessionOf(agent);
    await signIn(agent, page, alice);
    const after = sessionOf(agent);
    assert.ok(after);
    assert.notEqual(after, before);
    const again = await open(agent, { prompt: 'login' });
    await signIn(agent, again, alice);
    assert.notEqual(sessionOf(agent), after);
  });

  test('A session that somebody else planted is worthless after sign-in', async () => {
    const { issuer } = server();
    const attacker = createUserAgent();
    await open(attacker);
    const planted = attacker.cookies().filter(({ name }) => name.startsWith('cardea_session'));
    const victim = createUserAgent();
    victim.plant(issuer, planted);
    await walkToClient(victim, await requestOf(issuer), callbackUri);
    const page = await open(attacker, { prompt: 'none' });
    assert.equal(new URL(page.url).searchParams.get('error'), 'login_required');
  });

  test('Two tabs that wait for a sign-in both complete', async () => {
    const agent = createUserAgent();
    const pages = [await open(agent), await open(agent)];
    for (const [index, page] of pages.entries()) {
      let next = await signIn(agent, page, alice);
      if (next.html) next = await agent.submit(next, { action: /consent$/, stopAt: callbackUri });
      assert.ok(new URL(next.url).searchParams.get('code'), `tab ${index}`);
    }
  });

  test('Cancelling returns the user to the app with access_denied', async () => {
    const agent = createUserAgent();
    const page = await open(agent);
    const { url } = await agent.submit(page, { action: /\/cancel$/, stopAt: callbackUri });
    const answer = new URL(url).searchParams;
    assert.equal(answer.get('error'), 'access_denied');
    assert.equal(answer.get('state'), 'xyz');
    assert.equal(answer.get('iss'), server().issuer);
    const none = await open(agent, { prompt: 'none' });
    assert.equal(new URL(none.url).searchParams.get('error'), 'login_required');
  });

  test("An expired page, or another browser's page, signs nobody in", async () => {
    const agent = createUserAgent();
    const page = await open(agent);
    const thief = createUserAgent();
    assert.equal((await thief.open(page.url)).status, 400);
    const stolen = await signIn(thief, page, alice);
    assert.equal(stolen.status, 400);
    await agent.submit(page, { action: /\/cancel$/, stopAt: callbackUri });
    const late = await signIn(agent, page, alice);
    assert.equal(late.status, 400);
    assert.match(late.html, /<html/);
    assert.equal((await agent.open(`${server().issuer}/interaction/unknown`)).status, 400);
  });
});

describe('Throttling of sign-in', async () => {
  const sign_in = { attempts_per_account: '3/15m' };
  await eachServer({ declaration: { ...declaration, sign_in } }, (server) => {
    test('Password guessing is throttled with a retry time and does not lock users out of their own browser', async () => {
      const known = createUserAgent();
      await walkToClient(known, await requestOf(server().issuer), callbackUri);
      const stranger = createUserAgent();
      let page = await stranger.open(await requestOf(server().issuer));
      for (let guess = 0; guess < 3; guess += 1) {
        page = await signIn(stranger, page, { username: 'alice', password: `guess ${guess}` });
        assert.equal(page.status, 401);
      }
      page = await signIn(stranger, page, alice);
      assert.equal(page.status, 429);
      assert.ok(Number(page.headers.get('retry-after')) > 0);
      assert.match(page.html, /role="alert"/);
      const others = await signIn(stranger, page, bob);
      assert.match(others.html, /\/consent"/);
      const own = await known.open(await requestOf(server().issuer, { prompt: 'login' }));
      const back = await signIn(known, own, alice);
      assert.equal(back.status, 303);
    });
  });
});

await eachEngine((stores) => {
  test('A disabled user is asked to sign in and cannot', async () => {
    const store = await stores.freshUrl();
    const server = await startTestServer({ store, declaration });
    try {
      const agent = createUserAgent();
      await walkToClient(agent, await requestOf(server.issuer), callbackUri);
      const users = await openStore({ url: store });
      const record = await users.users.findByUsername('alice');
      assert.ok(record);
      await users.users.update({ ...record, disabledAt: Date.now(), version: record.version + 1 });
      await users.close();
      const none = await agent.open(await requestOf(server.issuer, { prompt: 'none' }), {
        stopAt: callbackUri,
      });
      assert.equal(new URL(none.url).searchParams.get('error'), 'login_required');
      const page = await agent.open(await requestOf(server.issuer), { stopAt: callbackUri });
      assert.equal(page.status, 200);
      assert.equal((await signIn(agent, page, alice)).status, 401);
    } finally {
      await server.close();
    }
    assert.deepEqual(failuresOf(server.logged()), []);
  });
});
