/** What each kill switch ends on another node, and what it leaves alone. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { alice, bob } from '../../../harness/sign_in.ts';
import { sha256 } from '../../../src/digests.ts';
import { openStore } from '../../../src/storage/open.ts';
import type { Store } from '../../../src/storage/store.ts';
import type { RevocationTarget } from '../../../src/tokens/revocation/revocations.ts';
import { type AppSession, createAppSession, type TokenSet } from '../../support/app_session.ts';
import { type Nodes, startNodes } from '../../support/nodes.ts';
import { eachEngine } from '../../support/stores.ts';
import {
  carol,
  declaration,
  isActive,
  opensUserinfo,
  orders,
  promise,
  scope,
  serviceToken,
  stock,
  untilServed,
} from './configuration.ts';
import { createFollower } from './follower.ts';
import { createOperator, type Operator } from './operator.ts';

type Holder = 'alice' | 'alice elsewhere' | 'bob';
type Tokens = Record<`${Holder} ${'orders' | 'stock'}`, TokenSet> &
  Record<`${'service' | 'other-service'} ${'orders' | 'stock'}`, { accessToken: string }>;
type Name = keyof Tokens;
type Case = {
  target: (tokens: Tokens) => Promise<RevocationTarget> | RevocationTarget;
  /** Holders whose access tokens die. */
  accessTokens: (name: Name) => boolean;
  refreshTokens?: (name: Name) => boolean;
  sessions?: Holder[];
  effectiveWithin?: number;
};

const apiOf = (name: Name) => (name.endsWith('orders') ? orders : stock);

await eachEngine((stores) => {
  let nodes: Nodes;
  let store: Store;
  let operator: Operator;
  let apps: Record<Holder, AppSession>;
  before(async () => {
    const url = await stores.freshUrl();
    nodes = await startNodes({ store: url, declaration });
    store = await openStore({ url });
    operator = createOperator(store, declaration);
    const { issuer } = nodes[0];
    apps = {
      alice: createAppSession({ issuer, clientId: 'app', scope, person: alice }),
      'alice elsewhere': createAppSession({ issuer, clientId: 'other-app', scope, person: alice }),
      bob: createAppSession({ issuer, clientId: 'app', scope, person: bob }),
    };
  });
  after(async () => {
    await Promise.all(nodes.map((node) => node.close()));
    await store.close();
  });

  const follower = createFollower(() => nodes[1]);
  const now = () => Date.now();
  const userIdOf = async (name: string) => (await store.users.findByUsername(name))?.id ?? '';
  const ofUser = async ({ accessToken }: TokenSet) =>
    store.artifacts.find('AccessToken', sha256(accessToken), now());

  /** All that there is to hold, new. */
  const hold = async (): Promise<Tokens> => {
    const [one] = nodes;
    const apis = [
      [orders, 'orders'],
      [stock, 'stock'],
    ] as const;
    const ofPersons = holders().map(async ([holder, app]) => {
      const tokens: [string, object][] = [];
      for (const [resource, api] of apis) {
        tokens.push([`${holder} ${api}`, await app.newTokens(one, { resource })]);
      }
      return tokens;
    });
    const ofServices = ['service', 'other-service'].map((client) =>
      Promise.all(
        apis.map(async ([resource, api]): Promise<[string, object]> => {
          const accessToken = await serviceToken(one, resource, client);
          return [`${client} ${api}`, { accessToken }];
        }),
      ),
    );
    const held = await Promise.all([...ofPersons, ...ofServices]);
    return Object.fromEntries(held.flat()) as Tokens;
  };
  const holders = () => Object.entries(apps) as [Holder, AppSession][];
  /** What the last test got after its switch. */
  let held: Tokens | undefined;

  const isSignedIn = async (app: AppSession) => {
    try {
      await app.newCode({ prompt: 'none', resource: orders });
      return true;
    } catch (error) {
      assert.match(String(error), /login_required/);
      return false;
    }
  };

  /** The number of the case's audit events so far. */
  const recorded = async () => (await store.audit.list({ limit: 1000 })).map(({ id }) => id);

  const everything = () => true;
  const cases: Record<string, Case> = {
    'a JWT': {
      target: ({ 'alice orders': { accessToken } }) => {
        const { jti = '', exp = 0, status } = decodeJwt(accessToken);
        const { idx, uri } = (status as { status_list: { idx: number; uri: string } }).status_list;
        const position = { list: uri.slice(uri.lastIndexOf('/') + 1), index: idx };
        return { token: jti, expiresAt: exp * 1000, status: position };
      },
      accessTokens: (name) => name === 'alice orders',
    },
    'an opaque token': {
      target: async ({ 'bob stock': tokens }) => {
        const { kind = '', id = '', expiresAt = 0 } = (await ofUser(tokens)) ?? {};
        return { record: { kind, id }, expiresAt };
      },
      accessTokens: (name) => name === 'bob stock',
      effectiveWithin: 0,
    },
    'a refresh token family of JWTs': {
      target: ({ 'alice orders': { accessToken } }) => ({
        familyId: String(decodeJwt(accessToken).family_id),
      }),
      accessTokens: (name) => name === 'alice orders',
      refreshTokens: (name) => name === 'alice orders',
    },
    'a refresh token family of opaque tokens': {
      target: async ({ 'alice stock': tokens }) => ({
        familyId: (await ofUser(tokens))?.familyId ?? '',
      }),
      accessTokens: (name) => name === 'alice stock',
      refreshTokens: (name) => name === 'alice stock',
    },
    'a grant': {
      target: async ({ 'alice stock': tokens }) => ({
        grantId: (await ofUser(tokens))?.grantId ?? '',
      }),
      accessTokens: (name) => /^alice (orders|stock)/.test(name),
      refreshTokens: (name) => /^alice (orders|stock)/.test(name),
    },
    'a user': {
      target: async () => ({ accountId: await userIdOf('alice') }),
      accessTokens: (name) => name.startsWith('alice'),
      refreshTokens: (name) => name.startsWith('alice'),
      sessions: ['alice', 'alice elsewhere'],
    },
    'an app': {
      target: () => ({ clientId: 'app' }),
      accessTokens: (name) => /^(alice|bob) (orders|stock)/.test(name),
      refreshTokens: (name) => /^(alice|bob) (orders|stock)/.test(name),
    },
    'a service': {
      target: () => ({ clientId: 'service' }),
      accessTokens: (name) => name.startsWith('service'),
    },
    'an API of JWTs': {
      target: () => ({ api: orders }),
      accessTokens: (name) => name.endsWith('orders'),
    },
    'an API of opaque tokens': {
      target: () => ({ api: stock }),
      accessTokens: (name) => name.endsWith('stock'),
      effectiveWithin: 0,
    },
    'a signing key': {
      target: ({ 'alice orders': { accessToken } }) => ({
        keyId: decodeProtectedHeader(accessToken).kid ?? '',
      }),
      accessTokens: (name) => name.endsWith('orders'),
    },
    everything: {
      target: () => ({ everything: true }),
      accessTokens: everything,
      refreshTokens: everything,
      sessions: ['alice', 'alice elsewhere', 'bob'],
    },
    'everything before now': {
      target: () => ({ everything: true, before: (Math.floor(now() / 1000) + 1) * 1000 }),
      accessTokens: everything,
      refreshTokens: everything,
      sessions: ['alice', 'alice elsewhere', 'bob'],
    },
  };

  for (const [what, { target, accessTokens, refreshTokens, sessions, ...more }] of Object.entries(
    cases,
  )) {
    test(`The kill switch of ${what} ends exactly that on every node, and nothing issued later`, async () => {
      const [one, other] = nodes;
      const tokens = held ?? (await hold());
      held = undefined;
      const names = Object.keys(tokens) as Name[];
      const ofEach = (look: (name: Name) => Promise<void>) => Promise.all(names.map(look));
      const jwts = names.filter((name) => name.endsWith('orders'));
      const before = await recorded();
      const order = { type: 'revocation.everything', actor: 'operator', reason: 'a test' } as const;
      const thrown = await target(tokens);
      const outcome = await operator.killSwitches.throwSwitch(thrown, order);
      assert.equal(outcome.effectiveWithin, more.effectiveWithin ?? promise);

      await ofEach(async (name) => {
        const { accessToken } = tokens[name];
        const lives = !accessTokens(name);
        assert.equal(await isActive(other, apiOf(name), accessToken), lives, name);
        if (!('refreshToken' in tokens[name])) return;
        assert.equal(await opensUserinfo(other, accessToken), lives, name);
      });
      for (const name of jwts.filter(accessTokens)) {
        await follower.untilRevoked(tokens[name].accessToken);
      }
      for (const name of jwts) {
        const isRevoked = await follower.isRevoked(tokens[name].accessToken);
        assert.equal(isRevoked, accessTokens(name), name);
      }

      const counts = await outcome.finished;
      const [event, ...others] = (await store.audit.list({ limit: 1000 })).filter(
        ({ id, type }) => type === order.type && !before.includes(id),
      );
      assert.deepEqual(others, []);
      assert.equal(event?.actor, 'operator');
      assert.deepEqual(event?.details, {
        ...{ reason: 'a test', tokens: counts.tokens, client_blocks: counts.clientBlocks },
        ...{ records: counts.records, effective_within: outcome.effectiveWithin },
      });

      // Harmless when it is thrown again.
      await (await operator.killSwitches.throwSwitch(thrown, order)).finished;
      assert.deepEqual(await store.revocations.unfinished(10), []);
      await untilServed(nodes);

      const useAll = holders().map(async ([holder, app]) => {
        for (const api of ['orders', 'stock'] as const) {
          const name = `${holder} ${api}` as const;
          const { status, body } = await app.refresh(other, tokens[name].refreshToken);
          const expected = refreshTokens?.(name) ? 'invalid_grant' : undefined;
          assert.equal(body.error, expected, name);
          if (status !== 200) continue;
          assert.equal(await isActive(one, apiOf(name), String(body.access_token)), true, name);
        }
        assert.equal(await isSignedIn(app), !sessions?.includes(holder), holder);
      });
      await Promise.all(useAll);

      const next = await hold();
      await ofEach(async (name) => {
        const { accessToken } = next[name];
        assert.equal(await isActive(other, apiOf(name), accessToken), true, name);
      });
      for (const name of jwts) {
        assert.equal(await follower.isRevoked(next[name].accessToken), false, name);
      }
      held = next;
    });
  }

  test('The audit trail records who revoked what, why, and how much', async () => {
    const [one] = nodes;
    const { issuer } = one;
    const app = createAppSession({ issuer, clientId: 'app', scope, person: carol });
    const first = await app.newTokens(one, { resource: orders });
    await app.refresh(one, first.refreshToken);
    await app.newTokens(one, { resource: stock });
    const accountId = await userIdOf('carol');
    const about = { userId: accountId, actor: 'operator', ip: '192.0.2.1', requestId: 'r' };
    const details = { note: 'n' };
    const outcome = await operator.killSwitches.throwSwitch(
      { accountId },
      { type: 'revocation.user', ...about, details, reason: 'a lost phone' },
    );
    const counts = await outcome.finished;
    assert.equal(counts.tokens, 2);
    assert.equal(counts.clientBlocks, 0);
    // Session, grant, an opaque token and three refresh tokens at least; codes as far as they are kept.
    assert.ok(counts.records >= 6, `${counts.records}`);
    const [event, ...others] = await store.audit.list({ limit: 5, type: 'revocation.user' });
    assert.deepEqual(others, []);
    const { id: _id, at: _at, link: _link, clientId, ...said } = event ?? {};
    assert.equal(clientId, undefined);
    assert.deepEqual(said, {
      ...{ type: 'revocation.user', outcome: 'success', ...about },
      target: { kind: 'user', id: accountId },
      details: {
        ...{ note: 'n', reason: 'a lost phone', tokens: 2, client_blocks: 0 },
        ...{ records: counts.records, effective_within: promise },
      },
    });
  });
});
