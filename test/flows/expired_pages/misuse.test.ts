/** What a page keeps of its request opens nothing: no sign-in, no address that is not registered. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alice, bob, walkToClient } from '../../../harness/sign_in.ts';
import { testSecret } from '../../../harness/test_secret.ts';
import { createUserAgent } from '../../../harness/user_agent.ts';
import { createSecrets } from '../../../src/secrets/room.ts';
import { openStore } from '../../../src/storage/open.ts';
import { clientsOn } from '../../support/clients_operator.ts';
import { basic, postForm, sqliteServer } from '../../support/flows.ts';
import { callbackUri } from '../../support/relying_party.ts';
import { app, declaration, secret } from './configuration.ts';
import { clock, linksOf, muchLater, openRequest, requestOf, restartOf } from './expired_request.ts';

const evil = 'https://evil.example/callback';

sqliteServer({ declaration, clock }, (server) => {
  const again = (restart: string, more: Record<string, string> = {}) =>
    `${server().issuer}/authorize?${new URLSearchParams({ restart, ...more })}`;
  const begun = async (clientId = 'app', more: Record<string, string> = {}) => {
    const agent = createUserAgent();
    const request = requestOf(clientId, more);
    const page = await openRequest(server(), agent, request);
    return { agent, request, page, restart: restartOf(page) };
  };
  const isRefused = async (url: string) => {
    const page = await createUserAgent().open(url, { stopAt: 'https://' });
    assert.equal(page.status, 400, url);
    assert.deepEqual(linksOf(page), { 'Start page': `${server().issuer}/` });
  };

  test('A request that was altered, or sealed for something else, leads nowhere', async () => {
    const { restart } = await begun();
    const altered = [...restart];
    const middle = Math.floor(altered.length / 2);
    altered[middle] = altered[middle] === 'A' ? 'B' : 'A';
    const ours = createSecrets([Buffer.from(testSecret, 'base64url')]);
    const others = createSecrets([Buffer.alloc(32, 'x')]);
    const text = JSON.stringify({
      as: 'refusal',
      query: `client_id=app&response_type=code&redirect_uri=${encodeURIComponent(evil)}`,
    });
    for (const token of [
      altered.join(''),
      restart.slice(0, -4),
      ours.seal('another purpose', text),
      others.seal('restart', text),
      Buffer.from(text).toString('base64url'),
    ]) {
      await isRefused(again(token));
      const page = await createUserAgent().open(
        `${server().issuer}/interaction/unknown?${new URLSearchParams({ restart: token })}`,
      );
      assert.deepEqual(linksOf(page), { 'Start page': `${server().issuer}/` });
    }
    const twice = `${again(restart)}&${new URLSearchParams({ restart })}`;
    await isRefused(twice);
  });

  test('Parameters beside a kept request are ignored', async () => {
    const { restart, request } = await begun();
    const agent = createUserAgent();
    const more = { redirect_uri: evil, client_id: 'website', prompt: 'none', state: 'other' };
    const callback = await walkToClient(agent, again(restart, more), callbackUri);
    assert.equal(callback.searchParams.get('state'), request.parameters.state);
    assert.equal((await request.redeem(callback)).status, 200);
  });

  test('An address that the client has lost meanwhile is not redirected to', async () => {
    const store = await openStore({ url: server().store });
    const clients = clientsOn(store, declaration);
    const lasting = 'https://app.example/lasting';
    const uris = [callbackUri, lasting];
    const metadata = { ...app, redirect_uris: uris };
    await clients.create({ clientId: 'changing', metadata });
    const whole = await begun('changing');
    const long = await begun('changing', { login_hint: 'x'.repeat(2000) });
    await clients.update('changing', { redirect_uris: [lasting] });
    await store.close();
    for (const { restart } of [whole, long]) {
      const page = await createUserAgent().open(again(restart), { stopAt: 'https://' });
      assert.equal(page.status, 400);
      assert.match(page.html, /redirect_uri did not match/);
    }
  });

  test("Another browser that opens a running sign-in begins one of its own, and leaves the first one's alone", async () => {
    const { agent, page, request } = await begun();
    const other = createUserAgent();
    const shown = await other.open(page.url);
    assert.equal(shown.status, 400);
    assert.doesNotMatch(shown.html, /\/sign-in"/);
    const { 'Continue to The App': link = '' } = linksOf(shown);
    const own = await other.open(link);
    assert.notEqual(new URL(own.url).pathname, new URL(page.url).pathname);
    await other.submit(own, { action: /\/sign-in$/, fields: bob, stopAt: callbackUri });
    const first = await agent.submit(page, {
      action: /\/sign-in$/,
      fields: alice,
      stopAt: callbackUri,
    });
    const { status, body } = await request.redeem(new URL(first.url));
    assert.equal(status, 200);
    const [, claims = ''] = String(body.id_token).split('.');
    const { sub } = JSON.parse(Buffer.from(claims, 'base64url').toString());
    const store = await openStore({ url: server().store });
    assert.equal((await store.users.findByName('alice'))?.id, sub);
    await store.close();
  });

  test('A kept request signs nobody in, and asks again for all that it asked for', async () => {
    const { agent, page, restart } = await begun('app', { prompt: 'login' });
    await agent.submit(page, { action: /\/sign-in$/, fields: alice, stopAt: callbackUri });
    for (const browser of [agent, createUserAgent()]) {
      const shown = await browser.open(again(restart), { stopAt: callbackUri });
      assert.match(shown.html, /\/sign-in"/);
    }
  });

  test('A pushed request gives no second code, however often its page is begun again', async () => {
    const agent = createUserAgent();
    const headers = { authorization: basic('pushing', secret) };
    const { parameters } = requestOf('pushing');
    const { body } = await postForm(`${server().issuer}/par`, parameters, headers);
    const pushed = { client_id: 'pushing', request_uri: String(body.request_uri) };
    const page = await openRequest(server(), agent, { ...requestOf(''), parameters: pushed });
    const sent = { action: /\/sign-in$/, fields: alice, stopAt: callbackUri };
    const first = await agent.submit(page, sent);
    assert.ok(new URL(first.url).searchParams.get('code'));
    for (let time = 0; time < 2; time += 1) {
      const { url } = await agent.open(again(restartOf(page)), { stopAt: callbackUri });
      const answer = new URL(url).searchParams;
      assert.equal(answer.get('code'), null);
      assert.equal(answer.get('error'), 'access_denied');
    }
  });

  test('What a page keeps cannot be read from its address', async () => {
    const { restart } = await begun('app', { login_hint: 'alice@example.com' });
    const parts = restart.split('.').map((part) => Buffer.from(part, 'base64url').toString());
    assert.doesNotMatch(`${restart} ${parts.join(' ')}`, /alice|app\.example|state/);
  });

  test('A kept sign-out is no authorization request, and a kept authorization request no sign-out', async () => {
    const { restart } = await begun();
    const { agent: signedIn, page } = await begun();
    await signedIn.submit(page, { action: /\/sign-in$/, fields: alice, stopAt: callbackUri });
    const signOut = await signedIn.open(`${server().issuer}/logout`);
    const kept = /name="restart" value="([^"]+)"/.exec(signOut.html)?.[1] ?? '';
    assert.notEqual(kept, '');
    await isRefused(again(kept));
    const fields = { restart, logout: 'yes' };
    const late = await createUserAgent().submit(signOut, { action: /confirm$/, fields });
    assert.equal(late.status, 400);
    assert.deepEqual(linksOf(late), { 'Sign out': `${server().issuer}/logout` });
  });

  test('A form of an expired page that another site sends changes nothing', async () => {
    const { page } = await begun();
    const [, restart = ''] = /name="restart" value="([^"]+)"/.exec(page.html) ?? [];
    const { origin, pathname } = new URL(page.url);
    const forged = await muchLater(() =>
      postForm(
        `${origin}${pathname}/sign-in`,
        { restart, ...alice },
        { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
      ),
    );
    assert.equal(forged.status, 303);
    const target = new URL(forged.headers.get('location') ?? '', origin);
    assert.equal(target.origin + target.pathname, origin + pathname);
    assert.doesNotMatch(forged.headers.getSetCookie().join(), /session/);
  });
});
