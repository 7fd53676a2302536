/** Sign-out with an `id_token_hint`: when the person is asked, and who cannot sign them out by a link. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bob } from '../../../harness/sign_in.ts';
import { createUserAgent, type UserAgent } from '../../../harness/user_agent.ts';
import { createShiftedClock } from '../../support/clock.ts';
import { eachServer, postForm, sqliteServer } from '../../support/flows.ts';
import { createRelyingParty, type SignedIn } from '../../support/relying_party.ts';
import { byeUri, declaration, otherUri, pairwiseUri, untoldUri } from './configuration.ts';

// A server whose clock is behind signs people in a while ago.
const clock = createShiftedClock(-3_600_000);

await eachServer({ declaration: declaration('https://nowhere.example'), clock }, (server) => {
  const app = () => createRelyingParty({ issuer: server().issuer, clientId: 'app' });
  const appAt = (clientId: string, redirectUri: string) =>
    createRelyingParty({ issuer: server().issuer, clientId, redirectUri });
  const visit = (agent: UserAgent, hint: string | undefined) => {
    const query = new URLSearchParams({ id_token_hint: hint ?? '' });
    return agent.open(`${server().issuer}/logout?${query}`, { stopAt: byeUri });
  };
  const isSignedIn = async (agent: UserAgent) =>
    (await app()).signIn({ agent, parameters: { prompt: 'none' } }).then(
      () => true,
      (error) => {
        assert.equal(error.error, 'login_required');
        return false;
      },
    );
  const assertAsked = async (agent: UserAgent, hint: string | undefined) => {
    const page = await visit(agent, hint);
    assert.equal(page.status, 200);
    assert.match(page.html, /action="[^"]*\/logout\/confirm"/);
    assert.equal(await isSignedIn(agent), true);
  };

  test('An ID token of the session signs out at once, also one of a refresh, and ends the tokens of the session', async () => {
    const client = await app();
    const hints: ((signedIn: SignedIn) => Promise<string | undefined>)[] = [
      async ({ tokens }) => tokens.id_token,
      async ({ tokens }) => {
        const { body } = await postForm(`${server().issuer}/token`, {
          ...{ grant_type: 'refresh_token', client_id: 'app' },
          refresh_token: tokens.refresh_token ?? '',
        });
        return String(body.id_token);
      },
    ];
    for (const hintOf of hints) {
      const signedIn = await client.signIn();
      const { url } = await visit(signedIn.agent, await hintOf(signedIn));
      assert.equal(url, `${server().issuer}/logout/success`);
      assert.equal(await isSignedIn(signedIn.agent), false);
      const headers = { authorization: `Bearer ${signedIn.tokens.access_token}` };
      assert.equal((await fetch(`${server().issuer}/userinfo`, { headers })).status, 401);
    }
  });

  test('An app that gets no session id, or a subject of its own, is known by the time of the sign-in', async () => {
    for (const [clientId, redirectUri] of [
      ['untold-app', untoldUri],
      ['pairwise-app', pairwiseUri],
    ] as const) {
      const { agent, tokens } = await (await appAt(clientId, redirectUri)).signIn();
      assert.equal(tokens.claims()?.sid, undefined);
      clock.forward(2000);
      const elsewhere = await (await appAt(clientId, redirectUri)).signIn();
      await assertAsked(elsewhere.agent, tokens.id_token);
      const { url } = await visit(agent, tokens.id_token);
      assert.equal(url, `${server().issuer}/logout/success`);
      assert.equal(await isSignedIn(agent), false);
    }
  });

  test("A link with another user's ID token, or one of another session, asks", async () => {
    const client = await app();
    const { agent } = await client.signIn();
    const bobs = await client.signIn({ person: bob });
    await assertAsked(agent, bobs.tokens.id_token);
    const elsewhere = await client.signIn();
    await assertAsked(agent, elsewhere.tokens.id_token);
    const earlier = await client.signIn();
    await visit(earlier.agent, earlier.tokens.id_token);
    await client.signIn({ agent: earlier.agent });
    await assertAsked(earlier.agent, earlier.tokens.id_token);
  });

  test('An ID token of an app that is not part of the session asks', async () => {
    const { tokens } = await (await appAt('other-app', otherUri)).signIn();
    const { agent } = await (await app()).signIn();
    await assertAsked(agent, tokens.id_token);
  });

  test('A hint that is no ID token of the app signs nobody out', async () => {
    const { agent, tokens } = await (await app()).signIn();
    const [header, payload] = (tokens.id_token ?? '').split('.');
    for (const hint of [tokens.access_token, `${header}.${payload}.`, `${header}.${payload}.AA`]) {
      assert.equal((await visit(agent, hint)).status, 400);
      assert.equal(await isSignedIn(agent), true);
    }
    await assertAsked(agent, undefined);
  });

  test('A browser without a session of the ID token is answered as before', async () => {
    const { agent, tokens } = await (await app()).signIn();
    await visit(agent, tokens.id_token);
    for (const browser of [agent, createUserAgent()]) {
      const page = await visit(browser, tokens.id_token);
      assert.equal(page.status, 200);
      const { url } = await browser.submit(page, { action: /\/logout\/confirm$/ });
      assert.equal(url, `${server().issuer}/logout/success`);
    }
  });
});

sqliteServer({ declaration: declaration('https://nowhere.example') }, (server) => {
  test('An ID token of the session signs out at once also after it has expired', async (t) => {
    const client = await createRelyingParty({ issuer: server().issuer, clientId: 'app' });
    const { agent, tokens } = await client.signIn();
    const expired = Number(tokens.claims()?.exp) + 600;
    t.mock.timers.enable({ apis: ['Date'], now: expired * 1000 });
    const query = new URLSearchParams({ id_token_hint: tokens.id_token ?? '' });
    const { url } = await agent.open(`${server().issuer}/logout?${query}`);
    assert.equal(url, `${server().issuer}/logout/success`);
  });
});

const asking = declaration('https://nowhere.example', { sign_out: { confirm: 'always' } });

sqliteServer({ declaration: asking }, (server) => {
  test('Sign-out asks in any case where the operator wants that', async () => {
    const client = await createRelyingParty({ issuer: server().issuer, clientId: 'app' });
    const { agent, tokens } = await client.signIn();
    const query = new URLSearchParams({ id_token_hint: tokens.id_token ?? '' });
    const page = await agent.open(`${server().issuer}/logout?${query}`);
    assert.match(page.html, /action="[^"]*\/logout\/confirm"/);
    const again = await client.signIn({ agent, parameters: { prompt: 'none' } });
    assert.ok(again.tokens.id_token);
  });
});
