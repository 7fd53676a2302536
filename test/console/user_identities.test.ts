/** Accounts at identity providers on the page of a user, and their end by an operator. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  type OpenIdProvider,
  startOpenIdProvider,
} from '../../harness/providers/openid_provider.ts';
import { createUserAgent, type UserAgent } from '../../harness/user_agent.ts';
import { randomId } from '../../src/digests.ts';
import { createAppSession } from '../support/app_session.ts';
import { failuresOf } from '../support/flows.ts';
import { declarationWith, reserveAddress, signInWith } from '../support/identity_providers.ts';
import { callbackUri } from '../support/relying_party.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { eachEngine } from '../support/stores.ts';
import { alice, besides, carol, createOperator, declaration, type Operator } from './scene.ts';

await eachEngine((stores) => {
  describe('An account at a provider that signs a user in', () => {
    let other: OpenIdProvider;
    let server: TestServer;
    let owner: Operator;
    before(async () => {
      const address = await reserveAddress();
      other = await startOpenIdProvider({ redirectUris: [address.callbackOf('other')] });
      const { issuer, clientId, clientSecret } = other;
      const providers = [
        {
          ...{ id: 'other', name: 'Other', issuer, new_people: 'create' },
          ...{ client_id: clientId, client_secret: clientSecret },
        },
      ];
      server = await startTestServer({
        ...{ store: await stores.freshUrl(), port: address.port },
        declaration: declarationWith(providers, { users: declaration.users }),
      });
      owner = await createOperator(server.issuer, alice);
    });
    after(async () => {
      await server?.close();
      await other?.close();
      assert.deepEqual(failuresOf(server.logged()), []);
    });

    const begin = (agent: UserAgent) => {
      const app = createAppSession({ issuer: server.issuer, clientId: 'app', scope: 'openid' });
      const request = new URLSearchParams(app.request(randomId(32)));
      return { url: `${server.issuer}/authorize?${request}`, agent };
    };
    const signIn = async (agent: UserAgent) => {
      const { url } = await signInWith(agent, begin(agent).url, 'other');
      assert.ok(url.startsWith(callbackUri), url);
    };
    const isSignedIn = async (agent: UserAgent) => {
      const { url } = await agent.open(begin(agent).url, { stopAt: callbackUri });
      return url.startsWith(callbackUri);
    };

    test('is on the page of the user, and a disconnection ends it and every session', async () => {
      other.signInAs({ sub: 'erin-there', preferred_username: 'erin', name: 'Erin' });
      const agent = createUserAgent();
      await signIn(agent);
      assert.equal(await isSignedIn(agent), true);
      const { users, close } = await besides(server);
      const erin = (await users.findByUsername('erin')) ?? assert.fail('there is no erin');
      const auditor = await createOperator(server.issuer, carol);
      const seen = await auditor.open(`/users/${erin.id}`);
      assert.match(seen.html, /Identity providers.*erin.*identity-providers\/other/s);
      assert.doesNotMatch(seen.html, /Disconnect/);

      const disconnect = async () => {
        const page = await owner.open(`/users/${erin.id}`);
        const [, path = ''] = /href="\/console(\/users\/[^"]+\/disconnect)"/.exec(page.html) ?? [];
        const question = await owner.open(path);
        assert.match(question.html, /signs nobody in here any more/);
        return owner.send(question, /disconnect$/);
      };
      // It is all that erin has.
      const refused = await disconnect();
      assert.match(refused.html, /only way/);
      assert.equal(await isSignedIn(agent), true);

      await users.setPassword(erin.id, 'a-password-for-emergencies');
      await signIn(agent);
      const done = await disconnect();
      assert.match(done.html, /disconnected, and the user signed out everywhere/);
      assert.equal(await isSignedIn(agent), false);
      assert.doesNotMatch((await owner.open(`/users/${erin.id}`)).html, /Identity providers<\/h2>/);
      await close();
    });
  });
});
