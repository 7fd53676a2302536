/** Who may exchange access tokens, and who may act for whom. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJwt } from 'jose';
import { alice, bob } from '../../../harness/sign_in.ts';
import { systemClock } from '../../../src/clock.ts';
import { createInitialAccessToken } from '../../../src/oidc/clients/initial_access_tokens.ts';
import { createAppSession } from '../../support/app_session.ts';
import { postForm } from '../../support/flows.ts';
import { eachEngine } from '../../support/stores.ts';
import { ask } from '../api_keys/keys.ts';
import { exchangeGrant, orders, publicUri, scope, secret } from './configuration.ts';
import { accessTokenType, refusalOf, sceneOn, tokenOf } from './scene.ts';

const refused = '400 invalid_request';

await eachEngine((stores) => {
  const scene = sceneOn(stores);

  test('Only a client that the operator registered for token exchange can exchange, and it must authenticate', async () => {
    const { one, exchange, signedIn } = scene();
    const { accessToken } = await signedIn();
    const plain = await signedIn(orders, 'plain-app');
    assert.equal(
      refusalOf(await exchange('plain-app', plain.accessToken)),
      '400 unauthorized_client',
    );
    const open = createAppSession({
      ...{ issuer: one.issuer, clientId: 'public-app', scope: 'openid orders:read' },
      ...{ redirectUri: publicUri, person: alice },
    });
    const theirs = await open.newTokens(one, { resource: orders });
    for (const token of [accessToken, theirs.accessToken]) {
      const answer = await postForm(`${one.url}/token`, {
        ...{ grant_type: exchangeGrant, client_id: 'public-app' },
        ...{ subject_token: token, subject_token_type: accessTokenType },
      });
      assert.equal(refusalOf(answer), '400 unauthorized_client');
      const bare = await postForm(`${one.url}/token`, {
        ...{ grant_type: exchangeGrant },
        ...{ subject_token: token, subject_token_type: accessTokenType },
      });
      assert.ok(bare.status === 400 || bare.status === 401);
      assert.equal(bare.body.access_token, undefined);
    }
    for (const client of ['stock-api', 'job', 'wide-app', 'notes-api']) {
      assert.equal(refusalOf(await exchange(client, accessToken)), refused, client);
    }
  });

  test('A client that registers itself cannot have the token exchange grant', async () => {
    const { one, store } = scene();
    const { token } = await createInitialAccessToken(
      { artifacts: store.artifacts, clock: systemClock },
      { lifetimeSeconds: 600 },
    );
    const register = async (grant_types: unknown) => {
      const answer = await fetch(`${one.url}/register`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ redirect_uris: ['https://new.example/callback'], grant_types }),
      });
      return { status: answer.status, body: (await answer.json()) as Record<string, string> };
    };
    for (const types of [[exchangeGrant], ['authorization_code', exchangeGrant], exchangeGrant]) {
      const { status, body } = await register(types);
      assert.equal(`${status} ${body.error}`, '400 invalid_client_metadata');
    }
    const made = await register(['authorization_code']);
    assert.equal(made.status, 201);
    const update = await fetch(String(made.body.registration_client_uri), {
      method: 'PUT',
      headers: {
        authorization: `Bearer ${made.body.registration_access_token}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({
        ...{ client_id: made.body.client_id, redirect_uris: ['https://new.example/callback'] },
        ...{ client_secret: made.body.client_secret },
        grant_types: ['authorization_code', exchangeGrant],
      }),
    });
    assert.equal(update.status, 400);
  });

  test('Only the holder of an actor token can be the actor, which is then named in the token', async () => {
    const { exchange, serviceToken, one, signedIn } = scene();
    const { accessToken } = await signedIn();
    const actor_token_type = accessTokenType;
    const act = async (actor_token: string) =>
      exchange('orders-api', accessToken, { actor_token, actor_token_type });
    const own = await act(await serviceToken('orders-api', orders));
    assert.deepEqual(decodeJwt(tokenOf(own)).act, { sub: 'orders-api', client_id: 'orders-api' });
    const others = [await serviceToken('job', orders), accessToken, 'x', 'a.b.c'];
    for (const token of others) assert.equal(refusalOf(await act(token)), refused);
    const typeless = await exchange('orders-api', accessToken, {
      actor_token: await serviceToken('orders-api', orders),
    });
    assert.equal(refusalOf(typeless), refused);
    // A person acts through the app that both are signed in to.
    const helper = createAppSession({
      ...{ issuer: one.issuer, clientId: 'app', secret, scope, person: bob },
    });
    const bobs = await helper.newTokens(one, { resource: orders });
    const helped = await exchange('app', accessToken, {
      ...{ actor_token: bobs.accessToken, actor_token_type },
    });
    assert.deepEqual(decodeJwt(tokenOf(helped)).act, {
      ...{ sub: decodeJwt(bobs.accessToken).sub, client_id: 'app' },
    });
  });

  test("An API's client that acts for others does not verify API keys in its own name", async () => {
    const { exchange, serviceToken, newKey, one } = scene();
    const { key } = await newKey();
    const own = await serviceToken('orders-api', orders);
    assert.equal((await ask(one.url, { key }, `Bearer ${own}`)).status, 200);
    const acting = tokenOf(await exchange('orders-api', await serviceToken('job', orders)));
    assert.equal((await ask(one.url, { key }, `Bearer ${acting}`)).status, 401);
  });
});
