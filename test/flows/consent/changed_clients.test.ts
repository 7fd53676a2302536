/**
 * What a person agreed to holds for what they were shown: the client as it introduced itself, where the answer
 * goes, and what each scope was said to mean.
 */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import * as openid from 'openid-client';
import { answerPage, walkToClient } from '../../../harness/sign_in.ts';
import { createUserAgent, type UserAgent } from '../../../harness/user_agent.ts';
import { createRelyingParty } from '../../support/relying_party.ts';
import { startTestServer } from '../../support/server.ts';
import { eachEngine } from '../../support/stores.ts';
import { eachRegistrar, manage, type Registered } from '../registration/registrar.ts';
import { declaration, orders } from './configuration.ts';

const bank = 'https://bank.example/cb';
const evil = 'https://evil.example/cb';
const scope = 'openid email offline_access orders:read';
const metadata = {
  client_name: 'The Bank',
  client_uri: 'https://bank.example',
  tos_uri: 'https://bank.example/terms',
  redirect_uris: [bank],
  grant_types: ['authorization_code', 'refresh_token'],
};

const verifier = openid.randomPKCECodeVerifier();
const challenge = await openid.calculatePKCECodeChallenge(verifier);

function requestFor(issuer: string, parameters: Record<string, string>): string {
  const request = new URLSearchParams({
    ...{ response_type: 'code', redirect_uri: bank, scope, resource: orders },
    ...{ code_challenge: challenge, code_challenge_method: 'S256', ...parameters },
  });
  return `${issuer}/authorize?${request}`;
}

/** What `prompt=none` is told: `code`, or the error. */
async function silently(agent: UserAgent, request: string, redirectUri: string): Promise<string> {
  const { url } = await agent.open(`${request}&prompt=none`, { stopAt: redirectUri });
  const { searchParams } = new URL(url);
  return searchParams.has('code') ? 'code' : String(searchParams.get('error'));
}

await eachRegistrar((registrar) => {
  /** A browser whose person has agreed to what a new client asks for. */
  const agreed = async () => {
    const { body } = await registrar().register(metadata);
    const agent = createUserAgent();
    const request = (parameters: Record<string, string> = {}) =>
      requestFor(registrar().issuer, { client_id: body.client_id, ...parameters });
    const callback = await walkToClient(agent, request(), bank);
    assert.ok(callback.searchParams.get('code'));
    assert.equal(await silently(agent, request(), bank), 'code');
    return { agent, request, client: body, code: String(callback.searchParams.get('code')) };
  };
  const change = async (client: Registered, changes: object): Promise<void> => {
    const body = { ...metadata, client_id: client.client_id, ...changes };
    const answer = await manage('PUT', client, body);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    Object.assign(client, answer.body);
  };

  test('Consent for one host sends no code to another host that the client registers later', async () => {
    const { agent, request, client } = await agreed();
    await change(client, { redirect_uris: [evil, bank] });
    const toEvil = request({ redirect_uri: evil });
    assert.equal(await silently(agent, toEvil, evil), 'consent_required');
    const page = await agent.open(toEvil, { stopAt: evil });
    assert.match(page.html, /evil\.example/);
    // The host that was shown goes on, and the other one once the person has agreed to it.
    assert.equal(await silently(agent, request(), bank), 'code');
    await walkToClient(agent, toEvil, evil);
    assert.equal(await silently(agent, toEvil, evil), 'code');
    assert.equal(await silently(agent, request(), bank), 'code');
  });

  test('A native app cannot invent the host that users are shown', async () => {
    const posing = 'com.evil.app://bank.example/cb';
    const changes = { application_type: 'native', redirect_uris: [posing] };
    const { body, status } = await registrar().register({ ...metadata, ...changes });
    assert.equal(status, 201);
    const { issuer } = registrar();
    const request = requestFor(issuer, { client_id: body.client_id, redirect_uri: posing });
    const agent = createUserAgent();
    const signIn = await agent.open(request);
    const consent = await answerPage(agent, signIn, posing);
    for (const { html } of [signIn, consent]) {
      assert.equal(/class="host[^>]*><bdi>([^<]*)/.exec(html)?.[1], 'com.evil.app:');
    }
  });

  test('A client that changes its name, in any language, or its terms needs new consent', async () => {
    for (const changes of [
      { client_name: 'Another Bank' },
      { 'client_name#de': 'Eine andere Bank' },
      { tos_uri: 'https://bank.example/other-terms' },
      { policy_uri: 'https://bank.example/privacy' },
    ]) {
      const { agent, request, client } = await agreed();
      await change(client, changes);
      assert.equal(await silently(agent, request(), bank), 'consent_required');
      await walkToClient(agent, request(), bank);
      assert.equal(await silently(agent, request(), bank), 'code');
    }
  });

  test('A change that no page shows, such as another port or path, needs no new consent', async () => {
    const { agent, request, client } = await agreed();
    const other = 'https://bank.example/other?x=1';
    await change(client, { contacts: ['new@bank.example'], redirect_uris: [bank, other] });
    assert.equal(await silently(agent, request(), bank), 'code');
    assert.equal(await silently(agent, request({ redirect_uri: other }), other), 'code');
  });

  test('A pushed request and single claims are also held to what the user was shown', async () => {
    const { agent, request, client } = await agreed();
    await change(client, { redirect_uris: [evil, bank] });
    const claims = JSON.stringify({ userinfo: { email: null }, id_token: { email: null } });
    await walkToClient(agent, request({ claims }), bank);
    assert.equal(await silently(agent, request({ claims }), bank), 'code');
    const elsewhere = request({ claims, redirect_uri: evil, scope: 'openid' });
    assert.equal(await silently(agent, elsewhere, evil), 'consent_required');
    const pushed = await fetch(`${registrar().issuer}/par`, {
      method: 'POST',
      body: new URLSearchParams([
        ...new URL(request({ redirect_uri: evil, prompt: 'none' })).searchParams,
        ['client_secret', client.client_secret],
      ]),
    });
    const { request_uri } = (await pushed.json()) as { request_uri: string };
    const query = new URLSearchParams({ client_id: client.client_id, request_uri });
    const { url } = await agent.open(`${registrar().issuer}/authorize?${query}`, { stopAt: evil });
    assert.equal(new URL(url).searchParams.get('error'), 'consent_required');
  });

  test('A client that changes while the user reads the page gets no consent for the change', async () => {
    const { body: client } = await registrar().register(metadata);
    const agent = createUserAgent();
    const request = requestFor(registrar().issuer, { client_id: client.client_id });
    const signIn = await agent.open(request);
    const shown = await answerPage(agent, signIn, bank);
    await change(client, { client_name: 'Something Else' });
    const again = await agent.submit(shown, { action: /\/consent$/, stopAt: bank });
    assert.match(again.html, /Something Else/);
    const { url } = await agent.submit(again, { action: /\/consent$/, stopAt: bank });
    assert.ok(new URL(url).searchParams.get('code'));
  });

  test('A removed redirect URI gets neither a code nor tokens for one', async () => {
    const { agent, request, client, code } = await agreed();
    const pending = await agent.open(request({ prompt: 'login' }));
    await change(client, { redirect_uris: [evil] });
    const redeemed = await fetch(`${registrar().issuer}/token`, {
      method: 'POST',
      body: new URLSearchParams({
        ...{ grant_type: 'authorization_code', code, redirect_uri: bank, code_verifier: verifier },
        ...{ client_id: client.client_id, client_secret: client.client_secret },
      }),
    });
    const answer = (await redeemed.json()) as { error?: string };
    assert.deepEqual([redeemed.status, answer.error], [400, 'invalid_grant']);
    const ended = await answerPage(agent, pending, bank);
    assert.equal(ended.status, 400);
    assert.ok(!ended.url.startsWith(bank));
  });
});

const german = { en: 'See your orders', de: 'Ihre Bestellungen sehen' };
const withText = (text: unknown, name: unknown = 'Orders') => ({
  ...declaration,
  apis: [{ identifier: orders, name, scopes: { 'orders:read': text, 'orders:write': 'Change' } }],
});

await eachEngine((stores) => {
  describe('Consent texts in the declarative file', () => {
    let store: string;
    before(async () => {
      store = await stores.freshUrl();
    });
    const on = async <T>(file: object, act: (issuer: string) => Promise<T>): Promise<T> => {
      const server = await startTestServer({ store, declaration: file });
      try {
        return await act(server.issuer);
      } finally {
        await server.close();
      }
    };
    const page = async (issuer: string, ui_locales: string) => {
      const agent = createUserAgent();
      const parameters = { client_id: 'app', redirect_uri: 'https://app.example/callback' };
      const request = requestFor(issuer, {
        ...parameters,
        scope: 'openid orders:read',
        ui_locales,
      });
      return answerPage(agent, await agent.open(request), 'https://app.example/callback');
    };

    test('The consent texts are shown in the language of the page, and a change of them needs new consent', async () => {
      await on(withText('See your orders'), async (issuer) => {
        assert.match((await page(issuer, 'en')).html, /See your orders/);
        const app = await createRelyingParty({ issuer, clientId: 'app' });
        await app.signIn({ parameters: { scope: 'openid orders:read' } });
        assert.equal((await page(issuer, 'en')).html, '');
      });
      // A translation says the same; so does a text that the file wraps differently.
      await on(withText({ ...german, en: 'See\n  your orders ' }), async (issuer) => {
        assert.equal((await page(issuer, 'en')).html, '');
        assert.equal((await page(issuer, 'de')).html, '');
      });
      const changed = { ...german, en: 'See and cancel your orders' };
      await on(withText(changed, { de: 'Bestellungen', en: 'Orders' }), async (issuer) => {
        assert.match((await page(issuer, 'en')).html, /See and cancel your orders/);
        const inGerman = (await page(issuer, 'de')).html;
        assert.match(inGerman, /Ihre Bestellungen sehen/);
        assert.match(inGerman, /Bestellungen<\/h2>/);
      });
      await on(withText('See your orders', 'Another API'), async (issuer) => {
        assert.match((await page(issuer, 'en')).html, /Another API/);
      });
    });
  });
});
