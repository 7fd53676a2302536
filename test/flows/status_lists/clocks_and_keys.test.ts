/** The bits are right whatever the clocks say, and when the key that signs the lists is dead itself. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeProtectedHeader } from 'jose';
import { createShiftedClock } from '../../support/clock.ts';
import { sharedScene } from '../../support/scenes.ts';
import { startTestServer } from '../../support/server.ts';
import { eachEngine } from '../../support/stores.ts';
import { carol, declaration, orders, returns } from './configuration.ts';
import { claimOf, fetchList, isRevoked, jwksOf, jwksWithNext, listWhen } from './lists.ts';
import { createOperator } from './operator.ts';
import { openScene } from './scene.ts';

await eachEngine((stores) => {
  const scene = sharedScene(stores, openScene);

  test('A kill switch hits the same tokens when the clocks of nodes and operator differ by a minute', async () => {
    const { url, one, living, remember, serviceToken, sessionOf, isActive, assertOnly } = scene();
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

  test('A revoked signing key no longer signs status lists, and its tokens are refused', async () => {
    const {
      one,
      other,
      operator,
      living,
      serviceToken,
      sessionOf,
      personTokens,
      isActive,
      assertOnly,
    } = scene();
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
