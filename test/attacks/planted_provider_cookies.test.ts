/**
 * Cross-browser proof by planted cookies: an attacker begins a sign-in at a provider, has a neighbouring host plant what
 * names their browser in somebody else's, and leads that person to the provider, who is signed in there. What the person
 * proves must not end in the sign-in of the attacker.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createUserAgent, formsOf, type Page } from '../../harness/user_agent.ts';
import {
  appClient,
  password,
  providerOf,
  upstreamClient,
} from '../flows/identity_providers/scene.ts';
import { callbackUri } from '../support/relying_party.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { onSqlite } from '../support/stores.ts';
import { authorizeUrl } from './authorization.ts';

const origin = 'https://id.example';

onSqlite((stores) => {
  for (const path of ['', '/auth']) {
    describe(`A planted cookie of a sign-in at a provider, with the issuer ${origin}${path}`, () => {
      const issuer = `${origin}${path}`;
      const back = `${issuer}/sign-in-with/staff/callback`;
      let upstream: TestServer;
      let here: TestServer;
      before(async () => {
        upstream = await startTestServer({
          store: await stores.freshUrl(),
          declaration: {
            users: [{ username: 'victim', password, email: 'victim@mail.example' }],
            clients: [upstreamClient(back)],
          },
        });
        here = await startTestServer({
          ...{ store: await stores.freshUrl(), issuer },
          declaration: {
            clients: [appClient],
            outbound: { allow: ['127.0.0.1'] },
            identity_providers: [providerOf(upstream.issuer)],
          },
        });
      });
      after(async () => {
        await here.close();
        await upstream.close();
      });

      const reach = ({ origin: at, pathname, search, href }: URL) =>
        at === origin ? `${here.url}${pathname}${search}` : href;
      const browser = () => createUserAgent({ reach });
      const request = authorizeUrl(issuer, { redirect_uri: callbackUri });

      const toProvider = async (agent: ReturnType<typeof browser>): Promise<Page> =>
        agent.submit(await agent.open(request), {
          ...{ action: /\/provider$/, fields: { provider: 'staff' } },
        });

      const signInThere = (agent: ReturnType<typeof browser>, page: Page): Promise<Page> =>
        agent.submit(page, {
          ...{ action: /\/sign-in$/, fields: { username: 'victim', password }, stopAt: back },
        });

      test('Whoever is led to the provider proves nothing to the attacker’s sign-in', async () => {
        const attacker = browser();
        const page = await attacker.open(request);
        const provider = { action: /\/provider$/, fields: { provider: 'staff' } };
        const there = await attacker.submit(page, { ...provider, stopAt: upstream.issuer });
        const victim = browser();
        victim.plant(back, attacker.cookies());
        const signIn = await victim.open(there.url);
        const { url: callback } = await signInThere(victim, signIn);
        assert.ok(callback.startsWith(`${back}?`), callback);
        const refused = await victim.open(callback, { stopAt: callbackUri });
        assert.equal(refused.status, 400);
        // Nor does the attacker find anything at the page that goes on.
        const own = new URL(page.url).pathname;
        const arrived = await attacker.open(`${origin}${own}/provider${new URL(page.url).search}`, {
          stopAt: callbackUri,
        });
        assert.ok(!arrived.url.startsWith(callbackUri), arrived.url);
        assert.ok(formsOf(arrived.html).some(({ action }) => action.endsWith('/sign-in')));
      });

      test('The browser that began it goes on', async () => {
        const own = browser();
        const { url: callback } = await signInThere(own, await toProvider(own));
        const done = await own.open(callback, { stopAt: callbackUri });
        assert.ok(new URL(done.url).searchParams.get('code'), done.url);
      });
    });
  }
});
