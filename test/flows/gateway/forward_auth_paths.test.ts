/** `/forward-auth` and the addresses that callers ask for: none loosens what the operator set, none leaks a key. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sendRaw } from '../../attacks/raw_request.ts';
import { sharedScene } from '../../support/scenes.ts';
import { eachEngine } from '../../support/stores.ts';
import { orders, stock } from './gateway_configuration.ts';
import { bearer, openGatewayScene } from './gateway_scene.ts';

await eachEngine((stores) => {
  const scene = sharedScene(stores, openGatewayScene);

  test("An API key in the caller's URL is refused, reported as leaked and kept out of the log", async () => {
    const { ask, newKey, keeper, first } = scene();
    const inOrders = `/api=${encodeURIComponent(orders)}`;
    const places: ((key: string) => [Record<string, string>, string])[] = [
      (key) => [{ 'x-original-uri': `/orders?api_key=${key}` }, ''],
      (key) => [{ 'x-forwarded-uri': `/orders?a=b&${key}` }, ''],
      (key) => [{ 'x-original-uri': `/orders/${key}/1` }, ''],
      (key) => [{}, `${inOrders}/orders/1?key=${key}`],
      (key) => [{}, `${inOrders}/orders/${key}?a=b`],
      (key) => [{}, `?api=${orders}&key=${key}`],
    ];
    for (const place of places) {
      const { key, record } = await newKey();
      const [headers, path] = place(key);
      const { status, body } = await ask({ ...bearer(key), ...headers }, { path });
      assert.equal(status, 400);
      if (!path.startsWith('?')) assert.equal(body.code, 'key_in_query');
      const events = await keeper.store.audit.list({ limit: 100, type: 'api_key.leaked' });
      const reports = events.filter((event) => JSON.stringify(event).includes(record.id));
      assert.equal(reports.length, 1, path);
      assert.ok(!first.logged().includes(key));
    }
  });

  test("A caller's URL cannot loosen the operator's settings", async () => {
    const { ask, newKey } = scene();
    const { key } = await newKey();
    const wrong: [string, string][] = [
      ['', '#/api'],
      ['?api=https://nothing.example', '#/api'],
      [`?api=${orders}&api=${stock}`, '#/api'],
      [`?api=${orders}&scope=orders:delete`, '#/scope'],
      [`?api=${orders}&environment=prod`, '#/environment'],
      [`?api=${orders}&token=opaque`, '#/token'],
      [`?api=${orders}&sc0pe=orders:read`, '#/sc0pe'],
      // A prefix with a `?`, and what Envoy makes of it.
      [`?api=${orders}&scope=orders:write/orders/1?scope=orders:read`, '#/scope'],
      [`?api=${orders}&scope=orders:write/orders/1?a=b&scope=orders:read`, '#/scope'],
      [`/api=${encodeURIComponent(orders)}*`, '#/api'],
      [`/?api=${orders}`, '#/api'],
    ];
    for (const [path, pointer] of wrong) {
      const { status, body } = await ask(bearer(key), { path: path || '?' });
      const errors = body.errors as { pointer: string }[] | undefined;
      assert.deepEqual([status, errors?.[0]?.pointer], [400, pointer], path);
    }
  });

  test("A caller's path or query cannot change the check when the gateway appends it", async () => {
    const { newKey, first } = scene();
    const { key } = await newKey();
    const prefix = `/api=${encodeURIComponent(orders)}&scope=orders%3Awrite`;
    const askRaw = async (path: string) => {
      const target = `/forward-auth${prefix}${path}`;
      const head = `GET ${target} HTTP/1.1\r\nHost: x\r\nX-API-Key: ${key}\r\nConnection: close\r\n\r\n`;
      const { status, body } = await sendRaw(first.url, head);
      return [status, JSON.parse(body).code];
    };
    for (const path of ['/', '', '/1?scope=orders:read&api=x', '/..;/x?api=', '//?', '/...']) {
      assert.deepEqual(await askRaw(path), [403, 'insufficient_scope'], path);
    }
    for (const way of ['/..', '/.', '/%2e%2E', '/.%2e', '/a/b/../..']) {
      const answer = await askRaw(`${way}/api=${encodeURIComponent(orders)}/x`);
      assert.deepEqual(answer, [400, 'invalid_request'], way);
    }
  });
});
