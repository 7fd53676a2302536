import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { sha256 } from '../../../src/digests.ts';
import { openStore } from '../../../src/storage/open.ts';
import type { Store } from '../../../src/storage/store.ts';
import { familyOf } from '../../../src/tokens/revocation/families.ts';
import {
  type AppSession,
  createAppSession,
  inParallel,
  tally,
  tokensOf,
} from '../../support/app_session.ts';
import { type Nodes, startNodes, startProcessNodes } from '../../support/nodes.ts';
import { eachEngine } from '../../support/stores.ts';
import { appSecret, declaration, isActive, opensUserinfo, scope } from './configuration.ts';

const parallel = 50;
/** On each engine. */
const rounds = 10;

await eachEngine((stores) => {
  describe('Refresh token rotation on two nodes', () => {
    let nodes: Nodes;
    let store: Store;
    let app: AppSession;
    let strictApp: AppSession;
    before(async () => {
      const url = await stores.freshUrl();
      nodes = await startProcessNodes({ store: url, declaration });
      store = await openStore({ url });
      const [{ issuer }] = nodes;
      app = createAppSession({ issuer, clientId: 'app', scope });
      strictApp = createAppSession({ issuer, clientId: 'strict-app', secret: appSecret, scope });
    });
    after(async () => {
      await Promise.all(nodes.map((node) => node.close()));
      await store.close();
    });

    test('Without a grace period a refresh token is spent at most once, and reuse ends the family', async () => {
      const [one] = nodes;
      for (let round = 0; round < rounds; round += 1) {
        const { refreshToken, accessToken } = await strictApp.newTokens(one);
        const answers = await inParallel(parallel, nodes, (node) =>
          strictApp.refresh(node, refreshToken),
        );
        const { 200: won = 0, ...others } = tally(answers);
        assert.ok(won <= 1, `${won} answers of 200`);
        assert.deepEqual(others, { '400 invalid_grant': parallel - won });

        const winners = answers.filter(({ status }) => status === 200).map(tokensOf);
        for (const token of [accessToken, ...winners.map((winner) => winner.accessToken)]) {
          assert.equal(await isActive(nodes, token), false);
        }
        for (const winner of winners) {
          const { body } = await strictApp.refresh(one, winner.refreshToken);
          assert.equal(body.error, 'invalid_grant');
        }
      }
    });

    test('Within the grace period every request gets the same successor', async () => {
      const [one, other] = nodes;
      for (let round = 0; round < 2; round += 1) {
        const code = await app.newCode();
        const { refreshToken } = tokensOf(await app.redeem(one, code));
        const answers = await inParallel(parallel, nodes, (node) =>
          app.refresh(node, refreshToken),
        );
        assert.deepEqual(tally(answers), { 200: parallel });
        const successors = new Set(answers.map((answer) => tokensOf(answer).refreshToken));
        assert.equal(successors.size, 1);
        const [tip = ''] = successors;

        const now = Date.now();
        const stored = (value: string) => store.artifacts.find('RefreshToken', sha256(value), now);
        assert.notEqual((await stored(refreshToken))?.consumedAt, undefined);
        const tipArtifact = await stored(tip);
        assert.ok(tipArtifact);
        assert.equal(tipArtifact.consumedAt, undefined);

        const accessTokens = answers.map((answer) => tokensOf(answer).accessToken);
        for (const token of accessTokens.slice(0, 2)) {
          assert.equal(await isActive(nodes, token), true);
          assert.equal(await opensUserinfo(nodes, token), true);
        }
        const next = tokensOf(await app.refresh(other, tip));
        assert.notEqual(next.refreshToken, tip);

        // Nothing else lives in the family: the first one, its successor, and what followed that.
        const familyId = familyOf(String(tipArtifact.grantId), sha256(code.code));
        assert.equal(tipArtifact.familyId, familyId);
        assert.equal(await store.artifacts.removeAll({ familyId }), 3);
      }
    });

    test('Browser tabs that all refresh at once stay signed in and end with one token', async () => {
      const [one] = nodes;
      const { refreshToken } = await app.newTokens(one);
      let held = Array.from({ length: 8 }, () => refreshToken);
      for (let wave = 0; wave < 4; wave += 1) {
        const answers = await inParallel(held.length, nodes, (node, index) =>
          app.refresh(node, held[index] ?? ''),
        );
        held = answers.map((answer) => tokensOf(answer).refreshToken);
      }
      const last = await app.refresh(one, held[0] ?? '');
      assert.equal(last.status, 200);
      assert.ok(await app.newCode({ prompt: 'none' }));
    });
  });

  describe('Refresh token grace period', () => {
    const start = Date.now();
    let offset = 0;
    const clock = { now: () => start + offset };
    let nodes: Nodes;
    let store: Store;
    let app: AppSession;
    before(async () => {
      const url = await stores.freshUrl();
      nodes = await startNodes({ store: url, declaration, clock });
      store = await openStore({ url });
      app = createAppSession({ issuer: nodes[0].issuer, clientId: 'app', scope });
    });
    after(async () => {
      await Promise.all(nodes.map((node) => node.close()));
      await store.close();
    });

    test('A token refreshed within the grace period stays spent even if the spending request fails and undoes it', async () => {
      const [one, other] = nodes;
      const { refreshToken } = await app.newTokens(one);
      const id = sha256(refreshToken);
      await app.refresh(one, refreshToken);
      const spent = await store.artifacts.find('RefreshToken', id, clock.now());
      const inGrace = tokensOf(await app.refresh(other, refreshToken));
      // As the first request would by now, if it had failed.
      await store.artifacts.release('RefreshToken', id, Number(spent?.consumedAt));
      offset += 10_001;
      const { body } = await app.refresh(other, refreshToken);
      assert.equal(body.error, 'invalid_grant');
      assert.equal((await app.refresh(one, inGrace.refreshToken)).status, 400);
    });

    test('A client that lost the response recovers within the grace period', async () => {
      const [one, other] = nodes;
      const first = await app.newTokens(one);
      const lost = tokensOf(await app.refresh(one, first.refreshToken));
      offset += 9_999;
      const recovered = tokensOf(await app.refresh(other, first.refreshToken));
      assert.equal(recovered.refreshToken, lost.refreshToken);
      assert.equal((await app.refresh(one, recovered.refreshToken)).status, 200);
    });

    test('A client recovers even when the successor has been used already', async () => {
      const [one, other] = nodes;
      const first = await app.newTokens(one);
      const second = tokensOf(await app.refresh(one, first.refreshToken));
      const third = tokensOf(await app.refresh(other, second.refreshToken));
      const fourth = tokensOf(await app.refresh(one, third.refreshToken));
      offset += 5_000;
      for (const old of [first, second, third]) {
        const { refreshToken } = tokensOf(await app.refresh(other, old.refreshToken));
        assert.equal(refreshToken, fourth.refreshToken);
      }
      assert.equal((await app.refresh(one, fourth.refreshToken)).status, 200);
    });

    test('Reuse after the grace period ends the family and all its tokens', async () => {
      const [one, other] = nodes;
      const first = await app.newTokens(one);
      const second = tokensOf(await app.refresh(one, first.refreshToken));
      const third = tokensOf(await app.refresh(one, second.refreshToken));
      const bystander = await app.newTokens(one);
      offset += 10_000;
      const { status, body } = await app.refresh(other, first.refreshToken);
      assert.deepEqual([status, body.error], [400, 'invalid_grant']);
      for (const { accessToken } of [first, second, third]) {
        assert.equal(await isActive(nodes, accessToken), false);
        assert.equal(await opensUserinfo(nodes, accessToken), false);
      }
      for (const { refreshToken } of [first, second, third]) {
        assert.equal((await app.refresh(one, refreshToken)).body.error, 'invalid_grant');
      }
      assert.equal(await isActive(nodes, bystander.accessToken), true);
      assert.equal((await app.refresh(one, bystander.refreshToken)).status, 200);
    });

    test('A recovery does not extend the grace period', async () => {
      const [one, other] = nodes;
      const first = await app.newTokens(one);
      await app.refresh(one, first.refreshToken);
      offset += 6_000;
      assert.equal((await app.refresh(other, first.refreshToken)).status, 200);
      offset += 4_000;
      assert.equal((await app.refresh(one, first.refreshToken)).body.error, 'invalid_grant');
    });
  });
});
