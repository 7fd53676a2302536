/** Scanners report leaked keys to two nodes that share a store. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createKey } from '../../../src/api_keys/model/key_format.ts';
import { sharedScene } from '../../support/scenes.ts';
import { startTestServer } from '../../support/server.ts';
import { eachEngine } from '../../support/stores.ts';
import {
  answered,
  found,
  openLeakScene,
  otherCurve,
  signature,
  stranger,
  token,
  until,
} from './leak_scene.ts';

await eachEngine((stores) => {
  const scene = sharedScene(stores, openLeakScene);

  test("A report that GitHub signed revokes the API keys on every node, notifies the owner and gets a response in GitHub's format", async () => {
    const { nodes, newKey, verdict, reportAsGithub, leakEvents, hooksAbout } = scene();
    const { key, record } = await newKey();
    const unknown = createKey('acme', 'live');
    assert.equal(await verdict(nodes[1], key), 'valid');
    // GitHub may add members.
    const report = [found(key, { later: 1 }), found(unknown), found('garbage'), found(key)];
    const { status, body } = await reportAsGithub(JSON.stringify(report, null, 1));
    assert.equal(status, 200);
    assert.deepEqual(body, [
      answered(key, 'true_positive'),
      answered(unknown, 'false_positive'),
      answered('garbage', 'false_positive'),
      answered(key, 'true_positive'),
    ]);
    for (const node of nodes) assert.equal(await verdict(node, key), 'revoked');
    const [event, ...more] = await leakEvents(record.id);
    assert.deepEqual(more, []);
    assert.equal(event?.details?.url, 'https://github.com/a/b');
    await until(() => hooksAbout(record.id).length > 0);
    const [hook] = hooksAbout(record.id);
    const { type, data } = JSON.parse(hook?.body ?? '');
    assert.equal(type, 'api_key.leaked');
    assert.equal(data.owner_id, 'alice');
    assert.equal(data.action, 'revoked');
    assert.ok(!hook?.body.includes(key.slice(-38)));
  });

  test('A report that GitHub did not sign changes nothing', async () => {
    const { site, nodes, newKey, verdict, reportAsGithub, leakEvents } = scene();
    const { key, record } = await newKey();
    const body = JSON.stringify([found(key)]);
    const identifier = 'Github-Public-Key-Identifier';
    const signed = 'Github-Public-Key-Signature';
    const forgeries: Record<string, string>[] = [
      { [signed]: signature(body, stranger) },
      { [signed]: signature(`${body} `) },
      { [signed]: '' },
      { [signed]: 'AAAA' },
      { [signed]: '!' },
      // r = s = 0, which some implementations take for any message.
      { [signed]: Buffer.from('3006020100020100', 'hex').toString('base64') },
      { [identifier]: '' },
      { [identifier]: 'k2' },
      { [identifier]: '__proto__' },
      { [identifier]: 'broken' },
      { [identifier]: 'other-curve', [signed]: signature(body, otherCurve) },
    ];
    for (const headers of forgeries) {
      const { status, body: answer } = await reportAsGithub(body, headers);
      assert.deepEqual([status, answer.code], [403, 'invalid_signature'], JSON.stringify(headers));
    }
    const fetches = site.received.filter(({ path }) => path === '/keys').length;
    assert.ok(fetches <= 2, `${fetches} fetches of keys`);
    assert.equal(await verdict(nodes[1], key), 'valid');
    assert.deepEqual(await leakEvents(record.id), []);
  });

  test('A repeated report, even to both nodes at once, sends no further notice', async () => {
    const { nodes, newKey, reportAsGithub, leakEvents, hooksAbout } = scene();
    const { key, record } = await newKey();
    const body = JSON.stringify([found(key)]);
    const [first, second] = nodes;
    const orders: (typeof nodes)[] = [nodes, [second, first], nodes, [second, first]];
    await Promise.all(orders.map((order) => reportAsGithub(body, {}, order)));
    const again = await reportAsGithub(body);
    assert.deepEqual(again.body, [answered(key, 'true_positive')]);
    assert.equal((await leakEvents(record.id)).length, 1);
    const elsewhere = JSON.stringify([found(key, { url: 'https://github.com/c/d' })]);
    await reportAsGithub(elsewhere);
    assert.equal((await leakEvents(record.id)).length, 2);
    await until(() => hooksAbout(record.id).length >= 2);
  });

  test('Another scanner reports with the configured token, and only with it', async () => {
    const { nodes, newKey, verdict, post } = scene();
    const { key } = await newKey();
    const authorization = `Bearer ${token}`;
    const body = JSON.stringify([found(key)]);
    for (const headers of [
      {},
      { authorization: `Basic ${token}` },
      { authorization: `${authorization}x` },
    ]) {
      const refused = await post('/leaks', body, headers as Record<string, string>);
      assert.deepEqual([refused.status, refused.body.code], [401, 'invalid_token']);
      assert.match(refused.headers.get('www-authenticate') ?? '', /^Bearer /);
    }
    const unknownField = await post('/leaks', JSON.stringify([found(key, { later: 1 })]), {
      authorization,
    });
    assert.deepEqual(unknownField.body.errors?.[0]?.pointer, '#/0/later');
    assert.equal(await verdict(nodes[1], key), 'valid');
    const { status, body: answer } = await post('/leaks', body, { authorization });
    assert.deepEqual([status, answer], [200, [answered(key, 'true_positive')]]);
    assert.equal(await verdict(nodes[1], key), 'revoked');
  });

  test('An API key in a query string is reported but not revoked', async () => {
    const { nodes, newKey, verdict, leakEvents, hooksAbout } = scene();
    const { key, record } = await newKey();
    const url = `${nodes[0].url}/api-keys/verify?key=${key}`;
    assert.equal((await fetch(url, { method: 'POST' })).status, 400);
    const [event] = await leakEvents(record.id);
    assert.equal(event?.details?.source, 'query_string');
    assert.equal(await verdict(nodes[1], key), 'valid');
    await until(() => hooksAbout(record.id).length > 0);
  });

  test('A wrong method is answered with the allowed methods', async () => {
    const { nodes } = scene();
    for (const path of ['/leaks', '/leaks/github']) {
      const response = await fetch(`${nodes[0].url}${path}`);
      assert.equal(response.status, 405);
      assert.equal(response.headers.get('allow'), 'POST');
      assert.equal(response.headers.get('content-type'), 'application/problem+json');
    }
  });
});

test('The leak report endpoint does not exist without a configured token', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'cardea-leaks-'));
  const node = await startTestServer({ store: `sqlite:${folder}/cardea.db` });
  t.after(async () => {
    await node.close();
    await rm(folder, { recursive: true });
  });
  const response = await fetch(`${node.url}/leaks`, { method: 'POST' });
  assert.equal(response.status, 404);
});
