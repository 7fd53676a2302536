import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  type AppSession,
  createAppSession,
  inParallel,
  tally,
  tokensOf,
} from '../../support/app_session.ts';
import { type Nodes, startProcessNodes } from '../../support/nodes.ts';
import { eachEngine } from '../../support/stores.ts';
import { appSecret, declaration, isActive, scope } from './configuration.ts';

const parallel = 50;
/** On each engine. */
const rounds = 10;

await eachEngine((stores) => {
  let nodes: Nodes;
  let app: AppSession;
  before(async () => {
    nodes = await startProcessNodes({ store: await stores.freshUrl(), declaration });
    const [{ issuer }] = nodes;
    app = createAppSession({ issuer, clientId: 'app', scope });
  });
  after(() => Promise.all(nodes.map((node) => node.close())));

  test('An authorization code is spent exactly once, and its reuse revokes its tokens', async () => {
    for (let round = 0; round < rounds; round += 1) {
      const code = await app.newCode();
      const answers = await inParallel(parallel, nodes, (node) => app.redeem(node, code));
      assert.deepEqual(tally(answers), { 200: 1, '400 invalid_grant': parallel - 1 });

      const winner = answers.find(({ status }) => status === 200);
      assert.ok(winner);
      const { accessToken, refreshToken } = tokensOf(winner);
      assert.equal(await isActive(nodes, accessToken), false);
      const refreshed = await inParallel(2, nodes, (node) => app.refresh(node, refreshToken));
      assert.deepEqual(tally(refreshed), { '400 invalid_grant': 2 });
    }
  });

  test('A second redemption is refused and revokes the tokens of the first', async () => {
    const [one, other] = nodes;
    const code = await app.newCode();
    const first = tokensOf(await app.redeem(one, code));
    const { refreshToken, accessToken } = tokensOf(await app.refresh(one, first.refreshToken));
    assert.equal(await isActive(nodes, first.accessToken), true);
    assert.equal(await isActive(nodes, accessToken), true);

    const { status, body } = await app.redeem(other, code);
    assert.deepEqual([status, body.error], [400, 'invalid_grant']);
    assert.equal(await isActive(nodes, first.accessToken), false);
    assert.equal(await isActive(nodes, accessToken), false);
    assert.equal((await app.refresh(one, refreshToken)).body.error, 'invalid_grant');
  });

  test('A reused code does not revoke the tokens of another code', async () => {
    const [one, other] = nodes;
    const mine = await app.newTokens(one);
    const code = await app.newCode();
    await app.redeem(one, code);
    await app.redeem(other, code);
    assert.equal(await isActive(nodes, mine.accessToken), true);
    assert.equal((await app.refresh(other, mine.refreshToken)).status, 200);
  });

  test('A wrong verifier, redirect URI or client neither spends the code nor revokes tokens', async () => {
    const [one, other] = nodes;
    const { issuer } = one;
    const code = await app.newCode();
    const stranger = createAppSession({
      issuer,
      clientId: 'strict-app',
      secret: appSecret,
      scope,
    });
    const elsewhere = createAppSession({
      issuer,
      clientId: 'app',
      redirectUri: 'https://evil.example/',
      scope,
    });
    const attempts = [
      await app.redeem(one, { ...code, verifier: 'x'.repeat(43) }),
      await stranger.redeem(one, code),
      await elsewhere.redeem(one, code),
    ];
    assert.deepEqual(tally(attempts), { '400 invalid_grant': 3 });
    const { accessToken } = tokensOf(await app.redeem(other, code));
    assert.deepEqual(tally([await stranger.redeem(one, code)]), { '400 invalid_grant': 1 });
    assert.equal(await isActive(nodes, accessToken), true);
  });
});
