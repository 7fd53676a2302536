/** When a person is asked, and when not: `prompt`, `max_age`, `id_token_hint` (OpenID Connect Core 3.1.2.1). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as openid from 'openid-client';
import { alice, bob } from '../../../harness/sign_in.ts';
import { createUserAgent, formsOf, type UserAgent } from '../../../harness/user_agent.ts';
import { createShiftedClock } from '../../support/clock.ts';
import { eachServer } from '../../support/flows.ts';
import { callbackUri, createRelyingParty, type RelyingParty } from '../../support/relying_party.ts';
import { declaration, otherCallbackUri } from './configuration.ts';

/** The forms of the first page that the person sees; none: the browser went straight back. */
async function asked(app: RelyingParty, agent: UserAgent, parameters: Record<string, string>) {
  const url = openid.buildAuthorizationUrl(app.config, {
    scope: 'openid',
    redirect_uri: app.redirectUri,
    code_challenge: await openid.calculatePKCECodeChallenge(openid.randomPKCECodeVerifier()),
    code_challenge_method: 'S256',
    ...parameters,
  });
  const page = await agent.open(url.href, { stopAt: app.redirectUri });
  const answer = new URL(page.url).searchParams;
  return {
    page,
    forms: formsOf(page.html).map(({ action }) => action.split('/').at(-1)),
    error: answer.get('error'),
    code: answer.get('code'),
  };
}

await eachServer({ declaration }, (server) => {
  const relyingParty = (clientId = 'app', redirectUri = callbackUri) =>
    createRelyingParty({ issuer: server().issuer, clientId, redirectUri });

  test('A user who has signed in and consented is not asked again', async () => {
    const app = await relyingParty();
    const { agent, tokens } = await app.signIn();
    const again = await app.signIn({ agent });
    assert.equal(again.tokens.claims()?.sub, tokens.claims()?.sub);
    assert.equal(again.tokens.claims()?.auth_time, tokens.claims()?.auth_time);
    const { code } = await asked(app, agent, {});
    assert.ok(code);
  });

  test('A request with prompt=none never shows a page', async () => {
    const app = await relyingParty();
    const stranger = createUserAgent();
    assert.equal((await asked(app, stranger, { prompt: 'none' })).error, 'login_required');
    const { agent } = await app.signIn();
    assert.ok((await asked(app, agent, { prompt: 'none' })).code);
    const more = await asked(app, agent, { prompt: 'none', scope: 'openid email' });
    assert.equal(more.error, 'consent_required');
    const forApi = await asked(app, agent, { prompt: 'none', scope: 'openid orders:read' });
    assert.equal(forApi.error, 'consent_required');
    const other = await relyingParty('other-app', otherCallbackUri);
    assert.equal((await asked(other, agent, { prompt: 'none' })).error, 'consent_required');
    assert.equal(
      (await asked(app, agent, { prompt: 'none', max_age: '0' })).error,
      'login_required',
    );
  });

  test('A request with prompt=consent asks again for what was granted', async () => {
    const app = await relyingParty();
    const { agent } = await app.signIn();
    const { forms } = await asked(app, agent, { prompt: 'consent' });
    assert.ok(forms.includes('consent'));
    const { forms: both } = await asked(app, agent, { prompt: 'login consent' });
    assert.ok(both.includes('sign-in'));
  });

  test('A request with prompt=select_account shows who is signed in, who goes on with one press', async () => {
    const app = await relyingParty();
    const { agent, tokens } = await app.signIn();
    const { page, forms } = await asked(app, agent, { prompt: 'select_account' });
    assert.deepEqual(forms, ['account', 'switch', 'account', 'cancel']);
    assert.match(page.html, /Alice Adams/);
    const { url } = await agent.submit(page, { action: /account$/, stopAt: app.redirectUri });
    assert.ok(new URL(url).searchParams.get('code'));
    const again = await app.signIn({ agent, parameters: { prompt: 'none' } });
    assert.equal(again.tokens.claims()?.sub, tokens.claims()?.sub);
  });

  test('Another account can be chosen in place of the one that is signed in', async () => {
    const app = await relyingParty();
    const { agent, tokens } = await app.signIn();
    const parameters = { prompt: 'select_account', login_hint: 'alice' };
    const { page } = await asked(app, agent, parameters);
    const other = await agent.submit(page, { action: /switch$/ });
    assert.doesNotMatch(other.html, /value="alice"/);
    let next = await agent.submit(other, {
      ...{ action: /sign-in$/, fields: bob, stopAt: app.redirectUri },
    });
    for (let step = 0; step < 4 && next.html; step += 1) {
      next = await agent.submit(next, { action: /confirm$|consent$/, stopAt: app.redirectUri });
    }
    assert.ok(new URL(next.url).searchParams.get('code'));
    const now = await app.signIn({ agent, parameters: { prompt: 'none' } });
    assert.notEqual(now.tokens.claims()?.sub, tokens.claims()?.sub);
  });

  test('A choice of accounts without anybody signed in, or a new account, is a sign-in', async () => {
    const app = await relyingParty();
    for (const prompt of ['select_account', 'create', 'select_account login', 'create consent']) {
      const { forms } = await asked(app, createUserAgent(), { prompt });
      assert.deepEqual(forms, ['sign-in', 'cancel'], prompt);
      const { tokens } = await app.signIn({ parameters: { prompt } });
      assert.ok(tokens.id_token, prompt);
    }
    const { agent } = await app.signIn();
    const { forms } = await asked(app, agent, { prompt: 'create' });
    assert.deepEqual(forms, ['sign-in', 'cancel']);
  });

  test('Going on with an account does not replace a sign-in or a consent that is asked for', async () => {
    const app = await relyingParty();
    const { agent } = await app.signIn();
    const both = await asked(app, agent, { prompt: 'select_account login consent' });
    const signIn = await agent.submit(both.page, { action: /account$/ });
    assert.match(signIn.html, /\/sign-in"/);
    let page = signIn;
    for (const form of ['sign-in', 'consent']) {
      const forged = { ...page, html: page.html.replaceAll(`/${form}"`, '/account"') };
      const refused = await agent.submit(forged, { action: /account$/, stopAt: app.redirectUri });
      // It is asked for as before.
      assert.match(refused.html, new RegExp(`/${form}"`));
      page = await agent.submit(signIn, { action: /sign-in$/, fields: alice });
    }
  });

  test('An unknown prompt, or prompt=none with another one, is refused', async () => {
    const app = await relyingParty();
    for (const prompt of ['select', 'none select_account', 'none create']) {
      const { error } = await asked(app, createUserAgent(), { prompt });
      assert.equal(error, 'invalid_request', prompt);
    }
  });

  test('A request with max_age=0 requires a new sign-in', async () => {
    const app = await relyingParty();
    const { agent } = await app.signIn();
    assert.deepEqual((await asked(app, agent, { max_age: '0' })).forms, ['sign-in', 'cancel']);
    assert.ok((await asked(app, agent, { max_age: '600' })).code);
  });

  test('An ID token hint requires that user and no other', async () => {
    const app = await relyingParty();
    const { agent, tokens } = await app.signIn();
    const id_token_hint = tokens.id_token ?? '';
    assert.ok((await asked(app, agent, { prompt: 'none', id_token_hint })).code);
    const bobs = await app.signIn({ person: bob });
    const other = await asked(app, bobs.agent, { prompt: 'none', id_token_hint });
    assert.equal(other.error, 'login_required');
    const parts = id_token_hint.split('.');
    const forged = [parts[0], parts[1], 'AAAA'].join('.');
    for (const hint of [forged, `${parts[0]}.${parts[1]}.`, bobs.tokens.access_token]) {
      const { error } = await asked(app, agent, { prompt: 'none', id_token_hint: hint });
      assert.equal(error, 'invalid_request', hint);
    }
    const foreign = await asked(await relyingParty('other-app', otherCallbackUri), agent, {
      id_token_hint,
      prompt: 'none',
    });
    assert.equal(foreign.error, 'invalid_request');
  });
});

const hour = 3_600_000;
// A server whose clock is behind signs people in a while ago.
const clock = createShiftedClock(-12 * hour);

await eachServer({ declaration, clock }, (server) => {
  test('A request with prompt=login asks for the password and renews auth_time', async () => {
    const app = await createRelyingParty({ issuer: server().issuer, clientId: 'app' });
    const { agent, tokens } = await app.signIn();
    const { forms } = await asked(app, agent, { prompt: 'login' });
    assert.deepEqual(forms, ['sign-in', 'cancel']);
    clock.forward(10_000);
    const again = await app.signIn({ agent, parameters: { prompt: 'login' } });
    const [before, after] = [tokens.claims()?.auth_time, again.tokens.claims()?.auth_time];
    assert.ok(Number(after) >= Number(before) + 10, `${before} ${after}`);
  });

  test('A sign-in older than max_age is requested again, once', async () => {
    const app = await createRelyingParty({ issuer: server().issuer, clientId: 'app' });
    const { agent } = await app.signIn();
    assert.ok((await asked(app, agent, { max_age: '86400' })).code);
    assert.deepEqual((await asked(app, agent, { max_age: '600' })).forms, ['sign-in', 'cancel']);
    const tooOld = await asked(app, agent, { max_age: '600', prompt: 'none' });
    assert.equal(tooOld.error, 'login_required');
    const { tokens } = await app.signIn({ agent, parameters: { max_age: '600' } });
    assert.ok(tokens.id_token);
  });

  test('A client can register a maximum age of sign-ins', async () => {
    const app = await createRelyingParty({ issuer: server().issuer, clientId: 'strict-app' });
    const { agent } = await app.signIn();
    assert.deepEqual((await asked(app, agent, {})).forms, ['sign-in', 'cancel']);
    assert.ok((await asked(app, agent, { max_age: '86400' })).code);
  });
});
