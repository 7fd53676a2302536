/** Which bits are set, and where: exactly those of the tokens that were revoked, in the lists of every node. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { decodeProtectedHeader } from 'jose';
import { systemClock } from '../../../src/clock.ts';
import type { RevocationTarget } from '../../../src/tokens/revocations.ts';
import {
  type AppSession,
  createAppSession,
  type Node,
  type TokenSet,
} from '../../support/app_session.ts';
import { createShiftedClock } from '../../support/clock.ts';
import { basic, postForm } from '../../support/flows.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { alice, bob } from '../../support/sign_in.ts';
import { eachEngine } from '../../support/stores.ts';
import {
  apiSecret,
  byeUri,
  carol,
  declaration,
  orders,
  returns,
  scope,
  serviceSecret,
  sessionScope,
} from './configuration.ts';
import {
  claimOf,
  fetchList,
  isRevoked,
  jwksOf,
  jwksWithNext,
  listWhen,
  revokedAt,
} from './lists.ts';
import { createOperator, type Operator } from './operator.ts';

await eachEngine((stores) => {
  let url: string;
  let one: TestServer;
  let other: TestServer;
  let operator: Operator;
  /** What was issued by the tests so far, and whether it lives. */
  const dead = new Set<string>();
  const living = new Set<string>();

  before(async () => {
    url = await stores.freshUrl();
    one = await startTestServer({ store: url, declaration });
    other = await startTestServer({ store: url, declaration, issuer: one.issuer });
    operator = await createOperator(url, systemClock);
  });
  after(async () => {
    await Promise.all([one.close(), other.close()]);
    await operator.close();
  });

  const remember = (token: string) => {
    living.add(token);
    return token;
  };
  const serviceToken = async (node: Node, clientId = 'service', resource = orders) => {
    const { body } = await postForm(
      `${node.url}/token`,
      { grant_type: 'client_credentials', resource },
      { authorization: basic(clientId, serviceSecret) },
    );
    return remember(String(body.access_token));
  };
  const sessionOf = (person = alice, clientId = 'app', scopes = scope): AppSession =>
    createAppSession({ issuer: one.issuer, clientId, scope: scopes, person });
  const personTokens = async (session: AppSession, resource = orders): Promise<TokenSet> => {
    const tokens = await session.newTokens(one, { resource });
    remember(tokens.accessToken);
    return tokens;
  };
  const isActive = async (node: Node, token: string) => {
    const authorization = basic('orders-api', apiSecret);
    const { body } = await postForm(`${node.url}/introspect`, { token }, { authorization });
    return body.active;
  };
  /** These died just now, and nothing else did. */
  const assertOnly = async (...tokens: string[]) => {
    for (const token of tokens) {
      assert.ok(living.delete(token));
      dead.add(token);
    }
    // Revocations are taken in one after the other: with this one, all of those before are.
    const sentinel = await serviceToken(one, 'other-service', returns);
    const authorization = basic('other-service', serviceSecret);
    await postForm(`${one.url}/revoke`, { token: sentinel }, { authorization });
    living.delete(sentinel);
    dead.add(sentinel);
    for (const node of [one, other]) {
      await revokedAt(node, sentinel);
      await assertBits(node);
    }
  };
  const assertBits = async (node: Node) => {
    const uris = new Set([...dead, ...living].map((token) => claimOf(token)?.uri ?? ''));
    for (const uri of uris) {
      const list = (await fetchList(node, uri)) ?? assert.fail();
      const statusOf = (token: string) => {
        const claim = claimOf(token);
        return claim?.uri === uri ? list.statusAt(claim.idx) : undefined;
      };
      for (const token of dead) assert.notEqual(statusOf(token), 0, 'a dead token looks alive');
      for (const token of living) assert.notEqual(statusOf(token), 1, 'a living token looks dead');
    }
  };

  test('a revoked token, of a person or a service, loses its bit on the other node, and no other does', async () => {
    const session = sessionOf();
    const { accessToken, refreshToken } = await personTokens(session);
    await session
      .refresh(one, refreshToken)
      .then(({ body }) => remember(String(body.access_token)));
    const [own] = await Promise.all(Array.from({ length: 5 }, () => serviceToken(one)));
    assert.equal((await session.revoke(one, accessToken)).body.revoked, true);
    assert.equal(await isActive(other, accessToken), false, 'introspection knows at once');
    await assertOnly(accessToken);
    const authorization = basic('service', serviceSecret);
    await postForm(`${other.url}/revoke`, { token: own ?? '' }, { authorization });
    await assertOnly(own ?? '');
  });

  test('a revoked refresh token and a replayed one take the tokens of their family with them', async () => {
    const session = sessionOf();
    await personTokens(session);
    for (const end of ['revoked', 'replayed']) {
      const { accessToken, refreshToken } = await personTokens(session);
      const next = (await session.refresh(one, refreshToken)).body;
      const second = remember(String(next.access_token));
      if (end === 'revoked') await session.revoke(other, String(next.refresh_token));
      else {
        const replayed = await session.refresh(other, refreshToken);
        assert.equal(replayed.body.error, 'invalid_grant');
      }
      await assertOnly(accessToken, second);
    }
  });

  test('a sign-out takes the tokens that end with the session, at each of its apps', async () => {
    const session = sessionOf(bob, 'app', sessionScope);
    const { accessToken, idToken } = await personTokens(session);
    const bystander = await personTokens(sessionOf(bob, 'app', sessionScope));
    const lasting = await personTokens(sessionOf(bob));
    const query = new URLSearchParams({
      id_token_hint: idToken,
      post_logout_redirect_uri: byeUri,
    });
    const page = await session.agent.open(`${one.issuer}/logout?${query}`);
    const confirm = { action: /\/logout\/confirm$/, fields: { logout: 'yes' }, stopAt: byeUri };
    await session.agent.submit(page, confirm);
    await assertOnly(accessToken);
    for (const token of [bystander, lasting])
      assert.equal(await isActive(other, token.accessToken), true);
  });

  const switches: {
    name: string;
    target: () => Promise<RevocationTarget>;
    hits: (tokens: Tokens) => string[];
    /** The person has to sign in again. */
    signsOut?: boolean;
  }[] = [
    {
      name: 'a user',
      target: async () => {
        const user = await operator.store.users.findByUsername(carol.username);
        return { accountId: user?.id ?? assert.fail() };
      },
      hits: ({ inApp, inOther, inReturns }) => [inApp, inOther, inReturns],
      signsOut: true,
    },
    {
      name: 'a client of people',
      target: async () => ({ clientId: 'app' }),
      hits: ({ inApp, inReturns, aliceInApp }) => [inApp, inReturns, aliceInApp],
    },
    {
      name: 'a service',
      target: async () => ({ clientId: 'service' }),
      hits: ({ service, serviceInReturns }) => [service, serviceInReturns],
    },
    {
      name: 'an API',
      target: async () => ({ api: returns }),
      hits: ({ inReturns, serviceInReturns }) => [inReturns, serviceInReturns],
    },
    {
      name: 'everything',
      target: async () => ({ everything: true }),
      hits: (tokens) => Object.values(tokens),
      signsOut: true,
    },
  ];
  type Tokens = Awaited<ReturnType<typeof oneOfEach>>;
  const oneOfEach = async (app: AppSession, otherApp: AppSession) => ({
    inApp: (await personTokens(app)).accessToken,
    inReturns: (await personTokens(app, returns)).accessToken,
    inOther: (await personTokens(otherApp)).accessToken,
    aliceInApp: (await personTokens(sessionOf())).accessToken,
    service: await serviceToken(one),
    serviceInReturns: await serviceToken(one, 'service', returns),
  });
  for (const { name, target, hits, signsOut } of switches) {
    test(`killing ${name} sets the bits of its tokens and of no others; what is issued after it lives`, async () => {
      // Of the tests before: whatever this kills must be among what is asked for.
      living.clear();
      let [app, otherApp] = [sessionOf(carol), sessionOf(carol, 'other-app')];
      const tokens = await oneOfEach(app, otherApp);
      const hit = hits(tokens);
      await operator.kill(await target());
      for (const node of [one, other]) {
        for (const token of [tokens.inApp, tokens.inOther, tokens.service]) {
          assert.equal(await isActive(node, token), !hit.includes(token));
        }
      }
      if (signsOut) [app, otherApp] = [sessionOf(carol), sessionOf(carol, 'other-app')];
      const next = await oneOfEach(app, otherApp);
      await assertOnly(...hit);
      for (const token of [next.inApp, next.inOther, next.service]) {
        for (const node of [one, other]) assert.equal(await isActive(node, token), true);
      }
    });
  }

  test('a node that starts later sets the same bits as those that were there', async () => {
    const late = await startTestServer({ store: url, declaration, issuer: one.issuer });
    for (const node of [late, one, other]) await assertBits(node);
    const uris = new Set([...dead].map((token) => claimOf(token)?.uri ?? ''));
    for (const uri of uris) {
      const [mine, theirs] = await Promise.all([fetchList(late, uri), fetchList(one, uri)]);
      for (const token of [...dead, ...living]) {
        const { idx } = claimOf(token) ?? assert.fail();
        assert.equal(mine?.statusAt(idx), theirs?.statusAt(idx));
      }
    }
    await late.close();
  });

  test('no clock decides what a switch hits: nodes and operator may be a minute apart', async () => {
    for (const [issuing, ordering] of [
      [-50_000, 60_000],
      [50_000, -60_000],
    ]) {
      // Not quite a minute, for which a code lives.
      const clock = createShiftedClock(issuing);
      const node = await startTestServer({ store: url, declaration, issuer: one.issuer, clock });
      const skewed = await createOperator(url, createShiftedClock(ordering));
      living.clear();
      const [service, api] = [
        await serviceToken(node),
        await serviceToken(node, 'service', returns),
      ];
      await skewed.kill({ clientId: 'service' });
      const second = await serviceToken(node, 'service', returns);
      await skewed.kill({ api: returns });
      const session = sessionOf(carol);
      const before = remember(
        String(
          (await session.redeem(node, await session.newCode({ resource: orders }))).body
            .access_token,
        ),
      );
      await skewed.kill({ everything: true });
      const third = await serviceToken(node);
      const again = sessionOf(carol);
      const code = await again.newCode({ resource: orders });
      const afterwards = remember(String((await again.redeem(node, code)).body.access_token));
      assert.equal(await isActive(node, before), false);
      for (const token of [third, afterwards]) {
        assert.equal(await isActive(node, token), true);
        assert.equal(await isRevoked(node, token), false);
      }
      await assertOnly(service, api, second, before);
      await Promise.all([node.close(), skewed.close()]);
    }
  });

  test('a signing key that was revoked signs no list any more, and takes its tokens with it', async () => {
    living.clear();
    const token = await serviceToken(one);
    const person = (await personTokens(sessionOf())).accessToken;
    const { uri } = claimOf(token) ?? assert.fail();
    const old = (await fetchList(other, uri)) ?? assert.fail();
    const kid = decodeProtectedHeader(token).kid ?? '';
    assert.equal(old.kid, kid);

    await operator.kill({ keyId: kid });
    for (const node of [one, other]) {
      const list = await listWhen(node, uri, (now) => now.kid !== kid);
      assert.notEqual(list.payload.jwks, old.payload.jwks, 'who follows a list hears of it');
      const { jwks } = await jwksOf(node);
      assert.ok(!JSON.stringify(jwks).includes(kid));
      // The next key, which is made in a moment, changes the key set once more.
      const { etag } = await jwksWithNext(node);
      await listWhen(node, uri, ({ payload }) => payload.jwks === etag);
      assert.equal(await isActive(node, token), false);
    }
    const next = await serviceToken(other);
    assert.notEqual(decodeProtectedHeader(next).kid, kid);
    await assertOnly(token, person);
    assert.equal(await isActive(one, next), true);
  });
});
