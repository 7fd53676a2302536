/** Several people signed in in one browser, and the choice among them (OpenID Connect Core 3.1.2.1). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as openid from 'openid-client';
import { alice, answerPage, bob, type Person } from '../../../harness/sign_in.ts';
import { createUserAgent, type Page, type UserAgent } from '../../../harness/user_agent.ts';
import { eachServer } from '../../support/flows.ts';
import { createRelyingParty, type RelyingParty } from '../../support/relying_party.ts';
import { declaration } from './configuration.ts';

const chooser = /Choose an account/;
const title = ({ html }: Page) => /<h1>([^<]*)</.exec(html)?.[1];

/** An authorization request of the app in this browser, up to the first page. */
async function begin(app: RelyingParty, agent: UserAgent, parameters: Record<string, string> = {}) {
  const verifier = openid.randomPKCECodeVerifier();
  const url = openid.buildAuthorizationUrl(app.config, {
    ...{ redirect_uri: app.redirectUri, scope: 'openid profile', ...parameters },
    code_challenge: await openid.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  });
  const page = await agent.open(url.href, { stopAt: app.redirectUri });
  /** Who the app is told of, after `page`. */
  const nameAfter = async (last: Page, person?: Person): Promise<unknown> => {
    let current = last;
    for (let step = 0; step < 5 && !current.url.startsWith(app.redirectUri); step += 1) {
      current = await answerPage(agent, current, app.redirectUri, { person: person ?? alice });
    }
    const checks = { pkceCodeVerifier: verifier };
    const tokens = await openid.authorizationCodeGrant(app.config, new URL(current.url), checks);
    return tokens.claims()?.preferred_username;
  };
  return { page, nameAfter };
}

/** The value of the button with this name on the page of the choice. */
function choiceOf({ html }: Page, name: string): string {
  const [, value] =
    new RegExp(`name="account" value="([^"]+)"(?:(?!</button>).)*<bdi>${name}<`).exec(html) ?? [];
  return value ?? assert.fail(`${name} is not on the page`);
}

const offers = ({ html }: Page, name: string) =>
  chooser.test(html) && html.includes(`<bdi>${name}<`);

await eachServer({ declaration }, (server) => {
  const relyingParty = () => createRelyingParty({ issuer: server().issuer, clientId: 'app' });

  const choose = (app: RelyingParty, agent: UserAgent, page: Page, name: string) =>
    agent.submit(page, {
      ...{ action: /account$/, fields: { account: choiceOf(page, name) } },
      stopAt: app.redirectUri,
    });

  /** Alice, and then Bob, who is the current one. */
  const withBoth = async () => {
    const app = await relyingParty();
    const { agent, tokens } = await app.signIn({ parameters: { scope: 'openid profile' } });
    const { page, nameAfter } = await begin(app, agent, { prompt: 'select_account' });
    const other = await agent.submit(page, { action: /switch$/, fields: { account: 'other' } });
    assert.equal(await nameAfter(other, bob), 'bob');
    return { app, agent, tokensOfAlice: tokens };
  };

  const current = async (app: RelyingParty, agent: UserAgent) => {
    const { page, nameAfter } = await begin(app, agent, { prompt: 'none' });
    return new URL(page.url).searchParams.get('error') ?? nameAfter(page);
  };

  test('Whoever signs in beside another leaves them signed in, and both are offered', async () => {
    const { app, agent, tokensOfAlice } = await withBoth();
    assert.equal(await current(app, agent), 'bob');
    const { page, nameAfter } = await begin(app, agent, { prompt: 'select_account' });
    assert.ok(offers(page, 'Alice Adams') && offers(page, 'Bob Brown'));
    assert.equal(await nameAfter(await choose(app, agent, page, 'Alice Adams')), 'alice');
    assert.equal(await current(app, agent), 'alice');
    const claims = (await app.signIn({ agent, parameters: { prompt: 'none' } })).tokens.claims();
    assert.equal(claims?.auth_time, tokensOfAlice.claims()?.auth_time);
    const back = await begin(app, agent, { prompt: 'select_account' });
    assert.equal(await back.nameAfter(await choose(app, agent, back.page, 'Bob Brown')), 'bob');
  });

  test('A hint of another one who is signed in leads to the choice, and not to a password', async () => {
    const { app, agent, tokensOfAlice } = await withBoth();
    const hint = { id_token_hint: tokensOfAlice.id_token ?? '' };
    const { page, nameAfter } = await begin(app, agent, hint);
    assert.ok(offers(page, 'Alice Adams') && !offers(page, 'Bob Brown'));
    assert.equal(await nameAfter(await choose(app, agent, page, 'Alice Adams')), 'alice');
    const silent = await begin(app, agent, { ...hint, prompt: 'none' });
    assert.equal(await silent.nameAfter(silent.page), 'alice');
  });

  test('At a consent another account can be chosen, whose consent is asked for by itself', async () => {
    const { app, agent } = await withBoth();
    const { page, nameAfter } = await begin(app, agent, { scope: 'openid profile email' });
    assert.match(page.html, /\/consent"/);
    const choice = await agent.submit(page, { action: /switch$/ });
    assert.ok(offers(choice, 'Alice Adams') && !offers(choice, 'Bob Brown'));
    const hers = await choose(app, agent, choice, 'Alice Adams');
    assert.match(hers.html, /\/consent"/);
    assert.match(hers.html, /Alice Adams/);
    assert.equal(await nameAfter(hers), 'alice');
    const his = await begin(app, agent, {
      prompt: 'select_account',
      scope: 'openid profile email',
    });
    const asked = await choose(app, agent, his.page, 'Bob Brown');
    assert.match(asked.html, /\/consent"/);
  });

  test('Signing out ends the current account only, and the others are offered', async () => {
    const { app, agent } = await withBoth();
    const { tokens } = await app.signIn({ agent, parameters: { prompt: 'none' } });
    const { end_session_endpoint: endpoint } = app.config.serverMetadata();
    const hint = new URLSearchParams({ id_token_hint: tokens.id_token ?? '' });
    await agent.open(`${endpoint}?${hint}`);
    assert.equal(await current(app, agent), 'login_required');
    const { page, nameAfter } = await begin(app, agent);
    assert.ok(offers(page, 'Alice Adams') && !offers(page, 'Bob Brown'));
    assert.equal(await nameAfter(await choose(app, agent, page, 'Alice Adams')), 'alice');
  });

  test('A sign-in that is refused says so also where somebody else could be chosen', async () => {
    const { app, agent } = await withBoth();
    const { tokens } = await app.signIn({ agent, parameters: { prompt: 'none' } });
    const { end_session_endpoint: endpoint } = app.config.serverMetadata();
    await agent.open(
      `${endpoint}?${new URLSearchParams({ id_token_hint: tokens.id_token ?? '' })}`,
    );
    const { page } = await begin(app, agent);
    const other = await agent.submit(page, { action: /switch$/, fields: { account: 'other' } });
    const fields = { username: 'bob', password: 'not-the-password-of-bob' };
    const refused = await agent.submit(other, { action: /sign-in$/, fields });
    assert.equal(title(refused), 'Sign in');
    assert.match(refused.html, /don’t match/);
  });

  test('Two who sign in at the same time in two tabs are both signed in', async () => {
    const app = await relyingParty();
    const agent = createUserAgent();
    const [hers, his] = [await begin(app, agent), await begin(app, agent)];
    assert.equal(await hers.nameAfter(hers.page, alice), 'alice');
    assert.equal(await his.nameAfter(his.page, bob), 'bob');
    const { page } = await begin(app, agent, { prompt: 'select_account' });
    assert.ok(offers(page, 'Alice Adams') && offers(page, 'Bob Brown'));
  });

  test('All who are signed in in a browser are signed out of it at once, and elsewhere stay', async () => {
    const { app, agent, tokensOfAlice } = await withBoth();
    const elsewhere = await app.signIn();
    const thief = createUserAgent();
    thief.plant(server().issuer, agent.cookies());
    const { page, nameAfter } = await begin(app, agent, { prompt: 'select_account' });
    const signIn = await agent.submit(page, { action: /account$/, fields: { account: 'none' } });
    assert.equal(title(signIn), 'Sign in');
    assert.equal(await current(app, agent), 'login_required');
    assert.equal(title((await begin(app, agent)).page), 'Sign in');
    // A copy of the cookies opens nothing any more.
    assert.equal(await current(app, thief), 'login_required');
    assert.equal(title((await begin(app, thief)).page), 'Sign in');
    const token = tokensOfAlice.access_token;
    await assert.rejects(openid.fetchUserInfo(app.config, token, openid.skipSubjectCheck));
    assert.equal(await current(app, elsewhere.agent), 'alice');
    // The request itself goes on.
    assert.equal(await nameAfter(signIn, bob), 'bob');
  });

  test('The choice of an account is no sign-in where one is asked for', async () => {
    const { app, agent } = await withBoth();
    for (const parameters of [
      { prompt: 'select_account login' },
      { prompt: 'select_account', max_age: '0' },
    ]) {
      const { page } = await begin(app, agent, parameters as Record<string, string>);
      const asked = await choose(app, agent, page, 'Alice Adams');
      assert.equal(title(asked), 'Sign in');
    }
  });

  test('Nobody waits in a browser that was closed', async () => {
    const { app, agent } = await withBoth();
    agent.close();
    assert.equal(title((await begin(app, agent)).page), 'Sign in');
  });

  test('A request that was begun before another account was chosen does not go on with either', async () => {
    const { app, agent } = await withBoth();
    const first = await begin(app, agent, { scope: 'openid profile email offline_access' });
    const second = await begin(app, agent, { prompt: 'select_account' });
    await choose(app, agent, second.page, 'Alice Adams');
    const late = await agent.submit(first.page, { action: /consent$/, stopAt: app.redirectUri });
    assert.ok(!late.url.startsWith(app.redirectUri) && late.status >= 400, late.url);
  });

  test('An account of another browser, or one that nobody has, cannot be chosen', async () => {
    const { app, agent } = await withBoth();
    const { page } = await begin(app, agent, { prompt: 'select_account' });
    const stranger = createUserAgent();
    await app.signIn({ agent: stranger, person: bob });
    const elsewhere = await begin(app, stranger, { prompt: 'select_account' });
    for (const account of [choiceOf(page, 'Alice Adams'), 'x'.repeat(43), '']) {
      const refused = await stranger.submit(elsewhere.page, {
        ...{ action: /account$/, fields: { account }, stopAt: app.redirectUri },
      });
      assert.ok(!refused.url.startsWith(app.redirectUri), account);
    }
    assert.equal(await current(app, stranger), 'bob');
  });
});
