/**
 * Two Cardeas: people of the second sign in with the first. Each has its own store; the same on each engine.
 */
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import type { IDToken } from 'openid-client';
import { freePort } from '../../../harness/free_port.ts';
import type { Person } from '../../../harness/sign_in.ts';
import {
  createUserAgent,
  formsOf,
  type Page,
  type UserAgent,
} from '../../../harness/user_agent.ts';
import { failuresOf } from '../../support/flows.ts';
import { callbackUri } from '../../support/relying_party.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { eachEngine, onSqlite, type TestStores } from '../../support/stores.ts';
import { beginSignIn } from '../second_factor/walk.ts';

export const password = 'a-password-of-the-test';
const upstreamSecret = 'the-secret-of-the-client-upstream';

export type Pair = {
  upstream: TestServer;
  here: TestServer;
  /** A second provider, `other`, where the options ask for it. */
  other?: TestServer | undefined;
};

type PairOptions = {
  /** People at the provider. */
  theirs: readonly Record<string, unknown>[];
  /** People here. */
  ours?: readonly Record<string, unknown>[];
  /** Of the provider, beside issuer and client. `staff` is its id. */
  provider?: Record<string, unknown>;
  /** Beside the provider. */
  declaration?: Record<string, unknown>;
  /** Whether there is a second provider, `other`, with the same people. */
  hasOther?: boolean;
  /** What it has that the first has not. */
  otherProvider?: Record<string, unknown>;
  /** Of the client of the provider. */
  theirClient?: Record<string, unknown>;
};

const withPassword = (person: Record<string, unknown>) => ({ password, ...person });

export const appClient = {
  ...{ client_id: 'app', client_name: 'App', token_endpoint_auth_method: 'none' },
  ...{ grant_types: ['authorization_code'], redirect_uris: [callbackUri], consent: 'skip' },
  scope: 'openid profile email groups roles',
};

async function startPair(
  stores: TestStores,
  { theirs, ours = [], provider, declaration, theirClient, hasOther, otherProvider }: PairOptions,
): Promise<Pair> {
  const port = await freePort();
  const startProvider = async (id: string) =>
    startTestServer({
      store: await stores.freshUrl(),
      declaration: {
        users: theirs.map(withPassword),
        clients: [
          {
            ...upstreamClient(`http://127.0.0.1:${port}/sign-in-with/${id}/callback`),
            ...theirClient,
          },
        ],
      },
    });
  const upstream = await startProvider('staff');
  const other = hasOther ? await startProvider('other') : undefined;
  const here = await startTestServer({
    ...{ store: await stores.freshUrl(), port },
    declaration: {
      users: ours.map(withPassword),
      clients: [appClient],
      outbound: { allow: ['127.0.0.1'] },
      identity_providers: [
        providerOf(upstream.issuer, provider),
        ...(other
          ? [
              providerOf(other.issuer, {
                ...provider,
                id: 'other',
                name: 'Other',
                ...otherProvider,
              }),
            ]
          : []),
      ],
      ...declaration,
    },
  });
  return { upstream, here, other };
}

/** Of the provider, for whoever signs in here. */
export function upstreamClient(redirectUri: string) {
  return {
    ...{ client_id: 'here', client_secret: upstreamSecret, consent: 'skip' },
    token_endpoint_auth_method: 'client_secret_basic',
    ...{ grant_types: ['authorization_code'], redirect_uris: [redirectUri] },
    scope: 'openid profile email groups roles',
  };
}

export function providerOf(issuer: string, more: Record<string, unknown> = {}) {
  return {
    ...{ id: 'staff', name: 'Staff', issuer, client_id: 'here', client_secret: upstreamSecret },
    new_people: 'create',
    ...more,
  };
}

/** Defines the same tests for a pair on each engine, or on SQLite only. */
export async function eachPair(
  options: PairOptions,
  define: (pair: () => Pair) => void,
  { engines = 'each' }: { engines?: 'each' | 'sqlite' } = {},
): Promise<void> {
  const suite = (stores: TestStores) => {
    let pair: Pair | undefined;
    before(async () => {
      pair = await startPair(stores, options);
    });
    after(async () => {
      await pair?.here.close();
      await pair?.upstream.close();
      await pair?.other?.close();
      assert.deepEqual(failuresOf(pair?.here.logged() ?? ''), []);
    });
    define(() => pair ?? assert.fail('the servers run only while tests do'));
  };
  if (engines === 'each') await eachEngine(suite);
  else onSqlite(suite);
}

/** What a person does at each page, in the order of the pages. */
type Walk = {
  /** Who signs in at the provider; undefined: the provider knows already. */
  there?: string;
  /** Who signs in here, where a page asks for a password after the person came back. */
  here?: Person;
  provider?: string;
  /** Default: `app`. */
  client?: string;
  agent?: UserAgent;
  parameters?: Record<string, string>;
  /** Answers the pages between; `undefined`: ends there. */
  at?: (page: Page, agent: UserAgent) => Promise<Page> | undefined;
};

type Walked = { page: Page; claims?: IDToken | undefined; agent: UserAgent };

/** From the app through the provider back to the app, or to the page where it ends. */
export async function signInWith({ here }: Pick<Pair, 'here'>, walk: Walk): Promise<Walked> {
  const { agent = createUserAgent(), provider = 'staff', client = 'app', parameters = {} } = walk;
  const scope = 'openid profile email groups roles';
  const { url, redeem } = await beginSignIn(here.issuer, client, { scope, ...parameters });
  let page = await agent.open(String(url), { stopAt: callbackUri });
  page = await agent.submit(page, {
    ...{ action: /\/provider$/, fields: { provider }, stopAt: callbackUri },
  });
  return goOn({ page, agent, redeem }, walk);
}

async function goOn(
  start: {
    page: Page;
    agent: UserAgent;
    redeem: (page: Page) => Promise<{ claims(): IDToken | undefined }>;
  },
  { there, here, at }: Walk,
): Promise<Walked> {
  const { agent } = start;
  let { page } = start;
  let isThere = there !== undefined;
  for (let step = 0; step < 8; step += 1) {
    if (page.url.startsWith(callbackUri)) {
      const claims = new URL(page.url).searchParams.has('code')
        ? (await start.redeem(page)).claims()
        : undefined;
      return { page, claims, agent };
    }
    const asksPassword = formsOf(page.html).some(({ action }) => action.endsWith('/sign-in'));
    const offersProvider = formsOf(page.html).some(({ action }) => action.endsWith('/provider'));
    if (asksPassword && !offersProvider && isThere && there) {
      isThere = false;
      page = await submitPassword(agent, page, { username: there, password });
      continue;
    }
    if (asksPassword && offersProvider && here) {
      page = await submitPassword(agent, page, here);
      continue;
    }
    const next = at?.(page, agent);
    if (!next) return { page, agent };
    page = await next;
  }
  throw new Error(`the sign-in goes in circles at ${page.url}`);
}

function submitPassword(agent: UserAgent, page: Page, person: Person): Promise<Page> {
  return agent.submit(page, { action: /\/sign-in$/, fields: person, stopAt: callbackUri });
}

/** As far as the callback, which the browser has not opened yet. */
export async function untilCallback(
  { here }: Pick<Pair, 'here'>,
  { there, agent = createUserAgent(), provider = 'staff' }: Walk,
): Promise<{ callback: URL; agent: UserAgent; redeem(page: Page): Promise<IDToken | undefined> }> {
  const scope = 'openid profile email groups roles';
  const { url, redeem } = await beginSignIn(here.issuer, 'app', { scope });
  const stopAt = `${here.issuer}/sign-in-with/`;
  let page = await agent.open(String(url));
  page = await agent.submit(page, { action: /\/provider$/, fields: { provider }, stopAt });
  if (there && !page.url.startsWith(stopAt)) {
    const fields = { username: there, password };
    page = await agent.submit(page, { action: /\/sign-in$/, fields, stopAt });
  }
  assert.ok(page.url.startsWith(stopAt), page.url);
  return {
    ...{ callback: new URL(page.url), agent },
    redeem: async (at) => (await redeem(at)).claims(),
  };
}

/** Opens a callback, and follows it to the app or to the page where it ends. */
export function openCallback(agent: UserAgent, callback: URL): Promise<Page> {
  return agent.open(callback.href, { stopAt: callbackUri });
}

/** The text of the alert of a page. */
export function alertOf({ html }: Page): string {
  const [, alert = ''] = /<div class="alert"[^>]*>(.*?)<\/div>/s.exec(html) ?? [];
  return alert
    .replace(/<svg.*?<\/svg>/gs, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}
