/** Sign-in with GitHub, which has no ID tokens, against what it documents that it answers. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { decodeJwt } from 'jose';
import { type GitHub, startGitHub } from '../../../harness/providers/github.ts';
import { createUserAgent } from '../../../harness/user_agent.ts';
import { randomId } from '../../../src/digests.ts';
import { createAppSession } from '../../support/app_session.ts';
import { failuresOf } from '../../support/flows.ts';
import { declarationWith, reserveAddress, signInWith } from '../../support/identity_providers.ts';
import { callbackUri } from '../../support/relying_party.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { eachEngine } from '../../support/stores.ts';
import { refusalOnRecord } from '../refusals/on_record.ts';
import { alertOf } from './scene.ts';

await eachEngine((stores) => {
  describe('somebody who signs in with GitHub', () => {
    let github: GitHub;
    let server: TestServer;

    before(async () => {
      const address = await reserveAddress();
      github = await startGitHub({ redirectUri: address.callbackOf('github') });
      const { issuer, clientId, clientSecret } = github;
      server = await startTestServer({
        ...{ store: await stores.freshUrl(), port: address.port },
        declaration: declarationWith([
          {
            ...{ id: 'github', preset: 'github', issuer, new_people: 'create' },
            ...{ client_id: clientId, client_secret: clientSecret },
          },
        ]),
      });
    });
    after(async () => {
      await server.close();
      await github.close();
      assert.deepEqual(failuresOf(server.logged()), []);
    });

    const signIn = async (parameters: Record<string, string> = {}) => {
      const scope = 'openid profile email';
      const app = createAppSession({ issuer: server.issuer, clientId: 'app', scope });
      const verifier = randomId(32);
      const request = new URLSearchParams({ ...app.request(verifier), ...parameters });
      const agent = createUserAgent();
      const page = await signInWith(agent, `${server.issuer}/authorize?${request}`, 'github');
      const code = new URL(page.url).searchParams.get('code');
      if (!page.url.startsWith(callbackUri) || !code) return { page };
      const { body } = await app.redeem(server, { code, verifier });
      return { page, claims: decodeJwt(String(body.id_token)) };
    };

    test('has an account with the address that GitHub verified, and the same one by another name', async () => {
      const { claims: first } = await signIn();
      assert.equal(first?.preferred_username, 'octocat');
      assert.deepEqual([first?.email, first?.email_verified], ['octocat@github.example', true]);
      github.state.user.login = 'renamed';
      const { claims: again } = await signIn();
      assert.equal(again?.sub, first?.sub);
    });

    test('is another person under a name that somebody else had before', async () => {
      const { claims: first } = await signIn();
      Object.assign(github.state.user, { id: 99, login: 'octocat' });
      github.state.emails = [];
      const { claims: other } = await signIn();
      assert.notEqual(other?.sub, first?.sub);
      assert.notEqual(other?.preferred_username, 'octocat');
      assert.equal(other?.email, undefined);
    });

    test('is told so when GitHub refuses the code, which it does with status 200', async () => {
      github.state.tokenError = 'bad_verification_code';
      const { page, claims } = await signIn();
      github.state.tokenError = undefined;
      assert.equal(claims, undefined);
      assert.match(alertOf(page), /GitHub answered does not prove who you are/);
      const [, reference = ''] = /<bdi class="mono">([^<]+)<\/bdi>/.exec(page.html) ?? [];
      const { reason, details } = await refusalOnRecord(server.store, reference);
      assert.equal(reason, 'provider_failed');
      assert.equal(details.provider, 'github');
    });

    test('is back at the sign-in page after Cancel', async () => {
      github.state.denies = true;
      const { page } = await signIn();
      github.state.denies = false;
      assert.match(alertOf(page), /You did not sign in with GitHub/);
    });

    test('is not taken for freshly signed in, since GitHub does not say when it asked', async () => {
      const { page, claims } = await signIn({ prompt: 'login' });
      assert.equal(claims, undefined);
      assert.match(alertOf(page), /sign in anew/);
    });
  });
});
