/** `/forward-auth` and tokens: those that come to it, and those that it hands over in the place of a key. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJwt } from 'jose';
import { basic, postForm } from '../../support/flows.ts';
import { sharedScene } from '../../support/scenes.ts';
import { eachEngine } from '../../support/stores.ts';
import { apiSecret, stockSecret } from '../api_keys/keys.ts';
import { jobSecret, notes, orders, stock } from './gateway_configuration.ts';
import { bearer, identityOf, openGatewayScene, ordersSettings } from './gateway_scene.ts';

await eachEngine((stores) => {
  const scene = sharedScene(stores, openGatewayScene);

  test('The API gets a JWT in place of the API key, shared by many requests until a revocation', async () => {
    const { ask, newKey, keeper, second } = scene();
    const { key, record } = await newKey();
    const settings = { ...ordersSettings, token: 'jwt' };
    const handedOver = async () => {
      const { status, headers } = await ask(bearer(key), { settings });
      assert.equal(status, 200);
      return headers.get('authorization') ?? '';
    };
    const answers = await Promise.all(Array.from({ length: 20 }, handedOver));
    const [authorization = ''] = answers;
    assert.equal(new Set(answers).size, 1);
    assert.match(authorization, /^Bearer ey/);
    const claims = decodeJwt(authorization.slice(7));
    assert.equal(claims.aud, orders);
    assert.equal(claims.sub, record.projectId);
    assert.equal(claims.scope, 'orders:read');
    assert.ok(claims.status);

    // A revocation that is not about it changes nothing.
    await keeper.store.revocations.put({ key: 'grant:other', expiresAt: Date.now() + 60_000 });
    assert.equal(await handedOver(), authorization);
    // One of all tokens of the API ends what was handed over, and not the key.
    await keeper.store.revocations.put({ key: `api:${orders}`, expiresAt: Date.now() + 60_000 });
    const next = await handedOver();
    assert.notEqual(next, authorization);
    assert.equal((await ask({ authorization })).status, 401);

    // It is worth what the key is, and dies with it.
    const passed = await ask({ authorization: next }, { settings });
    assert.equal(passed.headers.get('authorization'), next);
    assert.equal(passed.headers.get('cardea-api-key-id'), record.id);
    assert.equal(passed.headers.get('cardea-client'), '');
    await keeper.store.revocations.put({
      key: `api_key:${record.id}`,
      expiresAt: Date.now() + 60_000,
    });
    assert.equal((await ask({ authorization: next }, { node: second })).status, 401);
  });

  test('A changed API key leads to a new JWT with the current scopes', async () => {
    const { ask, newKey, keeper } = scene();
    const { key, record } = await newKey({ scopes: ['orders:read', 'orders:write'] });
    const settings = { api: orders, token: 'jwt' };
    const scopes = async () => {
      const { headers } = await ask(bearer(key), { settings });
      return decodeJwt((headers.get('authorization') ?? '').slice(7)).scope;
    };
    assert.equal(await scopes(), 'orders:read orders:write');
    await keeper.change(record.id, { scopes: ['orders:read'] });
    assert.equal(await scopes(), 'orders:read');
  });

  test('An access token passes for its own API, as its client and with its scopes', async () => {
    const { ask, tokenFor, first, second } = scene();
    const token = await tokenFor();
    const { status, headers } = await ask(bearer(token));
    assert.equal(status, 200);
    assert.deepEqual(identityOf(headers), {
      'cardea-subject': 'job',
      'cardea-client': 'job',
      'cardea-scopes': 'orders:read',
      'cardea-api-key-id': '',
      'cardea-project': '',
      'cardea-tier': '',
      'cardea-environment': 'live',
    });
    assert.equal(headers.get('authorization'), '');
    const handed = await ask(bearer(token), { settings: { ...ordersSettings, token: 'jwt' } });
    assert.equal(handed.headers.get('authorization'), `Bearer ${token}`);

    assert.equal((await ask(bearer(token), { settings: { api: stock } })).status, 401);
    const test = await ask(bearer(token), { settings: { api: orders, environment: 'test' } });
    assert.equal(test.status, 401);
    const scope = await ask(bearer(token), { settings: { api: orders, scope: 'orders:write' } });
    assert.equal(scope.status, 403);
    assert.equal((await ask({ 'x-api-key': token })).status, 401);

    await postForm(`${first.issuer}/revoke`, { token }, { authorization: basic('job', jobSecret) });
    assert.equal((await ask(bearer(token), { node: second })).status, 401);
  });

  test('A JWT made from a test API key is refused in the live environment, whoever presents it', async () => {
    const { ask, newKey } = scene();
    const { key } = await newKey({ environment: 'test' });
    const { headers } = await ask(bearer(key), { settings: { ...ordersSettings, token: 'jwt' } });
    const authorization = headers.get('authorization') ?? '';
    const inEnvironment = (environment: string) =>
      ask({ authorization }, { settings: { ...ordersSettings, environment } });
    assert.equal((await inEnvironment('live')).status, 401);
    const answer = await inEnvironment('test');
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('cardea-environment'), 'test');
  });

  test('An opaque token is described only to a gateway of its API', async () => {
    const { ask, tokenFor, first } = scene();
    const settings = { api: notes, scope: 'notes:read' };
    const token = await tokenFor(notes);
    assert.doesNotMatch(token, /\./);
    assert.equal((await ask(bearer(token), { settings })).status, 401);
    const asGateway = (clientId: string, secret: string) => ({
      ...bearer(token),
      'cardea-gateway-authorization': basic(clientId, secret),
    });
    const { status, headers } = await ask(asGateway('notes-api', apiSecret), { settings });
    assert.equal(status, 200);
    assert.equal(headers.get('cardea-subject'), 'job');
    assert.equal(headers.get('cardea-scopes'), 'notes:read');

    for (const proof of [
      asGateway('notes-api', stockSecret),
      asGateway('stock-api', stockSecret),
      asGateway('job', jobSecret),
    ]) {
      const refused = await ask(proof, { settings });
      assert.deepEqual([refused.status, refused.body.code], [400, 'unknown_gateway']);
    }
    await postForm(`${first.issuer}/revoke`, { token }, { authorization: basic('job', jobSecret) });
    assert.equal((await ask(asGateway('notes-api', apiSecret), { settings })).status, 401);
  });
});
