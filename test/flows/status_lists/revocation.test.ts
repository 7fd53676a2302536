/** Which bits are set, and where: exactly those of the tokens that were revoked, in the lists of every node. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bob } from '../../../harness/sign_in.ts';
import type { RevocationTarget } from '../../../src/tokens/revocation/revocations.ts';
import type { AppSession } from '../../support/app_session.ts';
import { basic, postForm } from '../../support/flows.ts';
import { sharedScene } from '../../support/scenes.ts';
import { startTestServer } from '../../support/server.ts';
import { eachEngine } from '../../support/stores.ts';
import {
  byeUri,
  carol,
  declaration,
  returns,
  serviceSecret,
  sessionScope,
} from './configuration.ts';
import { claimOf, fetchList } from './lists.ts';
import { openScene } from './scene.ts';

await eachEngine((stores) => {
  const scene = sharedScene(stores, openScene);

  test('A revoked token of a user or a service has its status bit set on the other node, and no other token has', async () => {
    const { one, other, remember, serviceToken, sessionOf, personTokens, isActive, assertOnly } =
      scene();
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

  test('A revoked or reused refresh token sets the status bits of its whole family', async () => {
    const { one, other, remember, sessionOf, personTokens, assertOnly } = scene();
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

  test("A sign-out sets the status bits of the session's tokens at each app", async () => {
    const { one, other, sessionOf, personTokens, isActive, assertOnly } = scene();
    const session = sessionOf(bob, 'app', sessionScope);
    const { accessToken, idToken } = await personTokens(session);
    const bystander = await personTokens(sessionOf(bob, 'app', sessionScope));
    const lasting = await personTokens(sessionOf(bob));
    const query = new URLSearchParams({
      id_token_hint: idToken,
      post_logout_redirect_uri: byeUri,
    });
    await session.agent.open(`${one.issuer}/logout?${query}`, { stopAt: byeUri });
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
        const user = await scene().operator.store.users.findByUsername(carol.username);
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
  const oneOfEach = async (app: AppSession, otherApp: AppSession) => {
    const { one, serviceToken, sessionOf, personTokens } = scene();
    return {
      inApp: (await personTokens(app)).accessToken,
      inReturns: (await personTokens(app, returns)).accessToken,
      inOther: (await personTokens(otherApp)).accessToken,
      aliceInApp: (await personTokens(sessionOf())).accessToken,
      service: await serviceToken(one),
      serviceInReturns: await serviceToken(one, 'service', returns),
    };
  };
  for (const { name, target, hits, signsOut } of switches) {
    test(`The kill switch of ${name} sets the bits of its tokens alone, and later tokens are accepted`, async () => {
      const { one, other, operator, living, sessionOf, isActive, assertOnly } = scene();
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

  test('A node that starts later sets the same status bits as the running ones', async () => {
    const { url, one, other, dead, living, assertBits } = scene();
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
});
