/**
 * “Test this connection”: an operator sees what a provider says of them and what would become of them, and nothing comes of
 * it. The provider is oidc-provider as it comes from npm.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  type OpenIdProvider,
  startOpenIdProvider,
} from '../../harness/providers/openid_provider.ts';
import {
  type ScriptedProvider,
  startScriptedProvider,
} from '../../harness/providers/scripted_provider.ts';
import type { Page } from '../../harness/user_agent.ts';
import { openStore } from '../../src/storage/open.ts';
import { failuresOf } from '../support/flows.ts';
import { reserveAddress } from '../support/identity_providers.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { eachEngine } from '../support/stores.ts';
import {
  alice,
  carol,
  createOperator,
  dave,
  declaration,
  headingOf,
  type Operator,
} from './scene.ts';

const mine = {
  ...{ sub: 'alice-at-the-other-provider', preferred_username: 'alice-there', name: 'Alice There' },
  ...{ email: 'alice.there@example.com', email_verified: true },
};

await eachEngine((stores) => {
  describe('A test of the connection to a provider', () => {
    let other: OpenIdProvider;
    let deep: ScriptedProvider;
    let server: TestServer;
    let owner: Operator;
    before(async () => {
      const address = await reserveAddress();
      const ids = ['made', 'asked', 'refused'];
      other = await startOpenIdProvider({ redirectUris: ids.map(address.callbackOf) });
      const { issuer, clientId, clientSecret } = other;
      deep = await startScriptedProvider({ sub: 'nested' });
      const settings = { issuer, client_id: clientId, client_secret: clientSecret };
      server = await startTestServer({
        ...{ store: await stores.freshUrl(), port: address.port },
        declaration: {
          ...declaration,
          outbound: { allow: ['127.0.0.1/32'] },
          identity_providers: [
            { ...settings, id: 'made', new_people: 'create' },
            { ...settings, id: 'asked', new_people: 'ask' },
            { ...settings, id: 'refused' },
            { ...settings, id: 'deep', issuer: deep.issuer, client_secret: deep.clientSecret },
            { ...settings, id: 'broken', issuer: `${issuer}/nothing` },
          ],
        },
      });
      owner = await createOperator(server.issuer, alice);
    });
    after(async () => {
      await server?.close();
      await other?.close();
      await deep?.close();
      assert.deepEqual(failuresOf(server.logged()), []);
    });

    /** The page before the browser leaves. */
    const begin = async (id: string, operator = owner) =>
      operator.send(await operator.open(`/identity-providers/${id}/test`), /\/test$/);
    const follow = ({ headers }: Page, operator = owner) => {
      const [, url = ''] = /^0;url=(.+)$/.exec(headers.get('refresh') ?? '') ?? [];
      return operator.agent.open(url);
    };
    const run = async (id: string, operator = owner) => follow(await begin(id, operator), operator);

    const thereNow = async () => {
      const store = await openStore({ url: server.store });
      const { items } = await store.users.list({ limit: 50 });
      const owned = await Promise.all(items.map(({ id }) => store.authenticators.find(id)));
      await store.close();
      return [items.map(({ username }) => username), owned.map((one) => one?.identities ?? [])];
    };

    test('shows the claims as they came and what would become of the person, and changes nothing', async () => {
      other.signInAs(mine);
      const before = await thereNow();
      const made = await run('made');
      assert.equal(headingOf(made), 'Tested: made');
      assert.match(made.html, /An account is made: alice-there, alice\.there@example\.com/);
      assert.ok(made.html.includes(mine.sub));
      assert.match(made.html, /The claims as they came.*email_verified/s);
      assert.match((await run('asked')).html, /They are asked, and then an account is made/);
      assert.match((await run('refused')).html, /They are refused: nobody new is taken/);
      assert.deepEqual(await thereNow(), before);
      const again = await owner.open('/identity-providers/refused/tested');
      assert.match(again.html, /nobody new is taken/);
      assert.equal(
        headingOf(await owner.open('/identity-providers/made/tested')),
        'Test the connection to made',
      );
    });

    test('says that somebody with the address of a user has to prove that first', async () => {
      other.signInAs({ ...mine, email: 'alice@example.com' });
      assert.match((await run('made')).html, /sign in first as the user who has this address/);
      other.signInAs({ ...mine, email: 'alice@example.com', email_verified: false });
      assert.match((await run('made')).html, /An account is made: alice-there, no address/);
    });

    test('shows claims within claims without end as far as anybody would read them', async () => {
      const nested = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
      deep.script({
        answers: {
          '/userinfo': (_request, response) =>
            void response
              .writeHead(200, { 'content-type': 'application/json' })
              .end(`{"sub":"nested","deep":${nested}}`),
        },
      });
      const page = await run('deep');
      assert.equal(headingOf(page), 'Tested: deep');
      assert.match(page.html, /The connection works.*…/s);
      assert.ok(page.html.length < 100_000, String(page.html.length));
    });

    test('says what went wrong, with the reference under which it is on record', async () => {
      other.signInAs(undefined);
      // Somebody whom the provider does not know yet.
      const declined = await run('made', await createOperator(server.issuer, alice));
      assert.match(declined.html, /Nobody has signed in.*access_denied/s);
      const broken = await begin('broken');
      assert.equal(broken.status, 400);
      assert.match(broken.html, /did not answer/);
    });

    test('is begun by owners and administrators, and seen by nobody but who began it', async () => {
      other.signInAs(mine);
      const administrator = await createOperator(server.issuer, dave);
      assert.equal(
        headingOf(await administrator.open('/identity-providers/made/tested')),
        'Test the connection to made',
      );
      assert.equal(headingOf(await run('made', administrator)), 'Tested: made');
      const auditor = await createOperator(server.issuer, carol);
      for (const page of ['test', 'tested']) {
        assert.equal((await auditor.open(`/identity-providers/made/${page}`)).status, 403);
      }
    });

    test('ends in the browser that began it, and opens nothing in another', async () => {
      other.signInAs(mine);
      const begun = await begin('made');
      const stranger = await createOperator(server.issuer, dave);
      const page = await follow(begun, stranger);
      assert.equal(page.status, 400);
      assert.equal(
        headingOf(await stranger.open('/identity-providers/made/tested')),
        'Test the connection to made',
      );
    });
  });
});
