/** An exchanged token dies with all that it comes of, on every node and for offline verifiers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJwt } from 'jose';
import { bob } from '../../../harness/sign_in.ts';
import { clientChangedKind } from '../../../src/caching/change_markers.ts';
import { markerKeyOf, type RevocationTarget } from '../../../src/tokens/revocation/revocations.ts';
import type { AppSession } from '../../support/app_session.ts';
import { eachEngine } from '../../support/stores.ts';
import { orders, stock } from './configuration.ts';
import { accessTokenType, by, sceneOn, tokenOf } from './scene.ts';

const rounds = 20;

await eachEngine((stores) => {
  const scene = sceneOn(stores);

  let app: AppSession | undefined;
  /** Alice's token of the app, what orders-api made of it for the stock, and what stock-api made of that. */
  const chain = async (by?: AppSession) => {
    const { session, one, exchange } = scene();
    app ??= session();
    const { accessToken: first, refreshToken } = await (by ?? app).newTokens(one, {
      resource: orders,
    });
    const second = tokenOf(await exchange('orders-api', first, { resource: stock }));
    const third = tokenOf(await exchange('stock-api', second, { resource: orders }));
    return { first, second, third, refreshToken };
  };
  type Chain = Awaited<ReturnType<typeof chain>>;
  const aliceId = async () => (await scene().store.users.findByUsername('alice'))?.id ?? '';
  const grantId = async () => {
    const { artifacts } = scene().store;
    const grant = await artifacts.findGrant(await aliceId(), 'app', Date.now());
    return grant?.id ?? '';
  };
  const assertChainDead = async ({ second, third }: Chain) => {
    const { assertDead } = scene();
    await assertDead(second, 'stock-api');
    await assertDead(third, 'orders-api');
  };

  const switches: [string, (made: Chain) => Promise<RevocationTarget>][] = [
    ['the user', async () => ({ accountId: await aliceId() })],
    ['the grant', async () => ({ grantId: await grantId() })],
    ["the subject token's client", async () => ({ clientId: 'app' })],
    ['the client in between', async () => ({ clientId: 'orders-api' })],
    ["the subject token's API", async () => ({ api: orders })],
    ['the API in between', async () => ({ api: stock })],
    ['everything', async () => ({ everything: true })],
    [
      'everything from before the exchange',
      async ({ first }) => {
        // The exchange came at least a second later: only the subject token is that old.
        return { everything: true, before: Number(decodeJwt(first).iat) * 1000 + 1 };
      },
    ],
  ];
  for (const [what, targetFor] of switches) {
    test(`An exchanged token ends with the revocation of ${what}`, async () => {
      const { assertAlive, throwSwitch, exchange } = scene();
      const isBefore = what.endsWith('before the exchange');
      let made = await chain();
      if (isBefore) {
        await new Promise((resolve) => setTimeout(resolve, 1100));
        const second = tokenOf(await exchange('orders-api', made.first, { resource: stock }));
        const third = tokenOf(await exchange('stock-api', second, { resource: orders }));
        made = { ...made, second, third };
      }
      await assertAlive(made.third);
      await throwSwitch(await targetFor(made));
      await assertChainDead(made);
      // What comes after it lives.
      await assertAlive((await chain()).second, 'stock-api');
    });
  }

  test('An exchanged token ends when its owner revokes the subject token or one in between', async () => {
    const { revoke, assertAlive, isActive } = scene();
    const byApp = await chain();
    assert.equal((await revoke('app', byApp.first)).body.revoked, true);
    await assertChainDead(byApp);
    const byApi = await chain();
    assert.equal((await revoke('orders-api', byApi.second)).body.revoked, true);
    await assertChainDead(byApi);
    await assertAlive(byApi.first);
    const last = await chain();
    assert.equal((await revoke('stock-api', last.third)).body.revoked, true);
    assert.equal(await isActive(last.third), false);
    await assertAlive(last.second, 'stock-api');
    // Not by anybody else.
    const spared = await chain();
    for (const client of ['app', 'job', 'stock-api']) {
      assert.equal((await revoke(client, spared.second)).body.revoked, false, client);
    }
    await assertAlive(spared.third);
  });

  test('An exchanged token ends with its refresh token family, and with no other', async () => {
    const { revoke, assertAlive } = scene();
    const [made, other] = [await chain(), await chain()];
    await revoke('app', made.refreshToken);
    await assertChainDead(made);
    await assertAlive(other.third);
  });

  test('An exchanged token ends with the session when the user signs out', async () => {
    const { session, one, exchange, store, throwSwitch } = scene();
    const app = session();
    const { accessToken } = await app.newTokens(one, { resource: orders });
    const token = tokenOf(await exchange('orders-api', accessToken));
    const kept = await store.statusRanges.select(
      { userId: await aliceId() },
      { limit: 1000, now: Date.now() },
    );
    const newest = kept.toSorted((a, b) => a.asOf - b.asOf || a.first - b.first).at(-1);
    assert.ok(newest?.session, 'its range names the session');
    await throwSwitch({ session: newest.session });
    await scene().assertDead(token);
  });

  test('An exchanged token ends with the actor token and with the user behind it', async () => {
    const { session, one, exchange, revoke, assertAlive, assertDead } = scene();
    const { accessToken } = await session().newTokens(one, { resource: orders });
    const actor = (await session().newTokens(one, { resource: orders })).accessToken;
    const token = tokenOf(
      await exchange('app', accessToken, {
        ...{ actor_token: actor, actor_token_type: accessTokenType },
      }),
    );
    await assertAlive(token);
    await revoke('app', actor);
    await assertDead(token);
    await assertAlive(accessToken);
  });

  test("A disabled client's or user's token is refused for exchange, by whatever means it was obtained", async () => {
    const { store, clients, announce, session, exchange, isActive, atGateway } = scene();
    const made = await chain(session('app', undefined, bob));
    const user = await store.users.findByUsername(bob.username);
    const client = await store.clients.find('app');
    assert.ok(user && client);
    const disabledAt = Date.now();
    await store.users.update({ ...user, disabledAt, version: user.version + 1 });
    // Disabling revokes as well. This marker is noticed like that one and ends nothing, which was all issued later.
    const key = markerKeyOf({ accountId: user.id });
    await store.revocations.put({ key, before: 1, expiresAt: disabledAt + 60_000 });
    assert.equal(await isActive(made.third), false);
    assert.equal(await atGateway(made.third), 401);
    assert.equal((await exchange('orders-api', made.first)).status, 400);
    await store.users.update({ ...user, version: user.version + 2 });
    assert.equal(await isActive(made.third), true);
    assert.equal(await atGateway(made.third), 200);
    await store.clients.update({ ...client, disabledAt, version: client.version + 1 });
    await announce(clientChangedKind, 'app');
    assert.equal(await isActive(made.third), false);
    assert.equal(await atGateway(made.third), 401);
    assert.equal((await exchange('orders-api', made.first)).status, 400);
    await clients.enable('app');
    assert.equal(await isActive(made.third), true);
    assert.equal(await atGateway(made.third), 200);
  });

  test(`An exchange that runs while its source is revoked gains nothing, ${rounds} times`, async () => {
    const { one, other, session, exchange, revoke, throwSwitch, isActive, follower } = scene();
    const gained: string[] = [];
    const app = session();
    const targets = [
      { clientId: 'app' },
      { accountId: await aliceId() },
      { everything: true },
    ] as const;
    for (let round = 0; round < rounds; round += 1) {
      const { accessToken } = await app.newTokens(one, { resource: orders });
      const between = tokenOf(await exchange('orders-api', accessToken, { resource: stock }));
      const target = targets[round % 4];
      const pause = new Promise((resolve) => setTimeout(resolve, (round % 5) * 3));
      const [, ...answers] = await Promise.all([
        pause.then(async () => {
          await (target ? throwSwitch(target) : revoke('app', accessToken, other));
        }),
        exchange('orders-api', accessToken, {}, one),
        exchange('orders-api', accessToken, { resource: stock }, other),
        exchange('stock-api', between, { resource: orders }, one),
        exchange('app', accessToken, {}, other),
      ]);
      for (const answer of answers) {
        if (answer.status !== 200) assert.equal(answer.body.error, 'invalid_request');
        else gained.push(tokenOf(answer));
      }
    }
    for (const token of gained) {
      const api = decodeJwt(token).aud === stock ? 'stock-api' : 'orders-api';
      assert.equal(await isActive(token, api), false);
      await follower.untilRevoked(token);
    }
  });

  test(`An exchange that runs while its API key is revoked or disabled gains nothing, ${rounds} times`, async () => {
    const { one, other, newKey, exchangeKey, keys, isActive, follower, revoke } = scene();
    const gained: string[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const { id, key } = await newKey();
      const pause = new Promise((resolve) => setTimeout(resolve, (round % 5) * 3));
      const [, ...answers] = await Promise.all([
        pause.then(async () => {
          if (round % 2) await keys.disable(id, by);
          else await revoke('orders-api', key, other);
        }),
        ...Array.from({ length: 6 }, (_, index) => exchangeKey(key, {}, index % 2 ? one : other)),
      ]);
      for (const answer of answers) {
        if (answer.status !== 200) assert.equal(answer.body.error, 'invalid_request');
        else gained.push(tokenOf(answer));
      }
      if (round % 2) await keys.enable(id, by);
    }
    for (const token of gained) {
      assert.equal(await isActive(token), false);
      await follower.untilRevoked(token);
    }
  });
});
