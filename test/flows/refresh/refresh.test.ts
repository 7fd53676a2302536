/** Refresh tokens (RFC 6749 section 6): rotation, narrower scopes, whose they are, what they end with. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJwt } from 'jose';
import * as openid from 'openid-client';
import { basic, eachServer, postForm } from '../../support/flows.ts';
import { callbackUri, createRelyingParty, type RelyingParty } from '../../support/relying_party.ts';
import type { TestServer } from '../../support/server.ts';
import { declaration, orders, otherUri, secret } from './configuration.ts';

const scope = 'openid email orders:read orders:write';

const refresh = ({ issuer }: TestServer, token: string | undefined, more = {}, headers = {}) =>
  postForm(
    `${issuer}/token`,
    { grant_type: 'refresh_token', refresh_token: token ?? '', client_id: 'app', ...more },
    headers,
  );

await eachServer({ declaration }, (server) => {
  const app = () => createRelyingParty({ issuer: server().issuer, clientId: 'app' });
  const otherApp = (): Promise<RelyingParty> =>
    createRelyingParty({
      issuer: server().issuer,
      clientId: 'other-app',
      redirectUri: otherUri,
      authentication: openid.ClientSecretBasic(secret),
    });

  test('Each refresh gives a new refresh token for the same user, API and sign-in', async () => {
    const client = await app();
    const { tokens } = await client.signIn({ parameters: { scope } });
    let previous = tokens;
    for (let use = 0; use < 3; use += 1) {
      const next = await openid.refreshTokenGrant(client.config, previous.refresh_token ?? '');
      assert.notEqual(next.refresh_token, previous.refresh_token);
      assert.notEqual(next.access_token, previous.access_token);
      assert.equal(next.scope, tokens.scope);
      assert.equal(next.claims()?.sub, tokens.claims()?.sub);
      assert.equal(next.claims()?.auth_time, tokens.claims()?.auth_time);
      assert.equal(next.claims()?.nonce, tokens.claims()?.nonce);
      assert.deepEqual(decodeJwt(next.access_token).aud, decodeJwt(tokens.access_token).aud);
      previous = next;
    }
  });

  test('A narrower scope applies to that access token and not to the next', async () => {
    const client = await app();
    const { tokens } = await client.signIn({ parameters: { scope } });
    const narrow = await refresh(server(), tokens.refresh_token, { scope: 'orders:read' });
    assert.equal(narrow.body.scope, 'orders:read');
    assert.equal(narrow.body.id_token, undefined);
    const claims = decodeJwt(String(narrow.body.access_token));
    assert.equal(claims.scope, 'orders:read');
    assert.equal(claims.aud, orders);
    const whole = await refresh(server(), String(narrow.body.refresh_token));
    assert.equal(whole.body.scope, tokens.scope);
    assert.ok(whole.body.id_token);
  });

  test('A wider scope is refused without spending the refresh token', async () => {
    const client = await app();
    const { tokens } = await client.signIn({ parameters: { scope: 'openid orders:read' } });
    for (const wide of ['openid orders:write', 'email', 'offline_access', 'unheard:of']) {
      const { status, body } = await refresh(server(), tokens.refresh_token, { scope: wide });
      assert.deepEqual([status, body.error], [400, 'invalid_scope'], wide);
    }
    assert.equal((await refresh(server(), tokens.refresh_token)).status, 200);
  });

  test('A refresh token works for its own client only', async () => {
    const { tokens } = await (await app()).signIn({ parameters: { scope } });
    const authorization = basic('other-app', secret);
    const stolen = await refresh(
      server(),
      tokens.refresh_token,
      { client_id: 'other-app' },
      { authorization },
    );
    assert.deepEqual([stolen.status, stolen.body.error], [400, 'invalid_grant']);
    const other = await (await otherApp()).signIn({ parameters: { scope } });
    const unproved = await refresh(server(), other.tokens.refresh_token, {
      client_id: 'other-app',
    });
    assert.deepEqual([unproved.status, unproved.body.error], [401, 'invalid_client']);
    assert.equal((await refresh(server(), tokens.refresh_token)).status, 200);
  });

  test('A refresh token reused after its grace period ends the family and the tokens it gave', async () => {
    const client = await otherApp();
    const { tokens } = await client.signIn({ parameters: { scope } });
    const next = await openid.refreshTokenGrant(client.config, tokens.refresh_token ?? '');
    const reused = openid.refreshTokenGrant(client.config, tokens.refresh_token ?? '');
    await assert.rejects(reused, { error: 'invalid_grant', status: 400 });
    const tip = openid.refreshTokenGrant(client.config, next.refresh_token ?? '');
    await assert.rejects(tip, { error: 'invalid_grant' });
    for (const token of [tokens.access_token, next.access_token]) {
      const { body } = await postForm(
        `${server().issuer}/introspect`,
        { token },
        { authorization: basic('orders-api', secret) },
      );
      assert.deepEqual(body, { active: false });
    }
    const again = await client.signIn({ parameters: { scope } });
    assert.ok(again.tokens.refresh_token);
  });

  test('A refresh token reused within its grace period gives the same successor again', async () => {
    const { tokens } = await (await app()).signIn({ parameters: { scope } });
    const first = await refresh(server(), tokens.refresh_token);
    const second = await refresh(server(), tokens.refresh_token);
    assert.equal(second.status, 200);
    assert.equal(second.body.refresh_token, first.body.refresh_token);
  });

  test('A client that is not registered for refresh tokens gets none', async () => {
    const client = await createRelyingParty({ issuer: server().issuer, clientId: 'short-app' });
    const { tokens } = await client.signIn({ parameters: { scope: 'openid' } });
    assert.equal(tokens.refresh_token, undefined);
  });

  test('A value that is not a refresh token is refused', async () => {
    const { tokens } = await (await app()).signIn({ parameters: { scope } });
    const values = [
      'x',
      'a'.repeat(43),
      '#',
      tokens.access_token,
      tokens.id_token ?? '',
      'ü',
      '\u0000',
    ];
    for (const value of values) {
      const { status, body } = await refresh(server(), value);
      assert.deepEqual([status, body.error], [400, 'invalid_grant'], value);
    }
    const missing = await postForm(`${server().issuer}/token`, {
      grant_type: 'refresh_token',
      client_id: 'app',
    });
    assert.deepEqual([missing.status, missing.body.error], [400, 'invalid_request']);
    const code = await postForm(`${server().issuer}/token`, {
      grant_type: 'authorization_code',
      client_id: 'app',
      code: tokens.refresh_token ?? '',
      redirect_uri: callbackUri,
      code_verifier: 'x'.repeat(43),
    });
    assert.deepEqual([code.status, code.body.error], [400, 'invalid_grant']);
  });
});
