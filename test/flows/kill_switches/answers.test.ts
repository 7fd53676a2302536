/** `effective_within` is the truth: the seconds until the last verifier refuses, and no more than that. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { decodeJwt } from 'jose';
import { alice } from '../../../harness/sign_in.ts';
import { clockSkewMs } from '../../../src/clock.ts';
import { openStore } from '../../../src/storage/open.ts';
import type { Store } from '../../../src/storage/store.ts';
import { type AppSession, createAppSession } from '../../support/app_session.ts';
import { basic, postForm } from '../../support/flows.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { eachEngine } from '../../support/stores.ts';
import {
  declaration,
  orders,
  promise,
  quick,
  scope,
  serviceSecret,
  serviceToken,
  stock,
} from './configuration.ts';
import { createOperator, type Operator } from './operator.ts';

const order = { type: 'revocation.api', actor: 'operator' } as const;

await eachEngine((stores) => {
  let url: string;
  let node: TestServer;
  let store: Store;
  let operator: Operator;
  let app: AppSession;
  before(async () => {
    url = await stores.freshUrl();
    node = await startTestServer({ store: url, declaration });
    store = await openStore({ url });
    operator = createOperator(store, declaration);
    app = createAppSession({ issuer: node.issuer, clientId: 'app', scope, person: alice });
  });
  after(async () => {
    await node.close();
    await store.close();
  });

  const revoke = async (token: string) => {
    const authorization = basic('service', serviceSecret);
    const { body } = await postForm(`${node.url}/revoke`, { token }, { authorization });
    assert.equal(body.revoked, true);
    return body.effective_within;
  };
  const throwSwitch = async (target: Parameters<Operator['killSwitches']['throwSwitch']>[0]) =>
    (await operator.killSwitches.throwSwitch(target, order)).effectiveWithin;

  test('The revocation of a JWT reports the revocation promise, and that of an opaque token no delay', async () => {
    assert.equal(await revoke(await serviceToken(node, orders)), promise);
    assert.equal(await revoke(await serviceToken(node, stock)), 0);
    const { accessToken } = await app.newTokens(node, { resource: orders });
    assert.equal((await app.revoke(node, accessToken)).body.effective_within, promise);
    const opaque = await app.newTokens(node, { resource: stock });
    assert.equal((await app.revoke(node, opaque.accessToken)).body.effective_within, 0);
  });

  test('The revocation of a refresh token reports the revocation promise, as it may have issued JWTs', async () => {
    const { refreshToken } = await app.newTokens(node, { resource: orders });
    assert.equal((await app.revoke(node, refreshToken)).body.effective_within, promise);
  });

  test('The revocation of a JWT that expires before the promise reports the time until the last verifier refuses it', async () => {
    const { jti = '' } = decodeJwt(await serviceToken(node, orders));
    for (const [rest, expected] of [
      [60_000, promise],
      [900, promise],
      [1500 - clockSkewMs, 2],
      [900 - clockSkewMs, 1],
      [-5000 - clockSkewMs, 0],
    ] as const) {
      assert.equal(await throwSwitch({ token: jti, expiresAt: Date.now() + rest }), expected);
    }
    let short = await serviceToken(node, quick);
    // Tokens of one second: one that is issued late in its second is over before it can be revoked.
    while (Number(decodeJwt(short).exp) * 1000 - Date.now() < 500) {
      short = await serviceToken(node, quick);
    }
    assert.equal(await revoke(short), promise);
  });

  test('The revocation of an API reports at most its token lifetime, and no delay for opaque tokens', async () => {
    assert.equal(await throwSwitch({ api: orders }), promise);
    assert.equal(await throwSwitch({ api: stock }), 0);
    const slow = createOperator(store, { ...declaration, revocation: { effective_within: '2m' } });
    const { effectiveWithin } = await slow.killSwitches.throwSwitch({ api: quick }, order);
    assert.equal(effectiveWithin, 1 + clockSkewMs / 1000);
  });

  test('An API that issued JWTs before its declaration changed reports the revocation promise', async () => {
    const opaqueNow = { ...declaration, apis: declaration.apis.map(opaque) };
    const changed = createOperator(store, opaqueNow);
    await serviceToken(node, orders);
    const { effectiveWithin } = await changed.killSwitches.throwSwitch({ api: orders }, order);
    assert.equal(effectiveWithin, promise);
    const again = await changed.killSwitches.throwSwitch({ api: 'https://nothing.example' }, order);
    assert.equal(again.effectiveWithin, promise);
  });

  test('Every other kill switch reports the revocation promise', async () => {
    const { id = '' } = (await store.users.findByUsername('alice')) ?? {};
    for (const target of [
      { accountId: id },
      { clientId: 'app' },
      { grantId: 'a-grant' },
      { everything: true } as const,
    ]) {
      assert.equal(await throwSwitch(target), promise);
    }
  });
});

function opaque<Api extends object>(api: Api): Api & { access_token_format: string } {
  return { ...api, access_token_format: 'opaque' };
}
