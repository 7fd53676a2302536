/** The revocation endpoint (RFC 7009): what it takes from whom, and what it answers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as openid from 'openid-client';
import { basic, eachServer, postForm } from '../../support/flows.ts';
import { type Caller, introspect, revoke } from '../../support/holder.ts';
import { createRelyingParty } from '../../support/relying_party.ts';
import { declaration, orders, publicUri, secret, stock } from '../introspection/configuration.ts';

const confidential: Caller = { clientId: 'app', secret };
const open: Caller = { clientId: 'public-app' };
const done = { revoked: true, effective_within: 3 };
/** Whoever gets an opaque token has to ask, and hears of it at once. */
const doneAtOnce = { revoked: true, effective_within: 0 };
const nothing = { revoked: false, effective_within: 3 };

await eachServer({ declaration }, (server) => {
  const signIn = async (caller: Caller, resource: string) => {
    const app = await createRelyingParty({
      issuer: server().issuer,
      clientId: caller.clientId,
      ...(caller.secret
        ? { authentication: openid.ClientSecretBasic(caller.secret) }
        : { redirectUri: publicUri }),
    });
    const scope = resource === orders ? 'openid orders:read' : 'openid stock:read';
    const { tokens } = await app.signIn({ parameters: { scope, resource } });
    return {
      app,
      accessToken: tokens.access_token,
      refreshToken: tokens.refresh_token ?? '',
      tokens,
    };
  };
  const isActive = async (resource: string, token: string) => {
    const api = { clientId: resource === orders ? 'orders-api' : 'stock-api', secret };
    return (await introspect(server().issuer, api, token)).body.active;
  };
  const opensUserinfo = async (token: string) => {
    const headers = { authorization: `Bearer ${token}` };
    return (await fetch(`${server().issuer}/userinfo`, { headers })).status === 200;
  };
  const revoked = async (caller: Caller, token: string, hint?: string) => {
    const { status, body } = await revoke(server().issuer, caller, token, hint);
    assert.equal(status, 200, JSON.stringify(body));
    return body;
  };

  for (const [format, resource] of Object.entries({ JWT: orders, opaque: stock })) {
    for (const caller of [confidential, open]) {
      test(`The client ${caller.clientId} revokes its own ${format} access token and nothing else`, async () => {
        const { accessToken, refreshToken, app } = await signIn(caller, resource);
        assert.equal(await isActive(resource, accessToken), true);
        const expected = format === 'JWT' ? done : doneAtOnce;
        assert.deepEqual(await revoked(caller, accessToken), expected);
        assert.equal(await isActive(resource, accessToken), false);
        assert.equal(await opensUserinfo(accessToken), false);
        assert.deepEqual(await revoked(caller, accessToken), nothing);
        const next = await openid.refreshTokenGrant(app.config, refreshToken);
        assert.equal(await isActive(resource, next.access_token), true);
      });

      test(`The client ${caller.clientId} revokes its refresh token and all ${format} tokens from it`, async () => {
        const { accessToken, refreshToken, app } = await signIn(caller, resource);
        const next = await openid.refreshTokenGrant(app.config, refreshToken);
        assert.deepEqual(await revoked(caller, next.refresh_token ?? ''), done);
        for (const token of [accessToken, next.access_token]) {
          assert.equal(await isActive(resource, token), false);
          assert.equal(await opensUserinfo(token), false);
        }
        for (const token of [refreshToken, next.refresh_token ?? '']) {
          await assert.rejects(openid.refreshTokenGrant(app.config, token), {
            error: 'invalid_grant',
          });
        }
      });
    }

    test(`A client cannot revoke another client's ${format} token`, async () => {
      const { accessToken, refreshToken, app } = await signIn(confidential, resource);
      const others: Caller[] = [
        open,
        { clientId: 'stranger', secret },
        { clientId: 'orders-api', secret },
        { clientId: 'stock-api', secret },
      ];
      for (const other of others) {
        for (const token of [accessToken, refreshToken]) {
          assert.deepEqual(await revoked(other, token), nothing, other.clientId);
        }
      }
      assert.equal(await isActive(resource, accessToken), true);
      assert.ok(await openid.refreshTokenGrant(app.config, refreshToken));
    });

    test(`A service revokes its own ${format} token`, async () => {
      const { body } = await postForm(
        `${server().issuer}/token`,
        { grant_type: 'client_credentials', resource },
        { authorization: basic('app', secret) },
      );
      const token = String(body.access_token);
      assert.deepEqual(await revoked(open, token), nothing);
      assert.equal(await isActive(resource, token), true);
      const expected = format === 'JWT' ? done : doneAtOnce;
      assert.deepEqual(await revoked(confidential, token), expected);
      assert.equal(await isActive(resource, token), false);
    });
  }

  test('A wrong or unknown token type hint changes nothing', async () => {
    for (const hint of ['refresh_token', 'access_token', 'id_token', 'nonsense', '__proto__']) {
      const { accessToken, refreshToken } = await signIn(confidential, orders);
      assert.deepEqual(await revoked(confidential, accessToken, hint), done, hint);
      assert.deepEqual(await revoked(confidential, refreshToken, hint), done, hint);
    }
  });

  test('A token of another client is answered with 200, and nothing is revoked', async () => {
    const { accessToken, refreshToken, tokens } = await signIn(confidential, orders);
    const [header, payload] = accessToken.split('.');
    for (const token of [
      'x',
      'a'.repeat(43),
      'a.b.c',
      '..',
      '#',
      `~${accessToken}`,
      `#${refreshToken}`,
      `${header}.${payload}.`,
      tokens.id_token ?? '',
      'x'.repeat(20_000),
    ]) {
      assert.deepEqual(await revoked(confidential, token), nothing, token.slice(0, 50));
    }
    assert.equal(await isActive(orders, accessToken), true);
  });

  test('openid-client accepts the revocation response', async () => {
    const { app, accessToken } = await signIn(confidential, orders);
    await openid.tokenRevocation(app.config, accessToken);
    const told = await openid.tokenIntrospection(app.config, accessToken);
    assert.equal(told.active, false);
  });

  test('The caller of revocation must authenticate and send a token', async () => {
    const { issuer } = server();
    const { accessToken } = await signIn(confidential, orders);
    const wrong = await revoke(issuer, { clientId: 'app', secret: 'wrong' }, accessToken);
    assert.deepEqual([wrong.status, wrong.body.error], [401, 'invalid_client']);
    const bare = await revoke(issuer, { clientId: 'app' }, accessToken);
    assert.deepEqual([bare.status, bare.body.error], [401, 'invalid_client']);
    const missing = await revoke(issuer, confidential, undefined);
    assert.deepEqual([missing.status, missing.body.error], [400, 'invalid_request']);
    const twice = await postForm(`${issuer}/revoke`, [
      ['client_id', 'public-app'],
      ['token', accessToken],
      ['token', accessToken],
    ]);
    assert.deepEqual([twice.status, twice.body.error], [400, 'invalid_request']);
    assert.equal(await isActive(orders, accessToken), true);
  });
});
