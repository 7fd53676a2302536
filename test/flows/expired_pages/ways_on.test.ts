/** Where a person goes on from a page that has expired: at the app where it says how, else with the same request. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alice, walkToClient } from '../../../harness/sign_in.ts';
import { createUserAgent, type UserAgent } from '../../../harness/user_agent.ts';
import { basic, postForm, sqliteServer } from '../../support/flows.ts';
import { callbackUri } from '../../support/relying_party.ts';
import { declaration, secret, startUri, websiteUri } from './configuration.ts';
import {
  type AppRequest,
  authorizationUrl,
  clock,
  linksOf,
  muchLater,
  openRequest,
  requestOf,
} from './expired_request.ts';

sqliteServer({ declaration, clock }, (server) => {
  /** The links of the page at which a form ends that is sent too late. */
  const sentTooLate = async (agent: UserAgent, request: AppRequest) => {
    const page = await openRequest(server(), agent, request);
    const late = await muchLater(() => agent.submit(page, { action: /\/sign-in$/, fields: alice }));
    assert.equal(late.status, 400);
    return linksOf(late);
  };
  const pushed = async (more: Record<string, string> = {}) => {
    const { parameters } = requestOf('pushing', more);
    const headers = { authorization: basic('pushing', secret) };
    const { body } = await postForm(`${server().issuer}/par`, parameters, headers);
    const request_uri = String(body.request_uri);
    return { parameters: { client_id: 'pushing', request_uri }, state: parameters.state };
  };

  test('An expired sign-in begins again with the same request, and the app gets what it waits for', async () => {
    const agent = createUserAgent();
    const request = requestOf('app', { nonce: 'n-1' });
    const { 'Continue to The App': again = '' } = await sentTooLate(agent, request);
    const callback = await walkToClient(agent, again, callbackUri);
    assert.equal(callback.searchParams.get('state'), request.parameters.state);
    assert.equal((await request.redeem(callback)).status, 200);
  });

  test('An app that says where a sign-in begins gets the user there, with the issuer', async () => {
    const links = await sentTooLate(createUserAgent(), requestOf('starting'));
    const expected = new URL(startUri);
    expected.searchParams.set('iss', server().issuer);
    assert.deepEqual(links, { 'Continue to Starting': expected.href });
  });

  test('An app with a website gets a link to it, too', async () => {
    const links = await sentTooLate(createUserAgent(), requestOf('website'));
    assert.equal(links['Website of the app'], websiteUri);
    assert.match(links['Continue to Website'] ?? '', /\/authorize\?restart=/);
  });

  for (const mode of ['query', 'fragment']) {
    test(`An expired pushed request ends in an error at the app, in the response mode ${mode}`, async () => {
      const agent = createUserAgent();
      const { parameters, state } = await pushed({ response_mode: mode });
      const links = await sentTooLate(agent, { ...requestOf('pushing'), parameters });
      const { url } = await agent.open(links['Back to Pushing'] ?? '', { stopAt: callbackUri });
      const { searchParams, hash } = new URL(url);
      const answer = mode === 'query' ? searchParams : new URLSearchParams(hash.slice(1));
      assert.equal(answer.get('error'), 'access_denied');
      assert.match(answer.get('error_description') ?? '', /expired/);
      assert.equal(answer.get('state'), state);
      assert.equal(answer.get('iss'), server().issuer);
    });
  }

  test('A request that is too long to be kept ends in an error at the app', async () => {
    const agent = createUserAgent();
    const request = requestOf('app', { login_hint: 'x'.repeat(2000) });
    const { 'Back to The App': back = '' } = await sentTooLate(agent, request);
    assert.ok(back.length < 1000);
    const { url } = await agent.open(back, { stopAt: callbackUri });
    const answer = new URL(url).searchParams;
    assert.equal(answer.get('error'), 'access_denied');
    assert.equal(answer.get('state'), request.parameters.state);
  });

  test('The page of an expired form can be opened by its address, and speaks the language of the request', async () => {
    const agent = createUserAgent();
    const page = await openRequest(server(), agent, requestOf('app', { ui_locales: 'de' }));
    const late = await muchLater(() => agent.submit(page, { action: /\/sign-in$/, fields: alice }));
    const copied = await createUserAgent().open(late.url);
    for (const { status, html } of [late, copied]) {
      assert.equal(status, 400);
      assert.match(html, /<html lang="de"/);
      assert.match(html, /Weiter zu <|Weiter zu The App/);
    }
  });

  test('A page whose request nobody knows leads to the start page', async () => {
    const { issuer } = server();
    for (const path of ['/interaction/unknown', '/authorize/unknown', '/authorize?restart=x']) {
      const page = await createUserAgent().open(issuer + path);
      assert.equal(page.status, 400, path);
      assert.deepEqual(linksOf(page), { 'Start page': `${issuer}/` }, path);
    }
    const device = await createUserAgent().open(`${issuer}/device/unknown`);
    assert.deepEqual(linksOf(device), { 'Connect a device': `${issuer}/device` });
  });

  test('A sign-out form whose session is over still leads back to the app', async () => {
    const agent = createUserAgent();
    await walkToClient(agent, authorizationUrl(server(), requestOf('app').parameters), callbackUri);
    const bye = 'https://app.example/bye';
    const asked = { client_id: 'app', post_logout_redirect_uri: bye, state: 'so long' };
    const url = `${server().issuer}/logout?${new URLSearchParams(asked)}`;
    const page = await agent.open(url);
    const forgetful = createUserAgent();
    const again = await forgetful.submit(page, { action: /confirm$/, fields: { logout: 'yes' } });
    assert.equal(new URL(again.url).pathname, '/logout');
    const left = await forgetful.submit(again, { action: /confirm$/, stopAt: bye });
    assert.equal(left.url, `${bye}?state=so+long`);
  });
});
