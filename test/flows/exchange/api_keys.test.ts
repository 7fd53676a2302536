/** API keys for short JWTs: what they say, how long, and that they die with their key. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import { createKey } from '../../../src/api_keys/model/key_format.ts';
import { lifetimes } from '../../../src/definitions/lifetimes.ts';
import { createVerifier } from '../../../src/verifier/index.ts';
import { basic, postForm } from '../../support/flows.ts';
import { eachEngine } from '../../support/stores.ts';
import { exchangeGrant, orders, secret, stock } from './configuration.ts';
import { type Answer, accessTokenType, by, refusalOf, sceneOn, tokenOf } from './scene.ts';

const refused = '400 invalid_request';

await eachEngine((stores) => {
  const scene = sceneOn(stores);

  test('An API key is exchanged for a JWT that names its API, its owner and its environment', async () => {
    const { one, newKey, exchangeKey } = scene();
    const { id, key } = await newKey({ environment: 'test' });
    const answer = await exchangeKey(key);
    const { access_token, ...rest } = answer.body;
    assert.deepEqual(rest, {
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      token_type: 'Bearer',
      expires_in: 600,
      scope: 'orders:read orders:write',
    });
    assert.equal(answer.headers.get('cache-control'), 'no-store');
    assert.equal(answer.headers.get('www-authenticate'), null);
    const jwks = createRemoteJWKSet(new URL(`${one.issuer}/.well-known/jwks.json`));
    const { payload, protectedHeader } = await jwtVerify(String(access_token), jwks, {
      ...{ issuer: one.issuer, audience: orders, typ: 'at+jwt', algorithms: ['RS256'] },
    });
    const { iat = 0, exp, jti, status, ...claims } = payload;
    assert.deepEqual(Object.keys(protectedHeader).sort(), ['alg', 'kid', 'typ']);
    assert.equal(exp, iat + 600);
    assert.ok(jti && status);
    assert.deepEqual(claims, {
      ...{ iss: one.issuer, sub: 'team', aud: orders, client_id: id, api_key_id: id },
      ...{ scope: 'orders:read orders:write', environment: 'test', project: 'team' },
      api_keys: [{ id }],
      act: { sub: id },
    });
    assert.ok(!one.logged().includes(key) && !one.logged().includes(String(access_token)));
  });

  test('A token of an API key names the key, its project and its environment after every further exchange', async (context) => {
    const { newKey, exchangeKey, exchange, serviceToken, atGateway, gatewayAnswer, one } = scene();
    const verifier = createVerifier({ issuer: one.issuer, audience: orders });
    context.after(() => verifier.close());
    const environmentOf = (token: string) => decodeJwt(token).environment;
    for (const environment of ['test', 'live']) {
      const { id, key } = await newKey({ environment });
      const status = environment === 'live' ? 200 : 401;
      const first = tokenOf(await exchangeKey(key));
      const second = tokenOf(await exchange('orders-api', first));
      const third = tokenOf(await exchange('orders-api', second, { scope: 'orders:read' }));
      for (const token of [first, second, third]) {
        assert.equal(environmentOf(token), environment);
        const { api_key_id, project } = decodeJwt(token);
        assert.deepEqual({ api_key_id, project }, { api_key_id: id, project: 'team' });
        assert.equal(await atGateway(token, { environment: 'live' }), status);
        if (environment === 'live') await verifier.verify(token);
        else await assert.rejects(verifier.verify(token), { code: 'wrong_environment' });
      }
      // Its holder acts for a service: the same key has led to that, too, which is the service's all the same.
      const acting = await exchange('orders-api', await serviceToken('job', orders), {
        ...{ actor_token: second, actor_token_type: accessTokenType },
      });
      assert.equal(environmentOf(tokenOf(acting)), environment);
      const { status: passes, headers } = await gatewayAnswer(tokenOf(acting));
      assert.deepEqual([passes, headers.get('cardea-api-key-id')], [200, '']);
    }
    const plain = tokenOf(await exchange('orders-api', await serviceToken('job', orders)));
    assert.equal(environmentOf(plain), undefined);
    assert.equal(await atGateway(plain, { environment: 'live' }), 200);
    assert.equal((await verifier.verify(plain)).environment, 'live');
  });

  test('A token of an API key is active for its API, opens no userinfo and is inactive for other clients', async () => {
    const { newKey, exchangeKey, isActive, opensUserinfo, one } = scene();
    const { id, key } = await newKey();
    const token = tokenOf(await exchangeKey(key));
    assert.equal(await isActive(token), true);
    assert.equal(await isActive(token, 'job'), false);
    assert.equal(await isActive(token, 'stock-api'), false);
    assert.equal(await opensUserinfo(token), false);
    const authorization = basic('orders-api', secret);
    const told = await postForm(`${one.url}/introspect`, { token }, { authorization });
    const { sub, client_id, aud, scope, environment } = told.body;
    assert.deepEqual(
      { sub, client_id, aud, scope, environment },
      {
        ...{ sub: 'team', client_id: id, aud: orders, scope: 'orders:read orders:write' },
        environment: 'live',
      },
    );
  });

  test("A token of an API key never outlives the key or the API's configured lifetime", async () => {
    const { newKey, exchangeKey, store } = scene();
    const lifetimeOf = async (fields: object) => {
      const { key } = await newKey(fields);
      const claims = decodeJwt(tokenOf(await exchangeKey(key)));
      return { exp: claims.exp ?? 0, lifetime: (claims.exp ?? 0) - (claims.iat ?? 0) };
    };
    const expiresAt = Date.now() + 90_500;
    const brief = await lifetimeOf({ expires_at: new Date(expiresAt).toISOString() });
    assert.equal(brief.exp, Math.floor(expiresAt / 1000));
    const now = Date.now();
    await store.projects.create({
      ...{ id: 'stockers', name: 'Stockers', api: stock, memberIds: [] },
      ...{ createdAt: now, updatedAt: now, version: 1 },
    });
    const short = { api: stock, project_id: 'stockers', scopes: ['stock:read'] };
    assert.equal((await lifetimeOf(short)).lifetime, 120);
    assert.equal((await lifetimeOf({ expires_in: 86_400 })).lifetime, lifetimes.accessTokenOfKey);
  });

  test('An API key in its last second is not exchanged, as the token would outlive it', async () => {
    const { newKey, exchangeKey, store } = scene();
    const { id, key } = await newKey();
    for (let round = 0; round < 5; round += 1) {
      const record = await store.apiKeys.find(id);
      assert.ok(record);
      const end = Math.ceil(Date.now() / 1000) * 1000 + 900;
      const next = { ...record, expiresAt: end, updatedAt: Date.now() };
      await store.apiKeys.update({ ...next, version: record.version + 1 });
      await store.revocations.put({ key: `api_key_changed:${id}`, expiresAt: end + 60_000 });
      const answer = await exchangeKey(key);
      if (answer.status === 200) assert.ok((decodeJwt(tokenOf(answer)).exp ?? 0) * 1000 <= end);
      else assert.equal(refusalOf(answer), refused);
    }
  });

  test('The scopes of the token are those of the API key or fewer, without duplicates', async () => {
    const { newKey, exchangeKey } = scene();
    const { key } = await newKey();
    const scopeFor = async (scope: string) => {
      const answer = await exchangeKey(key, { scope });
      if (answer.status !== 200) return refusalOf(answer);
      assert.equal(decodeJwt(tokenOf(answer)).scope, answer.body.scope);
      return answer.body.scope;
    };
    assert.equal(await scopeFor('orders:read'), 'orders:read');
    assert.equal(await scopeFor('orders:read orders:read'), 'orders:read');
    assert.equal(await scopeFor('orders:write orders:read'), 'orders:read orders:write');
    for (const wider of ['items:read', 'orders:read items:read', 'openid', 'constructor']) {
      assert.equal(await scopeFor(wider), '400 invalid_scope', wider);
    }
  });

  test('An API key decides which API its token is for, and another one is refused', async () => {
    const { newKey, exchangeKey } = scene();
    const { key } = await newKey();
    for (const name of ['resource', 'audience']) {
      assert.equal((await exchangeKey(key, { [name]: orders })).status, 200);
      for (const other of [stock, 'https://unknown.example', 'orders-api', `${orders}//`]) {
        assert.equal(refusalOf(await exchangeKey(key, { [name]: other })), '400 invalid_target');
      }
    }
    const both = await exchangeKey(key, { resource: orders, audience: stock });
    assert.equal(refusalOf(both), refused);
  });

  test('Every invalid API key gets the same response', async () => {
    const { newKey, exchangeKey, keys, store } = scene();
    const made = await Promise.all([
      newKey(),
      newKey(),
      newKey(),
      newKey({ allow_ips: ['203.0.113.7'] }),
    ]);
    const [revoked, disabled, expired, elsewhere] = made;
    assert.ok(revoked && disabled && expired && elsewhere);
    await keys.revoke(revoked.id, {}, by);
    await keys.disable(disabled.id, by);
    const record = await store.apiKeys.find(expired.id);
    assert.ok(record);
    await store.apiKeys.update({
      ...record,
      expiresAt: Date.now() - 1,
      version: record.version + 1,
    });
    const wrong = [
      ...made.map(({ key }) => key),
      createKey('acme', 'live'),
      `${elsewhere.key.slice(0, -1)}${elsewhere.key.endsWith('a') ? 'b' : 'a'}`,
      ...['x', 'acme_live_', ' ', '\u0000', 'ä'.repeat(50), 'a'.repeat(5000), 'a.b.c'],
      elsewhere.key.toUpperCase(),
    ];
    const answers = await Promise.all(wrong.map((key) => exchangeKey(key)));
    const told = new Set(answers.map(({ status, body }) => JSON.stringify([status, body])));
    assert.deepEqual(
      [...told],
      [
        JSON.stringify([
          400,
          {
            error: 'invalid_request',
            error_description: 'subject_token is not a valid API key',
          },
        ]),
      ],
    );
  });

  test('An exchange counts as a use of the API key, and at the limit says when to retry', async () => {
    const { newKey, exchangeKey, one, other } = scene();
    for (const tier of ['tiny', 'monthly']) {
      const { key } = await newKey({ tier });
      const answers: Answer[] = [];
      for (let use = 0; use < 5; use += 1) {
        answers.push(await exchangeKey(key, {}, use % 2 === 0 ? one : other));
      }
      const limit = tier === 'tiny' ? 3 : 2;
      const statuses = answers.map(({ status }) => status);
      assert.deepEqual(statuses, [...Array(limit).fill(200), ...Array(5 - limit).fill(429)]);
      const last = answers.at(-1);
      assert.ok(last && Number(last.headers.get('retry-after')) >= 1);
      assert.equal(typeof last.body.error, 'string');
    }
  });

  test('Discovery lists the API key exchange grant', async () => {
    const answer = await fetch(`${scene().one.issuer}/.well-known/openid-configuration`);
    const { grant_types_supported } = (await answer.json()) as Record<string, string[]>;
    assert.ok(grant_types_supported?.includes(exchangeGrant));
  });
});
