/** Back-channel logout (OpenID Connect Back-Channel Logout 1.0): every app of the session is told. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { bob } from '../../../harness/sign_in.ts';
import { createUserAgent, type UserAgent } from '../../../harness/user_agent.ts';
import { eachServer } from '../../support/flows.ts';
import { startLocalSite } from '../../support/local_site.ts';
import { createRelyingParty } from '../../support/relying_party.ts';
import type { TestServer } from '../../support/server.ts';
import { declaration, otherUri } from './configuration.ts';

const site = await startLocalSite();
after(() => site.close());

/** The logout tokens that arrived at a path since the last look, verified. */
async function logoutTokens({ issuer }: TestServer, path: string, clientId: string) {
  const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`));
  const requests = site.received.filter((request) => request.path === path);
  return Promise.all(
    requests.map(async ({ method, body }) => {
      assert.equal(method, 'POST');
      const token = new URLSearchParams(body).get('logout_token') ?? '';
      const { payload } = await jwtVerify(token, keys, {
        issuer,
        audience: clientId,
        typ: 'logout+jwt',
        algorithms: ['RS256'],
        requiredClaims: ['iat', 'exp', 'jti', 'events'],
      });
      return payload;
    }),
  );
}

async function signOut({ issuer }: TestServer, agent: UserAgent, answer?: 'yes') {
  site.received.length = 0;
  const page = await agent.open(`${issuer}/logout?client_id=app`);
  const fields: Record<string, string> = answer ? { logout: answer } : {};
  await agent.submit(page, { action: /\/confirm$/, fields });
}

await eachServer({ declaration: declaration(site.url) }, (server) => {
  const app = () => createRelyingParty({ issuer: server().issuer, clientId: 'app' });
  const otherApp = () =>
    createRelyingParty({ issuer: server().issuer, clientId: 'other-app', redirectUri: otherUri });

  test('A logout token names the user and the session and cannot pass for an ID token', async () => {
    const { agent, tokens } = await (await app()).signIn();
    const idToken = tokens.claims();
    assert.ok(idToken?.sid);
    await signOut(server(), agent, 'yes');
    const [token, ...more] = await logoutTokens(server(), '/app-logout', 'app');
    assert.deepEqual(more, []);
    assert.equal(token?.sub, idToken?.sub);
    assert.equal(token?.sid, idToken?.sid);
    assert.deepEqual(token?.events, { 'http://schemas.openid.net/event/backchannel-logout': {} });
    assert.equal(token?.nonce, undefined);
    assert.ok(Number(token?.exp) - Number(token?.iat) <= 120);
  });

  test('Every app of the session receives a logout token, and no app of another session does', async () => {
    const agent = createUserAgent();
    await (await app()).signIn({ agent });
    const { tokens } = await (await otherApp()).signIn({ agent });
    const elsewhere = await (await app()).signIn({ person: bob });
    await signOut(server(), agent, 'yes');
    const [told, ...more] = await logoutTokens(server(), '/app-logout', 'app');
    assert.deepEqual(more, []);
    assert.notEqual(told?.sid, elsewhere.tokens.claims()?.sid);
    const [other] = await logoutTokens(server(), '/other-logout', 'other-app');
    assert.equal(other?.sub, tokens.claims()?.sub);
  });

  test('A user who stays signed in leaves only the app that asked for sign-out', async () => {
    const agent = createUserAgent();
    await (await app()).signIn({ agent });
    await (await otherApp()).signIn({ agent });
    await signOut(server(), agent);
    assert.equal((await logoutTokens(server(), '/app-logout', 'app')).length, 1);
    assert.equal((await logoutTokens(server(), '/other-logout', 'other-app')).length, 0);
  });
});

await eachServer({ declaration: declaration('http://127.0.0.1:9') }, (server) => {
  test('An unreachable app does not keep the user signed in', async () => {
    const client = await createRelyingParty({ issuer: server().issuer, clientId: 'app' });
    const { agent } = await client.signIn();
    await signOut(server(), agent, 'yes');
    const again = client.signIn({ agent, parameters: { prompt: 'none' } });
    await assert.rejects(again, { error: 'login_required' });
    assert.match(server().logged(), /"back_channel_failed":"app"/);
  });
});
