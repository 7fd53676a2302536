/** The RP-Initiated and Back-Channel Logout plans, where https and the proxy matter. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import type { UserAgent } from '../../harness/user_agent.ts';
import { suiteUrl } from '../../scripts/conformance/setup.ts';
import { createSuiteClient } from './client.ts';
import { conformance } from './issuer.ts';

conformance('logout', (running) => {
  const suite = () => createSuiteClient(running());
  const back = () => suiteUrl(running().setup, 'post_logout_redirect');
  const signIn = async (clientId: string) => {
    const { agent, answer, idToken } = await suite().signIn({ clientId });
    return { agent, hint: String(answer.body.id_token), claims: idToken.claims };
  };
  const open = (agent: UserAgent, parameters: Record<string, string>) =>
    agent.open(`${running().setup.issuer}/logout?${new URLSearchParams(parameters)}`, {
      stopAt: back(),
    });
  const confirm = async (agent: UserAgent, parameters: Record<string, string>) => {
    const page = await open(agent, parameters);
    // Where an app proves that it asks, nobody else is asked.
    if (page.url.startsWith(back())) return page;
    const fields = { logout: 'yes' };
    return agent.submit(page, { action: /\/confirm$/, fields, stopAt: back() });
  };
  const isSignedIn = async (agent: UserAgent, clientId: string) => {
    const url = suite().authorizationUrl({ prompt: 'none' }, clientId);
    const { redirectUri: stopAt } = suite();
    const answer = new URL((await agent.open(url, { stopAt })).url).searchParams;
    if (!answer.has('code')) assert.equal(answer.get('error'), 'login_required');
    return answer.has('code');
  };

  test('The post-logout redirect carries the received state and nothing else', async () => {
    for (const state of [undefined, 's'.repeat(128)]) {
      const { agent, hint } = await signIn('one');
      const page = await confirm(agent, {
        id_token_hint: hint,
        post_logout_redirect_uri: back(),
        ...(state && { state }),
      });
      assert.equal(page.url, state ? `${back()}?state=${state}` : back());
      assert.equal(await isSignedIn(agent, 'one'), false);
    }
  });

  test('A sign-out without a redirect URI ends on a page', async () => {
    for (const parameters of [{}, { state: 's' }, { post_logout_redirect_uri: '' }]) {
      const { agent } = await signIn('one');
      const page = await confirm(agent, parameters as Record<string, string>);
      assert.equal(page.status, 200);
      assert.ok(page.url.startsWith(running().setup.issuer));
      assert.equal(await isSignedIn(agent, 'one'), false);
    }
  });

  test('A sign-out with an unregistered redirect URI or a foreign hint ends on an error page', async () => {
    const { agent, hint } = await signIn('one');
    const [header, payload, signature = ''] = hint.split('.');
    const modified = [header, payload, [...signature].reverse().join('')].join('.');
    for (const parameters of [
      { id_token_hint: hint, post_logout_redirect_uri: `${back()}/other` },
      { id_token_hint: hint, post_logout_redirect_uri: `${back()}?foo=bar` },
      { id_token_hint: modified, post_logout_redirect_uri: back() },
      { id_token_hint: 'a.b.c', post_logout_redirect_uri: back() },
    ] as Record<string, string>[]) {
      const page = await open(agent, parameters);
      assert.equal(page.status, 400, JSON.stringify(parameters));
      assert.match(page.html, /emblem-problem/);
    }
    assert.equal(await isSignedIn(agent, 'one'), true);
  });

  test("A client's https endpoint receives its logout token before the browser is redirected", async () => {
    const { setup, site } = running();
    const { agent, hint, claims } = await signIn('backchannel');
    assert.ok(claims.sid);
    const page = await confirm(agent, { id_token_hint: hint, post_logout_redirect_uri: back() });
    assert.equal(page.url, back());
    const { pathname } = new URL(suiteUrl(setup, 'backchannel_logout'));
    const [request, ...more] = site.received.filter(({ path }) => path === pathname);
    assert.deepEqual([request?.method, more], ['POST', []]);

    const fields = new URLSearchParams(request?.body);
    assert.deepEqual([...fields.keys()], ['logout_token']);
    const keys = createRemoteJWKSet(new URL(`${setup.issuer}/.well-known/jwks.json`));
    const { payload, protectedHeader } = await jwtVerify(fields.get('logout_token') ?? '', keys, {
      issuer: setup.issuer,
      audience: 'backchannel',
      typ: 'logout+jwt',
      algorithms: ['RS256'],
      requiredClaims: ['iat', 'exp', 'jti'],
    });
    assert.ok(protectedHeader.kid);
    assert.deepEqual([payload.sub, payload.sid], [claims.sub, claims.sid]);
    assert.deepEqual(payload.events, { 'http://schemas.openid.net/event/backchannel-logout': {} });
    const known = ['iss', 'aud', 'iat', 'exp', 'jti', 'sub', 'sid', 'events'];
    assert.deepEqual(
      Object.keys(payload).filter((name) => !known.includes(name)),
      [],
    );
  });
});
