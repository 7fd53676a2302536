/** Sign-in at another OpenID provider (oidc-provider as it comes from npm): the first time, and from then on. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { decodeJwt } from 'jose';
import {
  type OpenIdProvider,
  startOpenIdProvider,
} from '../../../harness/providers/openid_provider.ts';
import { createUserAgent, type UserAgent } from '../../../harness/user_agent.ts';
import { randomId } from '../../../src/digests.ts';
import { createAppSession } from '../../support/app_session.ts';
import { failuresOf } from '../../support/flows.ts';
import { declarationWith, reserveAddress, signInWith } from '../../support/identity_providers.ts';
import { callbackUri } from '../../support/relying_party.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { eachEngine } from '../../support/stores.ts';

const carol = {
  ...{ sub: 'carol-at-the-other-provider', preferred_username: 'carol', name: 'Carol Clark' },
  ...{ email: 'carol@example.com', email_verified: true, groups: ['eng-all', 'sales'] },
  realm_access: { roles: ['shop-admin', 'owner'] },
};

await eachEngine((stores) => {
  describe('somebody who signs in at another provider', () => {
    let other: OpenIdProvider;
    let server: TestServer;

    before(async () => {
      const address = await reserveAddress();
      other = await startOpenIdProvider({ redirectUris: [address.callbackOf('other')] });
      const { issuer, clientId, clientSecret } = other;
      server = await startTestServer({
        ...{ store: await stores.freshUrl(), port: address.port },
        declaration: declarationWith([
          {
            ...{ id: 'other', issuer, client_id: clientId, client_secret: clientSecret },
            new_people: 'create',
            mapping: {
              groups: { claim: 'groups', values: { 'eng-all': 'engineering' } },
              roles: { claim: 'realm_access.roles', values: { 'shop-admin': 'admin' } },
            },
          },
        ]),
      });
    });
    after(async () => {
      await server.close();
      await other.close();
      assert.deepEqual(failuresOf(server.logged()), []);
    });

    const claimsBy = async (agent: UserAgent) => {
      const scope = 'openid profile email groups roles';
      const app = createAppSession({ issuer: server.issuer, clientId: 'app', scope });
      const verifier = randomId(32);
      const request = new URLSearchParams(app.request(verifier));
      const { url, html } = await signInWith(
        agent,
        `${server.issuer}/authorize?${request}`,
        'other',
      );
      const code = new URL(url).searchParams.get('code');
      assert.ok(url.startsWith(callbackUri) && code, html);
      const { body } = await app.redeem(server, { code, verifier });
      return decodeJwt(String(body.id_token));
    };

    test('has an account from the first time on, with what the mapping takes and nothing else', async () => {
      other.signInAs(carol);
      const claims = await claimsBy(createUserAgent());
      assert.notEqual(claims.sub, carol.sub);
      assert.equal(claims.preferred_username, 'carol');
      assert.deepEqual([claims.email, claims.email_verified], ['carol@example.com', true]);
      assert.equal(claims.name, 'Carol Clark');
      assert.deepEqual([claims.groups, claims.roles], [['engineering'], ['admin']]);
    });

    test('comes back to the same account in another browser, whatever they are called by then', async () => {
      other.signInAs(carol);
      const first = await claimsBy(createUserAgent());
      const renamed = { preferred_username: 'clark', email: 'clark@example.com', groups: [] };
      other.signInAs({ ...carol, ...renamed });
      const again = await claimsBy(createUserAgent());
      assert.equal(again.sub, first.sub);
      assert.equal(again.preferred_username, 'carol');
      assert.deepEqual(again.groups, []);
    });

    test('is nobody here when they went no further there', async () => {
      other.signInAs(undefined);
      const app = createAppSession({ issuer: server.issuer, clientId: 'app', scope: 'openid' });
      const request = new URLSearchParams(app.request(randomId(32)));
      const page = await signInWith(
        createUserAgent(),
        `${server.issuer}/authorize?${request}`,
        'other',
      );
      assert.ok(page.url.startsWith(server.issuer), page.url);
      assert.ok(page.status < 500, String(page.status));
      assert.match(page.html, /name="username"/);
    });
  });
});
