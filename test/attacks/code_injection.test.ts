/** A code (or refresh token, device code, pushed request) is worth nothing in any other hands or place. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bob, walkToClient } from '../../harness/sign_in.ts';
import { createUserAgent } from '../../harness/user_agent.ts';
import { randomId } from '../../src/digests.ts';
import { createAppSession, tokensOf } from '../support/app_session.ts';
import { basic, postForm } from '../support/flows.ts';
import { parameters, verifier } from './authorization.ts';
import { callback, declaration, shopCallback, shopSecret } from './configuration.ts';
import { eachTarget } from './target.ts';

const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';

await eachTarget(declaration, (target) => {
  const session = (clientId = 'app') =>
    createAppSession({ issuer: target().issuer, clientId, scope: 'openid offline_access' });
  const shopSession = () =>
    createAppSession({
      issuer: target().issuer,
      clientId: 'shop',
      secret: shopSecret,
      scope: 'openid offline_access',
      redirectUri: shopCallback,
      person: bob,
    });
  const token = (fields: Record<string, string>, headers = {}) =>
    postForm(`${target().issuer}/token`, fields, headers);

  test('An authorization code of one client is useless to another, even to one with a secret', async () => {
    const app = session();
    const code = await app.newCode();
    const stolen = await shopSession().redeem(target(), code);
    assert.deepEqual([stolen.status, stolen.body.error], [400, 'invalid_grant']);
    const other = await token({
      grant_type: 'authorization_code',
      client_id: 'asking-app',
      code: code.code,
      code_verifier: code.verifier,
      redirect_uri: callback,
    });
    assert.equal(other.body.error, 'invalid_grant');
    // The attempt cost its owner nothing.
    assert.equal((await app.redeem(target(), code)).status, 200);
  });

  test('An authorization code is bound to the redirect URI of its request', async () => {
    const shop = shopSession();
    const code = await shop.newCode();
    for (const uri of [
      undefined,
      '',
      'https://shop.example/other',
      `${shopCallback}/`,
      `${shopCallback}?`,
      callback,
      'https://evil.example/',
    ]) {
      const { status } = await token(
        {
          grant_type: 'authorization_code',
          code: code.code,
          code_verifier: code.verifier,
          ...(uri !== undefined && { redirect_uri: uri }),
        },
        { authorization: basic('shop', shopSecret) },
      );
      assert.equal(status, 400, uri);
    }
    assert.equal((await shop.redeem(target(), code)).status, 200);
  });

  test('An authorization code injected into another session of the same app fails at the code verifier', async () => {
    const [victim, attacker] = [session(), session()];
    const [stolen, own] = [await victim.newCode(), await attacker.newCode()];
    const injected = await attacker.redeem(target(), { ...own, code: stolen.code });
    assert.equal(injected.body.error, 'invalid_grant');
    const reverse = await attacker.redeem(target(), { ...stolen, code: own.code });
    assert.equal(reverse.body.error, 'invalid_grant');
  });

  test('A refresh token is useless to any client but its own', async () => {
    const app = session();
    const { refreshToken } = await app.newTokens(target());
    const fields = { grant_type: 'refresh_token', refresh_token: refreshToken };
    const asShop = await token(fields, { authorization: basic('shop', shopSecret) });
    assert.equal(asShop.body.error, 'invalid_grant');
    const asOther = await token({ ...fields, client_id: 'asking-app' });
    assert.equal(asOther.body.error, 'invalid_grant');
    assert.equal((await app.refresh(target(), refreshToken)).status, 200);
  });

  test('A value of one kind is not accepted as another kind', async () => {
    const app = session();
    const code = await app.newCode();
    const { accessToken, refreshToken, idToken } = await app.newTokens(target());
    const device = await postForm(`${target().issuer}/device_authorization`, { client_id: 'app' });
    const pushed = await postForm(`${target().issuer}/par`, new URLSearchParams(parameters()));
    const cookie = app.agent.cookies().find(({ name }) => name === 'cardea_session')?.value;
    const values = {
      code: code.code,
      accessToken,
      refreshToken,
      idToken,
      deviceCode: String(device.body.device_code),
      requestUri: String(pushed.body.request_uri),
      requestId: String(pushed.body.request_uri).split(':').at(-1) ?? '',
      cookie: cookie ?? '',
    };
    assert.ok(Object.values(values).every(Boolean));
    const attempts: [string, keyof typeof values | undefined, (value: string) => object][] = [
      [
        'code',
        'code',
        (code) => ({
          grant_type: 'authorization_code',
          code,
          redirect_uri: callback,
          code_verifier: randomId(32),
        }),
      ],
      [
        'refresh token',
        'refreshToken',
        (refresh_token) => ({ grant_type: 'refresh_token', refresh_token }),
      ],
      ['device code', 'deviceCode', (device_code) => ({ grant_type: deviceGrant, device_code })],
    ];
    for (const [what, own, fields] of attempts) {
      for (const [name, value] of Object.entries(values)) {
        if (name === own) continue;
        const answer = await token({ client_id: 'app', ...fields(value) });
        assert.deepEqual(
          [answer.status, answer.body.error],
          [400, 'invalid_grant'],
          `${name} as ${what}`,
        );
      }
    }
    for (const [name, value] of Object.entries(values)) {
      if (name === 'requestUri' || name === 'requestId') continue;
      const uri = `urn:ietf:params:oauth:request_uri:${value}`;
      const query = new URLSearchParams({ client_id: 'app', request_uri: uri });
      const page = await createUserAgent().open(`${target().issuer}/authorize?${query}`);
      assert.equal(page.status, 400, `${name} as request_uri`);
    }
  });

  describe('Pushed authorization requests', () => {
    test('A pushed request can be used by its own client only', async () => {
      const { issuer } = target();
      const pushed = await postForm(`${issuer}/par`, new URLSearchParams(parameters()));
      const request_uri = String(pushed.body.request_uri);
      for (const client_id of ['asking-app', 'shop', 'unknown']) {
        const query = new URLSearchParams({ client_id, request_uri });
        const page = await createUserAgent().open(`${issuer}/authorize?${query}`);
        assert.equal(page.status, 400, client_id);
      }
      const answer = await walkToClient(
        createUserAgent(),
        `${issuer}/authorize?${new URLSearchParams({ client_id: 'app', request_uri })}`,
        callback,
      );
      const code = answer.searchParams.get('code') ?? '';
      const fields = { code, code_verifier: verifier, redirect_uri: callback, client_id: 'app' };
      tokensOf(await token({ grant_type: 'authorization_code', ...fields }));
    });
  });

  test('A device code can be redeemed only by the client that requested it', async () => {
    const device = await postForm(`${target().issuer}/device_authorization`, { client_id: 'app' });
    const fields = { grant_type: deviceGrant, device_code: String(device.body.device_code) };
    const own = await token({ client_id: 'app', ...fields });
    assert.equal(own.body.error, 'authorization_pending');
    for (const client_id of ['asking-app', 'native-app']) {
      const { status, body } = await token({ client_id, ...fields });
      assert.equal(status, 400);
      assert.ok(['invalid_grant', 'unauthorized_client'].includes(String(body.error)), client_id);
    }
  });
});
