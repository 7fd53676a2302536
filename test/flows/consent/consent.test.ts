/** Consent: what is asked in plain words, what the person leaves out, what is remembered. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJwt } from 'jose';
import * as openid from 'openid-client';
import { answerPage, bob, walkToClient } from '../../../harness/sign_in.ts';
import {
  createUserAgent,
  formsOf,
  type Page,
  type UserAgent,
} from '../../../harness/user_agent.ts';
import { eachServer } from '../../support/flows.ts';
import { elementsOf } from '../../support/html.ts';
import { callbackUri, createRelyingParty, type RelyingParty } from '../../support/relying_party.ts';
import {
  claimedUri,
  declaration,
  loopbackUri,
  narrowCallbackUri,
  ownCallbackUri,
  schemeUri,
} from './configuration.ts';

const everything = 'openid profile email orders:read orders:write';

async function requestOf(app: RelyingParty, parameters: Record<string, string> = {}) {
  return openid.buildAuthorizationUrl(app.config, {
    scope: everything,
    redirect_uri: app.redirectUri,
    code_challenge: await openid.calculatePKCECodeChallenge(openid.randomPKCECodeVerifier()),
    code_challenge_method: 'S256',
    ...parameters,
  }).href;
}

/** The page after the password. */
async function pageAfterSignIn(
  agent: UserAgent,
  app: RelyingParty,
  parameters: Record<string, string> = {},
): Promise<Page> {
  const page = await agent.open(await requestOf(app, parameters), { stopAt: app.redirectUri });
  return answerPage(agent, page, app.redirectUri);
}

const choicesOn = (page: Page) =>
  elementsOf(page.html)
    .filter(({ attributes }) => attributes.type === 'checkbox')
    .map(({ attributes }) => attributes.value);

await eachServer({ declaration }, (server) => {
  const relyingParty = (clientId = 'app', redirectUri = callbackUri) =>
    createRelyingParty({ issuer: server().issuer, clientId, redirectUri });
  const userinfo = (app: RelyingParty, token: string) =>
    openid.fetchUserInfo(app.config, token, openid.skipSubjectCheck);

  test('The consent page names the app, the user, and each scope in plain words', async () => {
    const app = await relyingParty();
    const page = await pageAfterSignIn(createUserAgent(), app);
    for (const words of [/The App/, /Alice Adams/, /Orders/, /See your orders/, /Change your/]) {
      assert.match(page.html, words);
    }
    assert.deepEqual(choicesOn(page), ['profile', 'email', 'orders:read', 'orders:write']);
    const german = await pageAfterSignIn(createUserAgent(), app, { ui_locales: 'de' });
    assert.match(german.html, /Ihre E-Mail-Adresse sehen/);
    assert.match(german.html, /Die Anwendung/);
    assert.doesNotMatch(page.html, /Die Anwendung/);
  });

  test('A native app that no other can imitate asks for consent once, and a first-party one never', async () => {
    for (const redirectUri of [claimedUri, loopbackUri, loopbackUri.replace('/c', ':49152/c')]) {
      const own = await relyingParty('own-native-app', redirectUri);
      const page = await pageAfterSignIn(createUserAgent(), own);
      assert.ok(page.url.startsWith(redirectUri), page.url);
      const app = await relyingParty('native-app', redirectUri);
      const { agent } = await app.signIn({ parameters: { scope: everything } });
      const silent = { agent, parameters: { scope: everything, prompt: 'none' } };
      assert.ok((await app.signIn(silent)).tokens.access_token);
    }
    // Agreed to on one port of the loopback address is agreed to on all.
    const elsewhere = await relyingParty('native-app', loopbackUri.replace('/c', ':50000/c'));
    const page = await pageAfterSignIn(createUserAgent(), elsewhere);
    assert.ok(page.url.startsWith(elsewhere.redirectUri));
  });

  test('A native app that another could imitate asks for consent each time', async () => {
    for (const clientId of ['native-app', 'own-native-app']) {
      const app = await relyingParty(clientId, schemeUri);
      const { agent } = await app.signIn({ parameters: { scope: everything } });
      const page = await agent.open(await requestOf(app), { stopAt: schemeUri });
      assert.match(page.html, /com\.example\.app:/);
      const request = await requestOf(app, { prompt: 'none' });
      const { url } = await agent.open(request, { stopAt: schemeUri });
      assert.equal(new URL(url).searchParams.get('error'), 'interaction_required');
    }
  });

  test('The consent page for a second account never shows the name of the first', async () => {
    const app = await relyingParty();
    const agent = createUserAgent();
    const hinted = { prompt: 'consent', scope: 'openid', login_hint: 'alice' };
    const page = await pageAfterSignIn(agent, app, hinted);
    const signIn = await agent.submit(page, { action: /\/switch$/ });
    const username = elementsOf(signIn.html).find(
      ({ attributes }) => attributes.name === 'username',
    );
    assert.ok(username && !username.attributes.value);
    const first = await createUserAgent().open(await requestOf(app, hinted));
    const filled = elementsOf(first.html).find(({ attributes }) => attributes.name === 'username');
    assert.equal(filled?.attributes.value, 'alice');
  });

  test('A scope that the user leaves out is in no token and is not asked for again', async () => {
    const app = await relyingParty();
    const scopes = ['email', 'orders:read'];
    const person = bob;
    const parameters = { scope: everything };
    const { agent, tokens } = await app.signIn({ person, scopes, parameters });
    assert.deepEqual(tokens.scope?.split(' ').sort(), ['email', 'openid', 'orders:read']);
    assert.equal(decodeJwt(tokens.access_token).scope, tokens.scope);
    const claims = await userinfo(app, tokens.access_token);
    assert.equal(claims.email, 'bob@example.com');
    assert.equal(claims.name, undefined);
    const again = await app.signIn({ agent, parameters: { ...parameters, prompt: 'none' } });
    assert.equal(again.tokens.scope, tokens.scope);
    const refreshed = await openid.refreshTokenGrant(app.config, tokens.refresh_token ?? '');
    assert.equal(refreshed.scope, tokens.scope);
  });

  test('A user can change a decision either way through prompt=consent', async () => {
    const app = await relyingParty();
    const parameters = { scope: 'openid email orders:read', prompt: 'consent' };
    const granted = async (scopes: string[], agent?: UserAgent) => {
      const result = await app.signIn({ scopes, parameters, ...(agent && { agent }) });
      return { agent: result.agent, scope: result.tokens.scope?.split(' ').sort() };
    };
    const { agent, scope } = await granted([]);
    assert.deepEqual(scope, ['openid']);
    assert.deepEqual((await granted(['email', 'orders:read'], agent)).scope, [
      'email',
      'openid',
      'orders:read',
    ]);
    assert.deepEqual((await granted(['email'], agent)).scope, ['email', 'openid']);
  });

  test('Consent is remembered across sign-ins and asked for again only when more is requested', async () => {
    const app = await relyingParty();
    await app.signIn({ parameters: { scope: 'openid profile' } });
    const known = await pageAfterSignIn(createUserAgent(), app, { scope: 'openid profile' });
    assert.ok(known.url.startsWith(callbackUri));
    const more = await pageAfterSignIn(createUserAgent(), app, {
      scope: 'openid profile offline_access',
      prompt: 'consent',
    });
    assert.match(more.html, /\/consent"/);
  });

  test('A refusal returns the user to the app with access_denied', async () => {
    const app = await relyingParty();
    const request = await requestOf(app, { prompt: 'consent', state: 'xyz' });
    const callback = await walkToClient(createUserAgent(), request, callbackUri, { deny: true });
    assert.equal(callback.searchParams.get('error'), 'access_denied');
    assert.equal(callback.searchParams.get('state'), 'xyz');
    assert.equal(callback.searchParams.get('iss'), server().issuer);
  });

  test('A consent that grants nothing gives no code', async () => {
    const app = await relyingParty();
    const request = await requestOf(app, { scope: 'orders:write', prompt: 'consent' });
    const callback = await walkToClient(createUserAgent(), request, callbackUri, { scopes: [] });
    assert.equal(callback.searchParams.get('error'), 'access_denied');
  });

  test('A scope that was not requested cannot be added to the consent form', async () => {
    const app = await relyingParty();
    const { tokens } = await app.signIn({
      parameters: { scope: 'openid orders:read', prompt: 'consent' },
      scopes: ['orders:read', 'orders:write', 'email', 'offline_access', 'admin', '__proto__'],
    });
    assert.deepEqual(tokens.scope?.split(' ').sort(), ['openid', 'orders:read']);
  });

  test('A first-party client asks for no consent', async () => {
    const app = await relyingParty('own-app', ownCallbackUri);
    const page = await pageAfterSignIn(createUserAgent(), app);
    assert.ok(page.url.startsWith(ownCallbackUri));
    const { tokens } = await app.signIn({ parameters: { scope: everything } });
    assert.deepEqual(tokens.scope?.split(' ').sort(), everything.split(' ').sort());
  });

  test('A different user at the consent page can switch to their own account', async () => {
    const app = await relyingParty();
    const agent = createUserAgent();
    const page = await pageAfterSignIn(agent, app, { prompt: 'consent', scope: 'openid' });
    const signIn = await agent.submit(page, { action: /\/switch$/ });
    assert.ok(formsOf(signIn.html).some(({ action }) => action.endsWith('/sign-in')));
    let next = await agent.submit(signIn, { action: /\/sign-in$/, fields: bob });
    for (let step = 0; step < 4 && !/Bob Brown/.test(next.html); step += 1) {
      next = await answerPage(agent, next, callbackUri, { person: bob });
    }
    assert.match(next.html, /Bob Brown/);
    assert.doesNotMatch(next.html, /Alice Adams/);
    const { tokens } = await app.signIn({ agent, parameters: { scope: 'openid email' } });
    const claims = await userinfo(app, tokens.access_token);
    assert.equal(claims.email, 'bob@example.com');
  });

  test('A single claim is shown as part of its group and can be left out', async () => {
    const app = await relyingParty();
    const claims = JSON.stringify({
      id_token: { name: { essential: true } },
      userinfo: { email: null, given_name: null },
    });
    const parameters = { scope: 'openid', claims, prompt: 'consent' };
    const page = await pageAfterSignIn(createUserAgent(), app, parameters);
    assert.deepEqual(choicesOn(page).sort(), ['email', 'profile']);
    const some = await app.signIn({ parameters, scopes: ['profile'] });
    assert.equal(some.tokens.claims()?.name, 'Alice Adams');
    const told = await userinfo(app, some.tokens.access_token);
    assert.equal(told.given_name, 'Alice');
    assert.equal(told.family_name, undefined);
    assert.equal(told.email, undefined);
    const none = await app.signIn({ parameters, scopes: [] });
    assert.equal(none.tokens.claims()?.name, undefined);
    const scope = { parameters: { scope: 'openid email', prompt: 'consent' } };
    const later = await app.signIn(scope);
    assert.equal((await userinfo(app, later.tokens.access_token)).email, 'alice@example.com');
  });

  test('A client gets no claim of a scope that it may not request', async () => {
    const claims = JSON.stringify({ id_token: { email: null }, userinfo: { email: null } });
    for (const [id, uri] of [
      ['narrow-app', narrowCallbackUri],
      ['own-app', ownCallbackUri],
    ] as const) {
      const app = await relyingParty(id, uri);
      const request = { id_token: { phone_number: null }, userinfo: { phone_number: null } };
      const parameters = id === 'own-app' ? { claims: JSON.stringify(request) } : { claims };
      const { tokens } = await app.signIn({ parameters });
      assert.equal(tokens.claims()?.email, undefined);
      const told = await userinfo(app, tokens.access_token);
      assert.deepEqual(Object.keys(told), ['sub']);
    }
  });

  test('A first-party client gets the single claims that it requests', async () => {
    const app = await relyingParty('own-app', ownCallbackUri);
    const claims = JSON.stringify({ userinfo: { email: null } });
    const { tokens } = await app.signIn({ parameters: { scope: 'openid', claims }, person: bob });
    assert.equal((await userinfo(app, tokens.access_token)).email, 'bob@example.com');
  });

  test('A consent form without its token, or from another page, decides nothing', async () => {
    const app = await relyingParty();
    const agent = createUserAgent();
    const page = await pageAfterSignIn(agent, app, { prompt: 'consent' });
    const forged = await agent.submit(page, { action: /\/consent$/, fields: { csrf: 'x' } });
    assert.equal(forged.status, 403);
    const { url } = await agent.submit(page, { action: /\/consent$/, stopAt: callbackUri });
    assert.ok(new URL(url).searchParams.get('code'));
  });
});
