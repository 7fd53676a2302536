/**
 * Nodes whose clocks disagree: a kill switch ends what came before it, by the store's order, whatever the
 * clocks say. Only `before` is about the time that tokens show.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { freePort } from '../../../harness/free_port.ts';
import { type ProcessServer, startProcessServer } from '../../../harness/process_server.ts';
import { alice, bob } from '../../../harness/sign_in.ts';
import { openStore } from '../../../src/storage/open.ts';
import type { Store } from '../../../src/storage/store.ts';
import type { RevocationTarget } from '../../../src/tokens/revocation/revocations.ts';
import { type AppSession, createAppSession, type TokenSet } from '../../support/app_session.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { eachEngine } from '../../support/stores.ts';
import {
  carol,
  declaration,
  isActive,
  orders,
  scope,
  serviceToken,
  stock,
  untilServed,
} from './configuration.ts';
import { createFollower } from './follower.ts';
import { createOperator, type Operator } from './operator.ts';

const order = { type: 'revocation.everything', actor: 'operator' } as const;

await eachEngine((stores) => {
  for (const [what, shift] of [
    ['ahead', 60_000],
    ['behind', -60_000],
  ] as const) {
    describe(`Kill switches on a node whose clock is 60 s ${what}`, () => {
      let straight: TestServer;
      let shifted: ProcessServer;
      let store: Store;
      let operator: Operator;
      let app: AppSession;
      before(async () => {
        const url = await stores.freshUrl();
        // The keys are as old as the machine's clock says.
        const port = await freePort();
        const node = { store: url, declaration, issuer: `http://127.0.0.1:${port}` };
        await (await startTestServer(node)).close();
        shifted = await startProcessServer({ ...node, port, clockShiftMs: shift });
        straight = await startTestServer(node);
        store = await openStore({ url });
        operator = createOperator(store, declaration);
        const { issuer } = shifted;
        app = createAppSession({ issuer, clientId: 'app', scope, person: alice });
      });
      after(async () => {
        await Promise.all([straight.close(), shifted.kill()]);
        await store.close();
      });

      const followers = [createFollower(() => straight), createFollower(() => shifted)];
      const targets: Record<string, (token: string) => Promise<RevocationTarget>> = {
        'a user': async () => ({
          accountId: (await store.users.findByUsername('alice'))?.id ?? '',
        }),
        'an app': async () => ({ clientId: 'app' }),
        'a service': async () => ({ clientId: 'service' }),
        'an API': async () => ({ api: orders }),
        'a signing key': async (token) => ({ keyId: decodeProtectedHeader(token).kid ?? '' }),
        everything: async () => ({ everything: true }),
        'everything before now': async () => ({
          everything: true,
          before: Math.floor(Date.now() / 1000) * 1000,
        }),
      };

      for (const [name, target] of Object.entries(targets)) {
        test(`A token issued after the kill switch of ${name} is accepted everywhere`, async () => {
          const early = await app.newTokens(shifted, { resource: orders });
          const earlyService = await serviceToken(shifted, orders);
          await serviceToken(straight, orders);
          await operator.killSwitches.throwSwitch(await target(early.accessToken), order);
          const dead = [early.accessToken, earlyService].filter((token) => {
            const isOfService = token === earlyService;
            if (name === 'a user' || name === 'an app') return !isOfService;
            if (name === 'a service') return isOfService;
            return name !== 'everything before now' || what === 'behind';
          });
          for (const token of dead) {
            for (const node of [straight, shifted]) {
              assert.equal(await isActive(node, orders, token), false);
            }
            for (const follower of followers) await follower.untilRevoked(token);
          }

          if (name === 'a signing key') await untilServed([straight, shifted]);
          const late = await app.newTokens(shifted, { resource: orders });
          const opaque = await app.newTokens(shifted, { resource: stock });
          const refreshed = await app.refresh(straight, late.refreshToken);
          assert.equal(refreshed.status, 200);
          const jwts = [
            late.accessToken,
            String(refreshed.body.access_token),
            await serviceToken(shifted, orders),
            await serviceToken(straight, orders),
          ];
          for (const node of [straight, shifted]) {
            for (const token of jwts) assert.equal(await isActive(node, orders, token), true);
            assert.equal(await isActive(node, stock, opaque.accessToken), true);
          }
          for (const token of jwts) {
            for (const follower of followers) {
              assert.equal(await follower.isRevoked(token), false);
            }
          }
          assert.ok(await app.newCode({ prompt: 'none', resource: orders }));
        });
      }

      test('A token with seconds to live is revoked on every status list', async () => {
        const token = await serviceToken(shifted, orders);
        const { jti = '', status } = decodeJwt(token);
        const { idx, uri } = (status as { status_list: { idx: number; uri: string } }).status_list;
        await operator.killSwitches.throwSwitch(
          {
            ...{ token: jti, expiresAt: Date.now() + 5000 },
            status: { list: uri.slice(uri.lastIndexOf('/') + 1), index: idx },
          },
          { type: 'revocation.token' },
        );
        for (const follower of followers) await follower.untilRevoked(token);
      });
    });
  }

  describe('Revocation of everything before an instant', () => {
    let node: TestServer;
    let store: Store;
    let operator: Operator;
    before(async () => {
      const url = await stores.freshUrl();
      node = await startTestServer({ store: url, declaration });
      store = await openStore({ url });
      operator = createOperator(store, declaration);
    });
    after(async () => {
      await node.close();
      await store.close();
    });

    const follower = createFollower(() => node);
    const nextSecond = () => sleep(1000 - (Date.now() % 1000));
    const issuedAt = (token: string) => decodeJwt(token).iat ?? 0;

    test('The instant is exact to the second shown in tokens, families and sign-ins', async () => {
      const { issuer } = node;
      const appOf = (person: typeof alice) =>
        createAppSession({ issuer, clientId: 'app', scope, person });
      const [early, middle, late] = [appOf(alice), appOf(bob), appOf(carol)];
      const services: string[] = [];
      const step = async (app: AppSession): Promise<TokenSet> => {
        await nextSecond();
        services.push(await serviceToken(node, orders));
        return app.newTokens(node, { resource: stock });
      };
      const first = await step(early);
      const later = await step(middle);
      const last = await step(late);
      // Of an old session, and (by offline_access, which needs the prompt) not bound to it.
      const refreshed = await early.newTokens(node, { resource: orders, prompt: 'consent' });
      const [, instant = 0] = services.map(issuedAt);
      const ranges = await store.statusRanges.select(
        { clientId: 'service' },
        { limit: 10, now: Date.now() },
      );
      assert.equal(ranges.length, 1, 'one block');

      const outcome = await operator.killSwitches.throwSwitch(
        { everything: true, before: instant * 1000 },
        order,
      );
      assert.equal((await outcome.finished).clientBlocks, 1);
      const [one = '', two = '', three = ''] = services;
      await follower.untilRevoked(one);
      for (const [token, lives] of [
        [one, false],
        [two, true],
        [three, true],
        [refreshed.accessToken, true],
      ] as const) {
        assert.equal(await isActive(node, orders, token), lives);
        assert.equal(await follower.isRevoked(token), !lives);
      }
      for (const [app, { accessToken, refreshToken }, lives] of [
        [early, first, false],
        [middle, later, true],
        [late, last, true],
      ] as const) {
        assert.equal(await isActive(node, stock, accessToken), lives);
        const { status } = await app.refresh(node, refreshToken);
        assert.equal(status === 200, lives);
        const code = app.newCode({ prompt: 'none', resource: orders });
        if (lives) assert.ok(await code);
        else await assert.rejects(code, /login_required/);
      }
      // Its family began later, although its session did not.
      assert.equal((await early.refresh(node, refreshed.refreshToken)).status, 200);
    });
  });
});
