/**
 * People with passkeys over HTTP: Cardea at a host that browsers make passkeys for, its clients, and a person who sets
 * one up or uses one.
 */
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import * as openid from 'openid-client';
import {
  ceremonyOn,
  type Lies,
  makePasskey,
  type SoftPasskey,
  usePasskey,
} from '../../../harness/authenticator.ts';
import { freePort } from '../../../harness/free_port.ts';
import { createUserAgent, type Page, type UserAgent } from '../../../harness/user_agent.ts';
import { createShiftedClock, type ShiftedClock } from '../../support/clock.ts';
import { failuresOf } from '../../support/flows.ts';
import { callbackUri, createRelyingParty } from '../../support/relying_party.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import type { TestStores } from '../../support/stores.ts';

export const password = 'a-password-of-the-test';
const names = [
  'alice',
  'bob',
  'carol',
  'dora',
  'erin',
  'frank',
  'gina',
  'hugo',
  'ida',
  'jack',
  'kate',
];

const app = {
  ...{ token_endpoint_auth_method: 'none', grant_types: ['authorization_code'] },
  ...{ redirect_uris: [callbackUri], consent: 'skip', scope: 'openid' },
};

const declaration = {
  users: names.map((username) => ({ username, password })),
  clients: [
    { ...app, client_id: 'app', client_name: 'App' },
    { ...app, client_id: 'bank', client_name: 'Bank', acr: 'mfa' },
    { ...app, client_id: 'vault', client_name: 'Vault', acr: 'phishing_resistant' },
  ],
};

export type Scene = {
  server: TestServer;
  issuer: string;
  clock: ShiftedClock;
  /** An authorization request of the client's, and what redeems the answer to it. */
  begin(
    clientId: string,
    parameters?: Record<string, string>,
  ): Promise<{ url: string; redeem(page: Page): Promise<openid.IDToken> }>;
  /** The sign-in page of a new request, in a browser without cookies. */
  signInPage(clientId?: string): Promise<{ agent: UserAgent; page: Page }>;
  /** Posts what an authenticator has answered to a page. */
  post(agent: UserAgent, page: Page, path: string, credential: string): Promise<Page>;
  /** Signs in with the password at the client that requires a passkey, and sets one up. */
  setUp(username: string, lies?: Parameters<typeof makePasskey>[2]): Promise<SoftPasskey>;
  /** Signs in on the sign-in page. Ends at the client, or at a page that refuses it. */
  signIn(passkey: SoftPasskey, lies?: Lies): Promise<Page>;
};

/** One server for the tests of `define`, which is given what leads to it. */
export function passkeyScene(
  stores: TestStores,
  define: (scene: () => Scene) => void,
  more: object = {},
): void {
  let scene: Scene | undefined;
  before(async () => {
    const port = await freePort();
    const issuer = `http://localhost:${port}`;
    const clock = createShiftedClock();
    const server = await startTestServer({
      ...{ store: await stores.freshUrl(), declaration: { ...declaration, ...more } },
      ...{ issuer, port, clock },
    });
    scene = sceneOf(server, issuer, clock);
  });
  after(async () => {
    await scene?.server.close();
    assert.deepEqual(failuresOf(scene?.server.logged() ?? ''), []);
  });
  define(() => scene ?? assert.fail('the server runs only while tests do'));
}

function sceneOf(server: TestServer, issuer: string, clock: ShiftedClock): Scene {
  const begin: Scene['begin'] = async (clientId, parameters = {}) => {
    const party = await createRelyingParty({ issuer, clientId });
    const verifier = openid.randomPKCECodeVerifier();
    const url = openid.buildAuthorizationUrl(party.config, {
      ...{ scope: 'openid', redirect_uri: callbackUri, code_challenge_method: 'S256' },
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      ...parameters,
    });
    return {
      url: String(url),
      async redeem(page) {
        const tokens = await openid.authorizationCodeGrant(party.config, new URL(page.url), {
          pkceCodeVerifier: verifier,
        });
        return tokens.claims() ?? assert.fail('no ID token');
      },
    };
  };
  const signInPage: Scene['signInPage'] = async (clientId = 'app') => {
    const agent = createUserAgent();
    const { url } = await begin(clientId);
    return { agent, page: await agent.open(url) };
  };
  const post: Scene['post'] = (agent, page, path, credential) =>
    agent.submit(page, {
      ...{ action: new RegExp(`/${path}$`), fields: { credential }, stopAt: callbackUri },
    });
  return {
    ...{ server, issuer, clock, begin, signInPage, post },
    async setUp(username, lies) {
      const { agent, page } = await signInPage('vault');
      const fields = { username, password };
      const next = await agent.submit(page, { action: /\/sign-in$/, fields, stopAt: callbackUri });
      const made = makePasskey(ceremonyOn(next.html, 'make'), issuer, lies);
      const last = await post(agent, next, 'new-passkey', made.credential);
      assert.ok(last.url.startsWith(callbackUri), last.html);
      return made.passkey;
    },
    async signIn(passkey, lies) {
      const { agent, page } = await signInPage();
      const ceremony = ceremonyOn(page.html, 'sign-in');
      return post(agent, page, 'passkey', usePasskey(passkey, ceremony, issuer, lies));
    },
  };
}

/** The error of the answer, or `code` where there is none. */
export function outcomeOf({ url, status }: Page): string {
  if (!url.startsWith(callbackUri)) return String(status);
  const { searchParams } = new URL(url);
  return searchParams.get('error') ?? (searchParams.has('code') ? 'code' : 'nothing');
}
