/** Introspection (RFC 7662): who is told what about which token, and everything else is inactive. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJwt, generateKeyPair, SignJWT } from 'jose';
import * as openid from 'openid-client';
import { createShiftedClock } from '../../support/clock.ts';
import { basic, eachServer, postForm } from '../../support/flows.ts';
import { type Caller, introspect, revoke } from '../../support/holder.ts';
import { createRelyingParty } from '../../support/relying_party.ts';
import type { TestServer } from '../../support/server.ts';
import { lookUps, operationsDuring } from '../../support/store_operations.ts';
import { declaration, orders, publicUri, secret, stock } from './configuration.ts';

const caller = (clientId: string): Caller => ({ clientId, secret });
const inactive = { active: false };
const scopes: Record<string, string> = {
  [orders]: 'openid orders:read',
  [stock]: 'openid stock:read',
};

async function tokensFor({ issuer }: TestServer, resource: string, parameters = {}) {
  const app = await createRelyingParty({
    issuer,
    clientId: 'app',
    authentication: openid.ClientSecretBasic(secret),
  });
  const scope = scopes[resource] ?? 'openid';
  const { tokens } = await app.signIn({ parameters: { scope, resource, ...parameters } });
  return tokens;
}

async function serviceToken({ issuer }: TestServer, resource: string): Promise<string> {
  const { body } = await postForm(
    `${issuer}/token`,
    { grant_type: 'client_credentials', resource },
    { authorization: basic('app', secret) },
  );
  return String(body.access_token);
}

await eachServer({ declaration }, (server) => {
  const ask = async (clientId: string, token: string | undefined, hint?: string) => {
    const { status, body } = await introspect(server().issuer, caller(clientId), token, hint);
    assert.equal(status, 200, JSON.stringify(body));
    return body;
  };

  test("An introspection of an API's own JWT returns the claims of the JWT", async () => {
    const { access_token: token } = await tokensFor(server(), orders);
    const told = await ask('orders-api', token);
    const claims = decodeJwt(token);
    assert.equal(told.active, true);
    assert.equal(told.token_type, 'Bearer');
    for (const name of [
      'iss',
      'sub',
      'client_id',
      'scope',
      'exp',
      'iat',
      'jti',
      'acr',
      'auth_time',
    ]) {
      assert.equal(told[name], claims[name], name);
    }
    assert.deepEqual(told.aud, claims.aud);
  });

  test('A JWT is verified and looked up once, however often it is introspected and when it is revoked', async () => {
    const once = { 'statusRanges.find': 1, 'artifacts.find': 1, 'revocations.find': 1 };
    const costOf = async (work: () => Promise<void>) =>
      lookUps(await operationsDuring(server(), work));
    const newToken = async () => (await tokensFor(server(), orders)).access_token;
    for (const hint of [undefined, 'access_token', 'refresh_token']) {
      const [token, other] = [await newToken(), await newToken()];
      // The first request after a revocation looks whether that was about a signing key.
      await ask('orders-api', other);
      const introspect = async () => {
        assert.equal((await ask('orders-api', token, hint)).active, true);
      };
      assert.deepEqual(await costOf(introspect), once, hint);
      assert.deepEqual(await costOf(introspect), {}, hint);
      const cost = await costOf(async () => {
        const { body } = await revoke(server().issuer, caller('app'), token, hint);
        assert.equal(body.revoked, true);
      });
      assert.deepEqual(cost, {}, hint);
      assert.deepEqual(await ask('orders-api', token, hint), { active: false });
    }
  });

  test("An introspection of an API's own opaque token returns the same as for a JWT", async () => {
    const tokens = await tokensFor(server(), stock);
    const { access_token: token } = tokens;
    const told = await ask('stock-api', token);
    assert.equal(told.active, true);
    assert.equal(told.sub, tokens.claims()?.sub);
    assert.equal(told.client_id, 'app');
    assert.equal(told.scope, 'openid stock:read');
    assert.deepEqual(told.aud, [stock, `${server().issuer}/userinfo`]);
    assert.equal(told.acr, 'urn:cardea:acr:password');
    assert.ok(Number(told.exp) > Date.now() / 1000);
    assert.ok(!JSON.stringify(told).includes(token));
  });

  test("The introspection of a service's token names the service", async () => {
    for (const [resource, api] of [
      [orders, 'orders-api'],
      [stock, 'stock-api'],
    ] as const) {
      const told = await ask(api, await serviceToken(server(), resource));
      assert.equal(told.active, true);
      assert.equal(told.client_id, 'app');
      assert.equal(told.aud, resource);
    }
  });

  test('An API sees no token for another API, and a stranger sees none', async () => {
    for (const resource of [orders, stock]) {
      const { access_token: token } = await tokensFor(server(), resource);
      const other = resource === orders ? 'stock-api' : 'orders-api';
      assert.deepEqual(await ask(other, token), inactive);
      assert.deepEqual(await ask('stranger', token), inactive);
      const service = await serviceToken(server(), resource);
      assert.deepEqual(await ask(other, service), inactive);
    }
  });

  test('A client sees its own tokens, including the refresh token that its API does not see', async () => {
    const tokens = await tokensFor(server(), orders);
    assert.equal((await ask('app', tokens.access_token)).active, true);
    const refresh = await ask('app', tokens.refresh_token);
    assert.equal(refresh.active, true);
    assert.equal(refresh.client_id, 'app');
    assert.deepEqual(await ask('orders-api', tokens.refresh_token), inactive);
    assert.deepEqual(await ask('stranger', tokens.refresh_token), inactive);
  });

  test('A public client cannot introspect, not even its own tokens', async () => {
    const { issuer } = server();
    const app = await createRelyingParty({
      issuer,
      clientId: 'public-app',
      redirectUri: publicUri,
    });
    const parameters = { scope: 'openid orders:read', resource: orders };
    const { tokens } = await app.signIn({ parameters });
    for (const token of [tokens.access_token, tokens.refresh_token]) {
      const { body } = await introspect(issuer, { clientId: 'public-app' }, token);
      assert.deepEqual(body, inactive);
    }
    assert.equal((await ask('orders-api', tokens.access_token)).active, true);
  });

  test('A wrong or unknown token type hint changes nothing', async () => {
    const tokens = await tokensFor(server(), orders);
    const opaque = await tokensFor(server(), stock);
    for (const hint of ['refresh_token', 'access_token', 'id_token', 'nonsense', '__proto__', '']) {
      assert.equal((await ask('app', tokens.access_token, hint)).active, true, hint);
      assert.equal((await ask('app', tokens.refresh_token, hint)).active, true, hint);
      assert.equal((await ask('app', opaque.access_token, hint)).active, true, hint);
    }
  });

  test('Anything but a live access or refresh token is reported as inactive only', async () => {
    const tokens = await tokensFor(server(), orders);
    const opaque = await tokensFor(server(), stock);
    const { privateKey } = await generateKeyPair('RS256');
    const [header = '', payload = '', signature = ''] = tokens.access_token.split('.');
    const claims = decodeJwt(tokens.access_token);
    const foreign = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid: 'unknown' })
      .sign(privateKey);
    const borrowedKid = JSON.parse(Buffer.from(header, 'base64url').toString());
    const forged = await new SignJWT(claims).setProtectedHeader(borrowedKid).sign(privateKey);
    const unsigned = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url');
    for (const token of [
      'x',
      'a'.repeat(43),
      '#',
      '~',
      `~${tokens.access_token}`,
      `~~${tokens.access_token}`,
      `~${opaque.access_token}`,
      `#${opaque.access_token}`,
      'a.b.c',
      '..',
      `${header}.${payload}`,
      `${header}.${payload}.`,
      `${header}.${payload}.${signature}x`,
      `${unsigned}.${payload}.`,
      foreign,
      forged,
      tokens.id_token,
      `${tokens.refresh_token}x`,
      'x'.repeat(20_000),
      'ü\u0000"<>',
    ]) {
      for (const id of ['app', 'orders-api']) {
        assert.deepEqual(await ask(id, token), inactive, `${id} ${String(token).slice(0, 60)}`);
      }
    }
  });

  test('The caller of introspection must authenticate and send a token', async () => {
    const { issuer } = server();
    const { access_token: token } = await tokensFor(server(), orders);
    const wrong = await introspect(issuer, { clientId: 'orders-api', secret: 'wrong' }, token);
    assert.deepEqual([wrong.status, wrong.body.error], [401, 'invalid_client']);
    const bare = await introspect(issuer, { clientId: 'orders-api' }, token);
    assert.deepEqual([bare.status, bare.body.error], [401, 'invalid_client']);
    const none = await postForm(`${issuer}/introspect`, { token });
    assert.deepEqual([none.status, none.body.error], [400, 'invalid_request']);
    const empty = await introspect(issuer, caller('orders-api'), undefined);
    assert.deepEqual([empty.status, empty.body.error], [400, 'invalid_request']);
    const twice = await postForm(
      `${issuer}/introspect`,
      [
        ['token', token],
        ['token', token],
      ],
      { authorization: basic('orders-api', secret) },
    );
    assert.deepEqual([twice.status, twice.body.error], [400, 'invalid_request']);
  });
});

const clock = createShiftedClock();
await eachServer({ declaration, clock }, (server) => {
  test('An expired token is inactive', async () => {
    const jwt = await tokensFor(server(), orders);
    const opaque = await tokensFor(server(), stock);
    const active = async (clientId: string, token: string) =>
      (await introspect(server().issuer, caller(clientId), token)).body.active;
    assert.equal(await active('orders-api', jwt.access_token), true);
    assert.equal(await active('stock-api', opaque.access_token), true);
    clock.forward(601_000);
    try {
      assert.equal(await active('orders-api', jwt.access_token), false);
      assert.equal(await active('stock-api', opaque.access_token), false);
    } finally {
      clock.forward(-601_000);
    }
  });
});
