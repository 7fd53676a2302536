/** Sign-out that an app starts (OpenID Connect RP-Initiated Logout), and what ends with the session. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as openid from 'openid-client';
import {
  createUserAgent,
  formsOf,
  type Page,
  type UserAgent,
} from '../../../harness/user_agent.ts';
import { basic, eachServer, postForm } from '../../support/flows.ts';
import { createRelyingParty, type SignedIn } from '../../support/relying_party.ts';
import { byeUri, declaration, otherUri, secret } from './configuration.ts';

const confirm = /\/logout\/confirm$/;

await eachServer({ declaration: declaration('https://nowhere.example') }, (server) => {
  const app = () => createRelyingParty({ issuer: server().issuer, clientId: 'app' });
  const otherApp = () =>
    createRelyingParty({ issuer: server().issuer, clientId: 'other-app', redirectUri: otherUri });
  const logout = (parameters: Record<string, string>) =>
    `${server().issuer}/logout?${new URLSearchParams(parameters)}`;
  const confirmed = (agent: UserAgent, page: Page) =>
    agent.submit(page, { action: confirm, fields: { logout: 'yes' }, stopAt: byeUri });
  const isSignedIn = async (agent: UserAgent) => {
    const result = await (await app()).signIn({ agent, parameters: { prompt: 'none' } }).then(
      () => true,
      (error) => {
        assert.equal(error.error, 'login_required');
        return false;
      },
    );
    return result;
  };
  const isActive = async (token: string | undefined) => {
    const headers = { authorization: basic('orders-api', secret) };
    const { body } = await postForm(
      `${server().issuer}/introspect`,
      { token: token ?? '' },
      headers,
    );
    return body.active;
  };
  const refreshes = async ({ tokens }: SignedIn, clientId = 'app') => {
    const { status } = await postForm(`${server().issuer}/token`, {
      grant_type: 'refresh_token',
      client_id: clientId,
      refresh_token: tokens.refresh_token ?? '',
    });
    return status === 200;
  };
  const scope = 'openid orders:read';

  test('An app signs the user out and gets the user back with its state', async () => {
    const client = await app();
    const { agent, tokens } = await client.signIn();
    const url = openid.buildEndSessionUrl(client.config, {
      id_token_hint: tokens.id_token ?? '',
      post_logout_redirect_uri: byeUri,
      state: 'a "state" & more',
    });
    const back = new URL((await agent.open(url.href, { stopAt: byeUri })).url);
    assert.ok(back.href.startsWith(`${byeUri}?`));
    assert.equal(back.searchParams.get('state'), 'a "state" & more');
    assert.equal(await isSignedIn(agent), false);
    assert.ok(!agent.cookies().some(({ name }) => name === 'cardea_session'));
  });

  test('Sign-out by POST works the same and needs no cookie with that POST', async () => {
    const { agent, tokens } = await (await app()).signIn();
    const posted = await fetch(`${server().issuer}/logout`, {
      method: 'POST',
      body: new URLSearchParams({
        id_token_hint: tokens.id_token ?? '',
        post_logout_redirect_uri: byeUri,
      }),
      redirect: 'manual',
    });
    assert.equal(posted.status, 303);
    const page = await agent.open(
      new URL(posted.headers.get('location') ?? '', server().issuer).href,
      { stopAt: byeUri },
    );
    assert.equal(page.url, byeUri);
    assert.equal(await isSignedIn(agent), false);
  });

  test("Sign-out without parameters asks the user and ends on Cardea's own page", async () => {
    const { agent } = await (await app()).signIn();
    const page = await agent.open(logout({}));
    const done = await confirmed(agent, page);
    assert.match(done.url, /\/logout\/success$/);
    assert.equal(done.status, 200);
    assert.equal(await isSignedIn(agent), false);
  });

  test('A user who is not signed in is redirected back at once', async () => {
    const { tokens } = await (await app()).signIn();
    const agent = createUserAgent();
    const page = await agent.open(
      logout({ id_token_hint: tokens.id_token ?? '', post_logout_redirect_uri: byeUri }),
    );
    const back = await agent.submit(page, { action: confirm, stopAt: byeUri });
    assert.equal(back.url, byeUri);
  });

  test('A user who stays signed in leaves only the app that asked for sign-out', async () => {
    const first = await (await app()).signIn({ parameters: { scope } });
    const { agent, tokens } = first;
    const second = await (await otherApp()).signIn({ agent, parameters: { scope } });
    const page = await agent.open(logout({ client_id: 'app' }));
    assert.match(page.html, /The App/);
    await agent.submit(page, { action: confirm });
    assert.equal(await isActive(tokens.access_token), false);
    assert.equal(await refreshes(first), false);
    assert.equal(await isActive(second.tokens.access_token), true);
    assert.equal(await isSignedIn(agent), true);
  });

  test('Sign-out redirects only to URIs that the app registered', async () => {
    const { agent, tokens } = await (await app()).signIn();
    const id_token_hint = tokens.id_token ?? '';
    for (const uri of [
      'https://evil.example/',
      `${byeUri}/`,
      `${byeUri}?x=1`,
      `${byeUri}#x`,
      `https://app.example@evil.example/bye`,
      'javascript:alert(1)',
      'not a uri',
    ]) {
      const page = await agent.open(logout({ id_token_hint, post_logout_redirect_uri: uri }));
      assert.equal(page.status, 400, uri);
      assert.deepEqual(formsOf(page.html), [], uri);
    }
    // Without knowing the app there is no leading back at all.
    const page = await agent.open(logout({ post_logout_redirect_uri: byeUri }));
    assert.match((await confirmed(agent, page)).url, /\/logout\/success$/);
  });

  test('A hint from another issuer or for another app signs nobody out', async () => {
    const { agent, tokens } = await (await app()).signIn();
    const [header, payload] = (tokens.id_token ?? '').split('.');
    const requests: Record<string, string>[] = [
      { id_token_hint: 'no.jwt.here' },
      { id_token_hint: `${header}.${payload}.AAAA` },
      { id_token_hint: `${header}.${payload}.` },
      { id_token_hint: tokens.access_token },
      { id_token_hint: tokens.id_token ?? '', client_id: 'other-app' },
      { client_id: 'unknown' },
      { client_id: '__proto__' },
    ];
    for (const parameters of requests) {
      const page = await agent.open(logout(parameters));
      assert.equal(page.status, 400, JSON.stringify(parameters));
    }
    assert.equal(await isSignedIn(agent), true);
  });

  test('A confirmation from another browser, or without its secret, signs nobody out', async () => {
    const { agent } = await (await app()).signIn();
    const page = await agent.open(logout({}));
    const forged = await agent.submit(page, {
      action: confirm,
      fields: { xsrf: 'x', logout: 'yes' },
    });
    assert.equal(forged.status, 400);
    const stranger = await confirmed(createUserAgent(), page);
    assert.equal(stranger.status, 400);
    assert.equal(await isSignedIn(agent), true);
  });

  test('Sign-out ends the tokens of that session at every app', async () => {
    const first = await (await app()).signIn({ parameters: { scope } });
    const { agent } = first;
    const second = await (await otherApp()).signIn({ agent, parameters: { scope } });
    assert.equal(await isActive(first.tokens.access_token), true);
    assert.equal(await isActive(second.tokens.access_token), true);
    await confirmed(agent, await agent.open(logout({})));
    for (const { tokens } of [first, second]) {
      assert.equal(await isActive(tokens.access_token), false);
      const userinfo = await fetch(`${server().issuer}/userinfo`, {
        headers: { authorization: `Bearer ${tokens.access_token}` },
      });
      assert.equal(userinfo.status, 401);
    }
    assert.equal(await refreshes(first), false);
    assert.equal(await refreshes(second, 'other-app'), false);
  });

  test("Offline tokens and the tokens of the user's other browsers survive sign-out", async () => {
    const client = await app();
    const elsewhere = await client.signIn({ parameters: { scope } });
    const offline = await client.signIn({
      parameters: { scope: `${scope} offline_access`, prompt: 'consent' },
    });
    await confirmed(offline.agent, await offline.agent.open(logout({})));
    assert.equal(await isSignedIn(offline.agent), false);
    assert.equal(await isActive(offline.tokens.access_token), true);
    assert.equal(await refreshes(offline), true);
    assert.equal(await isSignedIn(elsewhere.agent), true);
    assert.equal(await isActive(elsewhere.tokens.access_token), true);
    assert.equal(await refreshes(elsewhere), true);
  });

  test('Consent survives sign-out', async () => {
    const { agent } = await (await app()).signIn({ parameters: { scope } });
    await confirmed(agent, await agent.open(logout({})));
    const again = await (await app()).signIn({ agent, parameters: { scope } });
    assert.equal(again.tokens.scope, scope);
  });
});
