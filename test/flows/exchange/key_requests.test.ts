/** Requests with an API key to exchange that are not in order, and clients that come along with them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJwt } from 'jose';
import { basic, postForm } from '../../support/flows.ts';
import { eachEngine } from '../../support/stores.ts';
import { exchangeGrant, orders, secret, stock } from './configuration.ts';
import { apiKeyType, refusalOf, sceneOn, tokenOf } from './scene.ts';

const refused = '400 invalid_request';

await eachEngine((stores) => {
  const scene = sceneOn(stores);

  test('A malformed exchange request, or one with duplicate parameters, is refused', async () => {
    const { newKey, one } = scene();
    const { key } = await newKey();
    const right: [string, string][] = [
      ['grant_type', exchangeGrant],
      ['subject_token', key],
      ['subject_token_type', apiKeyType],
    ];
    const ask = (pairs: [string, string][]) => postForm(`${one.url}/token`, pairs);
    assert.equal((await ask(right)).status, 200);
    for (const [index, pair] of right.entries()) {
      const twice = await ask([...right, pair]);
      assert.ok([400, 401].includes(twice.status), `${pair[0]} twice: ${twice.status}`);
      const without = await ask(right.toSpliced(index, 1));
      assert.ok([400, 401].includes(without.status), `no ${pair[0]}: ${without.status}`);
    }
    const more: [string, string][] = [
      ['requested_token_type', 'urn:ietf:params:oauth:token-type:refresh_token'],
      ['requested_token_type', apiKeyType],
      ['actor_token', key],
      ['actor_token_type', apiKeyType],
      ['resource', 'not a uri'],
    ];
    for (const pair of more) assert.equal((await ask([...right, pair])).status, 400, pair[0]);
    for (const name of ['scope', 'resource', 'audience', 'requested_token_type', 'actor_token']) {
      const value = name === 'scope' ? 'orders:read' : orders;
      const twice = await ask([...right, [name, value], [name, value]]);
      assert.equal(refusalOf(twice), refused, name);
    }
    for (const type of ['urn:ietf:params:oauth:token-type:access_token', 'x', '']) {
      const pairs = right.with(2, ['subject_token_type', type]);
      assert.ok([400, 401].includes((await ask(pairs)).status), type);
    }
    const inQuery = await postForm(`${one.url}/token?${new URLSearchParams(right)}`, []);
    assert.ok(inQuery.status >= 400 && inQuery.status < 500);
    assert.ok(!one.logged().includes(key));
  });

  test('A client named in an API key exchange must authenticate, and adds no rights', async () => {
    const { newKey, exchangeKey, exchange, one } = scene();
    const { id, key } = await newKey();
    const withHeader = (authorization: string) =>
      postForm(
        `${one.url}/token`,
        { grant_type: exchangeGrant, subject_token: key, subject_token_type: apiKeyType },
        { authorization },
      );
    for (const client of ['job', 'plain-app']) {
      const answer = await exchange(client, key, { subject_token_type: apiKeyType });
      assert.equal(decodeJwt(tokenOf(answer)).client_id, id, client);
      const other = { subject_token_type: apiKeyType, resource: stock };
      assert.equal(refusalOf(await exchange(client, key, other)), '400 invalid_target');
    }
    assert.equal((await exchangeKey(key, { client_id: 'public-app' })).status, 200);
    const wrong = [
      basic('job', `${secret}x`),
      basic('nobody', secret),
      ...['Basic', 'Basic !!!', 'Bearer x.y.z', `Bearer ${key}`, 'Digest a="b"', 'constructor x'],
    ];
    for (const authorization of wrong) {
      const { status, body } = await withHeader(authorization);
      assert.ok(status === 400 || status === 401, `${authorization}: ${status}`);
      assert.equal(body.access_token, undefined);
      assert.match(String(body.error), /^invalid_(client|request)$/);
    }
    const forms: Record<string, string>[] = [
      { client_id: 'job', client_secret: 'wrong' },
      { client_id: 'job' },
      { client_id: 'nobody' },
      { client_assertion: 'x', client_assertion_type: 'y' },
    ];
    for (const more of forms) {
      const { status, body } = await exchangeKey(key, more);
      assert.ok(status === 400 || status === 401, JSON.stringify(more));
      assert.equal(body.access_token, undefined);
    }
  });
});
