/** Sign-ins at a provider that have begun: on whichever node they come back, for ten minutes, and what of them is stored. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { freePort } from '../../../harness/free_port.ts';
import { createUserAgent, type Page } from '../../../harness/user_agent.ts';
import { sha256 } from '../../../src/digests.ts';
import { openStore } from '../../../src/storage/open.ts';
import { createShiftedClock, type ShiftedClock } from '../../support/clock.ts';
import { callbackUri } from '../../support/relying_party.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { eachEngine } from '../../support/stores.ts';
import {
  alertOf,
  appClient,
  openCallback,
  password,
  providerOf,
  signInWith,
  untilCallback,
  upstreamClient,
} from './scene.ts';

const minuteMs = 60_000;
const isSignedIn = ({ url }: Page) => url.startsWith(`${callbackUri}?code=`);

await eachEngine((stores) => {
  describe('A sign-in at a provider that has begun', () => {
    let upstream: TestServer;
    let nodes: [TestServer, TestServer];
    let clock: ShiftedClock;

    before(async () => {
      const port = await freePort();
      upstream = await startTestServer({
        store: await stores.freshUrl(),
        declaration: {
          users: [{ username: 'carol', password }],
          clients: [upstreamClient(`http://127.0.0.1:${port}/sign-in-with/staff/callback`)],
        },
      });
      clock = createShiftedClock();
      const store = await stores.freshUrl();
      const declaration = {
        ...{ clients: [appClient], outbound: { allow: ['127.0.0.1'] } },
        identity_providers: [providerOf(upstream.issuer)],
      };
      const first = await startTestServer({ store, port, clock, declaration });
      const { issuer } = first;
      nodes = [first, await startTestServer({ store, issuer, clock, declaration })];
    });
    after(async () => {
      for (const node of nodes ?? []) await node.close();
    });

    test('comes back on any node', async () => {
      const [here, other] = nodes;
      let isOnOther = false;
      const agent = createUserAgent({
        reach: ({ href, pathname }) => {
          isOnOther ||= pathname.startsWith('/sign-in-with/');
          return isOnOther ? href.replace(here.url, other.url) : href;
        },
      });
      const { page } = await signInWith({ here }, { there: 'carol', agent });
      assert.ok(isSignedIn(page));
      assert.ok(isOnOther);
    });

    test('is over after ten minutes', async () => {
      const [here] = nodes;
      const late = await untilCallback({ here }, { there: 'carol' });
      clock.forward(11 * minuteMs);
      const page = await openCallback(late.agent, late.callback);
      assert.equal(page.status, 400);
      assert.match(page.html, /This page has expired/);
    });

    test('is stored without anything that would complete it', async () => {
      const [here] = nodes;
      const { callback } = await untilCallback({ here }, { there: 'carol' });
      const state = callback.searchParams.get('state') ?? assert.fail();
      const store = await openStore({ url: here.store });
      const found = await store.artifacts.find('ProviderSignIn', sha256(state), clock.now());
      await store.close();
      const { purpose, ...kept } = found?.payload ?? assert.fail();
      assert.deepEqual(Object.keys(kept).sort(), ['at', 'browser', 'provider']);
      assert.ok(!JSON.stringify(purpose).includes(state));
    });

    test('leaves nothing in the store when it has come back, as it counts against nobody then', async () => {
      const [here] = nodes;
      const { callback, agent } = await untilCallback({ here }, { there: 'carol' });
      assert.ok(isSignedIn(await openCallback(agent, callback)));
      const state = callback.searchParams.get('state') ?? assert.fail();
      const store = await openStore({ url: here.store });
      const found = await store.artifacts.find('ProviderSignIn', sha256(state), clock.now());
      await store.close();
      assert.equal(found, undefined);
    });

    test('says so where the provider does not answer meanwhile', async () => {
      const [here] = nodes;
      const { callback, agent } = await untilCallback({ here }, { there: 'carol' });
      await upstream.close();
      const page = await openCallback(agent, callback);
      assert.match(alertOf(page), /Staff does not answer at the moment.*Reference:/);
    });
  });
});
