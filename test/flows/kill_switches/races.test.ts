/** Requests that are under way when a kill switch is thrown: nothing that they gain survives it. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { alice } from '../../../harness/sign_in.ts';
import { openStore } from '../../../src/storage/open.ts';
import type { Store } from '../../../src/storage/store.ts';
import type { RevocationTarget } from '../../../src/tokens/revocation/revocations.ts';
import { type Answer, type AppSession, createAppSession } from '../../support/app_session.ts';
import { type Nodes, startNodes } from '../../support/nodes.ts';
import { eachEngine } from '../../support/stores.ts';
import { declaration, isActive, orders, scope, serviceToken, stock } from './configuration.ts';
import { createFollower } from './follower.ts';
import { createOperator, type Operator } from './operator.ts';

const rounds = 20;

await eachEngine((stores) => {
  let nodes: Nodes;
  let store: Store;
  let operator: Operator;
  let app: AppSession;
  before(async () => {
    const url = await stores.freshUrl();
    nodes = await startNodes({ store: url, declaration });
    store = await openStore({ url });
    operator = createOperator(store, declaration);
    const { issuer } = nodes[0];
    app = createAppSession({ issuer, clientId: 'app', scope, person: alice });
  });
  after(async () => {
    await Promise.all(nodes.map((node) => node.close()));
    await store.close();
  });

  const follower = createFollower(() => nodes[1]);
  const order = { type: 'revocation.everything', actor: 'operator' } as const;
  const aliceId = async () => (await store.users.findByUsername('alice'))?.id ?? '';
  const grantOfAlice = async () => store.artifacts.findGrant(await aliceId(), 'app', Date.now());

  const targets: (() => Promise<RevocationTarget>)[] = [
    async () => ({ accountId: await aliceId() }),
    async () => ({ grantId: (await grantOfAlice())?.id ?? '' }),
    async () => ({ clientId: 'app' }),
    async () => ({ everything: true }),
    async () => ({ everything: true, before: Date.now() + 1000 }),
  ];

  test(`Refreshes and redemptions that run during a revocation gain nothing that survives, ${rounds} times`, async () => {
    const gained: string[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const [one, other] = nodes;
      const resource = round % 2 === 0 ? orders : stock;
      const tokens = await app.newTokens(one, { resource });
      const target = await targets[round % targets.length]?.();
      assert.ok(target);
      const codes = [await app.newCode({ resource }), await app.newCode({ resource })] as const;
      // Each begins a little later in the others' course than the last.
      const pause = new Promise((resolve) => setTimeout(resolve, round % 7));
      const [, ...answers] = await Promise.all([
        pause.then(() => operator.killSwitches.throwSwitch(target, order)),
        app.refresh(other, tokens.refreshToken),
        app.redeem(one, codes[0]),
        app.redeem(other, codes[1]),
      ]);
      for (const { status, body } of answers as Answer[]) {
        if (status !== 200) {
          assert.equal(body.error, 'invalid_grant');
          continue;
        }
        const accessToken = String(body.access_token);
        assert.equal(await isActive(one, resource, accessToken), false, `${round}`);
        const refreshed = await app.refresh(one, String(body.refresh_token));
        assert.equal(refreshed.body.error, 'invalid_grant', `${round}`);
        if (resource === orders) gained.push(accessToken);
      }
    }
    for (const token of gained) await follower.untilRevoked(token);
  });

  test("The status bit of a service's token matches its introspection when its kill switch runs at the same time", async () => {
    for (let round = 0; round < rounds; round += 1) {
      const target = round % 2 === 0 ? { clientId: 'service' } : { api: orders };
      const asked = Array.from({ length: 8 }, (_, index) =>
        serviceToken(nodes[index % 2] ?? nodes[0], orders),
      );
      const [, ...got] = await Promise.all([
        operator.killSwitches.throwSwitch(target, order),
        ...asked,
      ]);
      for (const token of got) {
        if (!(await isActive(nodes[0], orders, token))) await follower.untilRevoked(token);
        else assert.equal(await follower.isRevoked(token), false);
      }
    }
  });

  test("The status bit of a user's token matches its introspection when an API is revoked at the same time", async () => {
    for (let round = 0; round < rounds; round += 1) {
      const code = await app.newCode({ resource: orders });
      const [, { body }] = await Promise.all([
        operator.killSwitches.throwSwitch({ api: orders }, order),
        app.redeem(nodes[round % 2] ?? nodes[0], code),
      ]);
      const token = String(body.access_token);
      if (!(await isActive(nodes[0], orders, token))) await follower.untilRevoked(token);
      else assert.equal(await follower.isRevoked(token), false);
    }
  });

  test('A consent that is withdrawn while requests use it leaves no record', async () => {
    for (let round = 0; round < 5; round += 1) {
      await app.newTokens(nodes[0], { resource: orders });
      const grantId = (await grantOfAlice())?.id ?? '';
      await Promise.all([
        operator.killSwitches.throwSwitch({ grantId }, order),
        app.newCode({ resource: stock }),
        app.newCode({ resource: orders }),
      ]);
      assert.equal(await store.artifacts.find('Grant', grantId, Date.now()), undefined);
    }
  });
});
