/** The userinfo endpoint (OpenID Connect Core 5.3) and bearer tokens (RFC 6750). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import * as openid from 'openid-client';
import { eachServer, postForm } from '../../support/flows.ts';
import { createRelyingParty } from '../../support/relying_party.ts';
import { declaration } from './configuration.ts';

await eachServer({ declaration: declaration('https://sector.example') }, (server) => {
  const relyingParty = (clientId: string) =>
    createRelyingParty({ issuer: server().issuer, clientId });
  const userinfo = async (authorization: string | undefined, path = '/userinfo') => {
    const response = await fetch(`${server().issuer}${path}`, {
      headers: authorization === undefined ? {} : { authorization },
    });
    const challenge = response.headers.get('www-authenticate') ?? '';
    const body = (await response.json()) as Record<string, unknown>;
    return { status: response.status, challenge, body, headers: response.headers };
  };

  test('An access token is accepted in the header by GET or POST, or in a posted form', async () => {
    const app = await relyingParty('app');
    const { tokens } = await app.signIn({ parameters: { scope: 'openid profile' } });
    const token = tokens.access_token;
    const told = await userinfo(`Bearer ${token}`);
    assert.equal(told.status, 200);
    assert.equal(told.headers.get('cache-control'), 'no-store');
    assert.equal(told.body.sub, tokens.claims()?.sub);
    assert.equal(told.body.name, 'Alice Adams');
    assert.equal(told.body.email, undefined);
    const url = `${server().issuer}/userinfo`;
    const posted = await postForm(url, {}, { authorization: `Bearer ${token}` });
    assert.deepEqual(posted.body, told.body);
    const inForm = await postForm(url, { access_token: token });
    assert.deepEqual(inForm.body, told.body);
  });

  test('A token in the query, or in two places, is refused (RFC 9700 section 4.3.2)', async () => {
    const { tokens } = await (await relyingParty('app')).signIn();
    const token = tokens.access_token;
    const inQuery = await userinfo(undefined, `/userinfo?access_token=${token}`);
    assert.deepEqual([inQuery.status, inQuery.body.error], [400, 'invalid_request']);
    const twice = await postForm(
      `${server().issuer}/userinfo`,
      { access_token: token },
      { authorization: `Bearer ${token}` },
    );
    assert.deepEqual([twice.status, twice.body.error], [400, 'invalid_request']);
  });

  test('A request without a token gets a challenge without an error code', async () => {
    const { status, challenge } = await userinfo(undefined);
    assert.ok([400, 401].includes(status));
    assert.match(challenge, /^Bearer realm=/);
  });

  test('An unknown token is answered with invalid_token', async () => {
    const { tokens } = await (await relyingParty('app')).signIn();
    for (const token of [
      'x',
      'a'.repeat(43),
      '#',
      '~',
      'a.b.c',
      tokens.id_token ?? '',
      tokens.refresh_token ?? '',
      `${tokens.access_token}x`,
      tokens.access_token.toUpperCase(),
    ]) {
      const { status, body, challenge } = await userinfo(`Bearer ${token}`);
      assert.deepEqual([status, body.error], [401, 'invalid_token'], token);
      assert.match(challenge, /error="invalid_token"/);
    }
    for (const header of [
      'Bearer',
      'Bearer a b',
      'Basic abc',
      `bearer\u00a0${tokens.access_token}`,
    ]) {
      const { status } = await userinfo(header);
      assert.ok(status === 400 || status === 401, `${header} ${status}`);
    }
  });

  test('A scope parameter narrows the claims and never widens them', async () => {
    const { tokens } = await (await relyingParty('app')).signIn({
      parameters: { scope: 'openid profile' },
    });
    const narrow = await userinfo(`Bearer ${tokens.access_token}`, '/userinfo?scope=openid');
    assert.deepEqual(Object.keys(narrow.body), ['sub']);
    const wide = await userinfo(`Bearer ${tokens.access_token}`, '/userinfo?scope=openid+email');
    assert.deepEqual([wide.status, wide.body.error], [403, 'insufficient_scope']);
  });

  test('A client that asks for signed userinfo gets a JWT addressed to itself', async () => {
    const app = await relyingParty('signed-app');
    const { tokens } = await app.signIn({ parameters: { scope: 'openid email orders:read' } });
    const response = await fetch(`${server().issuer}/userinfo`, {
      headers: { authorization: `Bearer ${tokens.access_token}` },
    });
    assert.match(response.headers.get('content-type') ?? '', /^application\/jwt/);
    const keys = createRemoteJWKSet(new URL(app.config.serverMetadata().jwks_uri ?? ''));
    const { payload, protectedHeader } = await jwtVerify(await response.text(), keys, {
      issuer: server().issuer,
      audience: 'signed-app',
      algorithms: ['RS256'],
    });
    assert.notEqual(protectedHeader.typ, 'at+jwt');
    assert.equal(payload.sub, tokens.claims()?.sub);
    assert.equal(payload.email, 'alice@example.com');
    const metadata = { userinfo_signed_response_alg: 'RS256' };
    const checked = await createRelyingParty({
      issuer: server().issuer,
      clientId: 'signed-app',
      metadata,
    });
    const subject = String(payload.sub);
    assert.ok(await openid.fetchUserInfo(checked.config, tokens.access_token, subject));
  });
});
