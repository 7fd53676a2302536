/** Access tokens for others that are worth less, or that tell who acts: what may come of which, for whom. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJwt } from 'jose';
import * as openid from 'openid-client';
import { createProofKey } from '../../support/dpop_proof.ts';
import { basic, postForm } from '../../support/flows.ts';
import { eachEngine } from '../../support/stores.ts';
import { exchangeGrant, notes, orders, pairwiseUri, secret, stock } from './configuration.ts';
import { accessTokenType, refusalOf, sceneOn, tokenOf } from './scene.ts';

const refused = '400 invalid_request';

await eachEngine((stores) => {
  const scene = sceneOn(stores);

  test('openid-client narrows the scope of a token for the same user and client', async () => {
    const { one, exchange, assertAlive, signedIn } = scene();
    const { accessToken } = await signedIn();
    const config = await openid.discovery(
      ...([new URL(one.issuer), 'app', undefined, openid.ClientSecretBasic(secret)] as const),
      { execute: [openid.allowInsecureRequests] },
    );
    const told = await openid.genericGrantRequest(config, exchangeGrant, {
      ...{ subject_token: accessToken, subject_token_type: accessTokenType },
      scope: 'orders:read',
    });
    assert.equal(told.issued_token_type, accessTokenType);
    assert.equal(told.scope, 'orders:read');
    const [was, is] = [decodeJwt(accessToken), decodeJwt(told.access_token)];
    const { exp, iat, jti, status, scope: _scope, ...rest } = is;
    assert.deepEqual(rest, {
      ...{ iss: one.issuer, sub: was.sub, aud: orders, client_id: 'app' },
      ...{ auth_time: was.auth_time, acr: was.acr, amr: was.amr },
      // Absent where the subject token has none.
    });
    assert.ok((exp ?? 0) <= (was.exp ?? 0) && (iat ?? 0) >= (was.iat ?? 0));
    assert.ok(jti !== was.jti && JSON.stringify(status) !== JSON.stringify(was.status));
    await assertAlive(told.access_token);
    const back = await exchange('app', told.access_token, { scope: 'orders:read orders:write' });
    assert.equal(refusalOf(back), '400 invalid_scope');
  });

  test("An API's client acts for the user at another API that it is registered for", async () => {
    const { exchange, isActive, opensUserinfo, signedIn } = scene();
    const { accessToken } = await signedIn();
    assert.equal(await opensUserinfo(accessToken), true);
    const token = tokenOf(await exchange('orders-api', accessToken, { resource: stock }));
    const { act, aud, client_id, sub, scope: granted } = decodeJwt(token);
    assert.deepEqual(
      { act, aud, client_id, sub, granted },
      {
        act: { sub: 'orders-api', client_id: 'orders-api' },
        ...{ aud: stock, client_id: 'orders-api', sub: decodeJwt(accessToken).sub },
        granted: 'items:read',
      },
    );
    assert.equal(await isActive(token, 'stock-api'), true);
    assert.equal(await opensUserinfo(token), false);
    // And on from there, each with the one before it.
    const next = tokenOf(await exchange('stock-api', token, { audience: orders }));
    assert.deepEqual(decodeJwt(next).act, {
      ...{ sub: 'stock-api', client_id: 'stock-api' },
      act: { sub: 'orders-api', client_id: 'orders-api' },
    });
    assert.equal(decodeJwt(next).scope, 'items:read');
  });

  test('A chain of actors has at most four members, and a chain of exchanges is bounded', async () => {
    const { exchange, signedIn } = scene();
    let token = (await signedIn()).accessToken;
    for (let depth = 1; depth <= 4; depth += 1) {
      const [client, resource] = depth % 2 ? ['orders-api', stock] : ['stock-api', orders];
      token = tokenOf(await exchange(String(client), token, { resource: String(resource) }));
    }
    assert.equal(refusalOf(await exchange('orders-api', token, { resource: stock })), refused);
    // It may still be narrowed by whom it belongs to.
    assert.equal((await exchange('stock-api', token)).status, 200);

    let own = await scene().serviceToken('job', orders);
    let count = 0;
    for (; count < 40; count += 1) {
      const answer = await exchange('job', own);
      if (answer.status !== 200) break;
      own = tokenOf(answer);
    }
    assert.ok(count >= 10 && count < 40, `${count}`);
  });

  test('An exchange gives no scope that the subject token lacks and no API that the client lacks', async () => {
    const { exchange, serviceToken, signedIn } = scene();
    const { accessToken } = await signedIn();
    const refusals: [string, Record<string, string>, string][] = [
      ['app', { scope: 'orders:delete' }, 'invalid_scope'],
      ['app', { scope: 'openid' }, 'invalid_scope'],
      ['narrow-app', { resource: stock }, 'invalid_request'],
      ['app', { resource: 'https://unknown.example' }, 'invalid_target'],
      ['app', { resource: `${scene().one.issuer}/userinfo` }, 'invalid_target'],
      ['orders-api', { resource: notes }, 'invalid_target'],
      ['orders-api', { resource: stock, scope: 'stock:read' }, 'invalid_scope'],
      ['orders-api', { resource: stock, scope: 'orders:read' }, 'invalid_scope'],
    ];
    for (const [client, more, error] of refusals) {
      assert.equal(refusalOf(await exchange(client, accessToken, more)), `400 ${error}`);
    }
    const narrow = (await signedIn(orders, 'narrow-app')).accessToken;
    const beyond = await exchange('narrow-app', narrow, { resource: stock });
    assert.equal(refusalOf(beyond), '400 invalid_target');
    assert.equal((await exchange('wide-app', accessToken, { resource: stock })).status, 400);
    const wide = (await signedIn(orders, 'wide-app')).accessToken;
    const elsewhere = await exchange('wide-app', wide, { resource: stock });
    assert.equal(elsewhere.body.scope, 'items:read');
    // A service that may not more than orders:read gets what its token has, for the same API.
    const own = await exchange('orders-api', await serviceToken('job', orders));
    assert.equal(own.body.scope, 'orders:read items:read');
  });

  test('Consent to one API is not consent to another that has a scope of the same name', async () => {
    const { exchange, one, session, signedIn } = scene();
    const { accessToken } = await signedIn(orders, 'asking-app');
    assert.match(String(decodeJwt(accessToken).scope), /items:read/);
    for (const client of ['asking-app', 'orders-api']) {
      const answer = await exchange(client, accessToken, { resource: stock });
      assert.equal(refusalOf(answer), '400 invalid_scope', client);
    }
    // Who asks for both has consent for both.
    const asking = session('asking-app');
    await asking.newTokens(one, { resource: stock, scope: 'openid items:read' });
    const { accessToken: covered } = await asking.newTokens(one, { resource: orders });
    const token = tokenOf(await exchange('orders-api', covered, { resource: stock }));
    assert.equal(decodeJwt(token).scope, 'items:read');
    // Where a client asks nobody, what it is registered for stands for consent.
    const narrow = (await signedIn(orders, 'narrow-app')).accessToken;
    const beyond = await exchange('orders-api', narrow, { resource: stock });
    assert.equal(refusalOf(beyond), '400 invalid_scope');
  });

  test('A service gets at another API only what it is registered for there', async () => {
    const { exchange, serviceToken } = scene();
    const foreign = await serviceToken('orders-job', orders);
    assert.match(String(decodeJwt(foreign).scope), /items:read/);
    const answer = await exchange('orders-api', foreign, { resource: stock });
    assert.equal(refusalOf(answer), '400 invalid_scope');
    const own = await exchange('orders-api', await serviceToken('job', orders), {
      resource: stock,
    });
    assert.equal(own.body.scope, 'items:read');
  });

  test('A client registered without scopes gets none of any API, directly or by exchange', async () => {
    const { one, exchange, serviceToken, newKey, exchangeKey } = scene();
    const authorization = basic('scopeless', secret);
    const fields = { grant_type: 'client_credentials', resource: orders };
    const { body } = await postForm(`${one.url}/token`, fields, { authorization });
    assert.equal(body.scope, undefined);
    const answer = await exchange('scopeless', String(body.access_token), { resource: stock });
    assert.equal(refusalOf(answer), '400 invalid_scope');
    // A key is for one API, whoever brings its token to another.
    const ofKey = tokenOf(await exchangeKey((await newKey()).key));
    const elsewhere = await exchange('orders-api', ofKey, { resource: stock });
    assert.equal(refusalOf(elsewhere), '400 invalid_scope');
    assert.equal((await exchange('orders-api', await serviceToken('job', orders))).status, 200);
  });

  test('An exchanged token never outlives its subject token', async () => {
    const { exchange, serviceToken, signedIn } = scene();
    const subject = await serviceToken('orders-api', stock);
    const token = tokenOf(await exchange('orders-api', subject, { resource: orders }));
    assert.ok((decodeJwt(token).exp ?? 0) <= (decodeJwt(subject).exp ?? 0));
    assert.ok((decodeJwt(subject).exp ?? 0) - (decodeJwt(subject).iat ?? 0) === 120);
    const longer = (await signedIn()).accessToken;
    const { body } = await exchange('orders-api', longer, { resource: stock });
    assert.equal(body.expires_in, 120);
  });

  test('Every invalid subject token is refused with the same words', async () => {
    const { exchange, revoke, newKey, exchangeKey, signedIn } = scene();
    const tokens = await signedIn();
    const gone = (await signedIn()).accessToken;
    assert.equal((await revoke('app', gone)).body.revoked, true);
    const foreign = tokens.accessToken.split('.');
    const wrong = [
      ...[tokens.idToken, tokens.refreshToken, gone],
      ...['x', 'a.b.c', '..', 'a'.repeat(43), '\u0000', 'a'.repeat(10_000)],
      `${foreign[0]}.${foreign[1]}.${Buffer.alloc(256).toString('base64url')}`,
      `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${foreign[1]}.x`,
      (await newKey()).key,
      // Another's.
      tokenOf(await exchangeKey((await newKey()).key)),
    ];
    const told = new Set<string>();
    for (const token of wrong) {
      const { status, body } = await exchange('app', token);
      told.add(JSON.stringify([status, body.error, body.error_description]));
    }
    assert.equal(told.size, 1, [...told].join('\n'));
    assert.ok([...told][0]?.startsWith('[400,"invalid_request"'));
    for (const type of ['id_token', 'refresh_token', 'saml2', 'nonsense']) {
      const subject_token_type = `urn:ietf:params:oauth:token-type:${type}`;
      const answer = await exchange('app', tokens.accessToken, { subject_token_type });
      assert.equal(refusalOf(answer), refused, type);
    }
  });

  test('An opaque token is exchanged like a JWT unless its subject is pairwise', async () => {
    const { exchange, one, session, assertAlive, assertDead, revoke, signedIn } = scene();
    const { accessToken } = await signedIn(notes);
    assert.ok(!accessToken.includes('.'));
    assert.equal(refusalOf(await exchange('app', accessToken)), '400 invalid_target');
    const shared = await session('wide-app').newTokens(one, { resource: notes });
    const widened = await exchange('wide-app', shared.accessToken, { resource: orders });
    assert.equal(refusalOf(widened), '400 invalid_scope');
    const structured = tokenOf(await exchange('wide-app', shared.accessToken, { resource: stock }));
    assert.equal(decodeJwt(structured).scope, 'notes:read');
    assert.equal(decodeJwt(structured).sub, decodeJwt((await signedIn()).accessToken).sub);
    await assertAlive(structured, 'stock-api');
    // The opaque one is dead at once; who verifies the other offline has yet to hear of it.
    const { body } = await revoke('wide-app', shared.accessToken);
    assert.deepEqual(body, { revoked: true, effective_within: 2 });
    await assertDead(structured, 'stock-api');
    const pairwise = await session('pairwise-app', pairwiseUri).newTokens(one, { resource: notes });
    const refusal = await exchange('pairwise-app', pairwise.accessToken, { resource: orders });
    assert.equal(refusalOf(refusal), refused);
    const asActor = await exchange('pairwise-app', pairwise.accessToken, {
      ...{ actor_token: pairwise.accessToken, actor_token_type: accessTokenType },
    });
    assert.equal(refusalOf(asActor), refused);
    // As a JWT it has the pairwise subject, and keeps it.
    const jwt = await session('pairwise-app', pairwiseUri).newTokens(one, { resource: orders });
    const token = tokenOf(await exchange('orders-api', jwt.accessToken));
    assert.equal(decodeJwt(token).sub, decodeJwt(jwt.accessToken).sub);
    const plain = decodeJwt((await signedIn()).accessToken).sub;
    assert.notEqual(decodeJwt(token).sub, plain);
    await assertAlive(token);
    await revoke('pairwise-app', jwt.accessToken);
    await assertDead(token);
  });

  test('A DPoP-bound token stays bound through every exchange', async () => {
    const { one, exchange, signedIn } = scene();
    for (const resource of [orders, notes]) {
      const { prove } = await createProofKey();
      const fields = { grant_type: 'client_credentials', resource };
      const authorization = basic('job', secret);
      const answer = await postForm(`${one.url}/token`, fields, {
        ...{ authorization, dpop: await prove('POST', `${one.issuer}/token`) },
      });
      assert.equal(answer.body.token_type, 'DPoP');
      assert.equal(
        refusalOf(await exchange('job', tokenOf(answer), { resource: orders })),
        refused,
      );
    }
    const { prove } = await createProofKey();
    const bound = await postForm(
      `${one.url}/token`,
      { grant_type: 'client_credentials', resource: orders },
      {
        authorization: basic('orders-api', secret),
        dpop: await prove('POST', `${one.issuer}/token`),
      },
    );
    const { accessToken } = await signedIn();
    const asActor = await exchange('orders-api', accessToken, {
      ...{ actor_token: tokenOf(bound), actor_token_type: accessTokenType },
    });
    assert.equal(refusalOf(asActor), refused);
    const proof = await postForm(
      `${one.url}/token`,
      {
        ...{ grant_type: exchangeGrant, client_id: 'app', client_secret: secret },
        ...{ subject_token: accessToken, subject_token_type: accessTokenType },
      },
      { dpop: 'x.y.z' },
    );
    assert.equal(proof.status, 400);
  });
});
