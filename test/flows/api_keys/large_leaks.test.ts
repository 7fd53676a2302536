/** Reports of leaked keys that are large, begin and never end, or that nobody understands. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKey } from '../../../src/api_keys/model/key_format.ts';
import { sharedScene } from '../../support/scenes.ts';
import { eachEngine } from '../../support/stores.ts';
import { ask } from './keys.ts';
import { answered, found, openLeakScene, token, until } from './leak_scene.ts';

await eachEngine((stores) => {
  const scene = sharedScene(stores, openLeakScene);

  test('An unreadable report that GitHub signed is refused, and a large report is processed whole', async () => {
    const { nodes, newKey, verdict, reportAsGithub } = scene();
    for (const [body, code] of [
      ['', 'invalid_request'],
      ['{}', 'invalid_request'],
      ['[{"token":1}]', 'invalid_request'],
      [JSON.stringify(Array(5001).fill({ token: '' })), 'invalid_request'],
      [JSON.stringify([found('x'.repeat(1024 * 1024))]), 'payload_too_large'],
    ] as const) {
      assert.equal((await reportAsGithub(body)).body.code, code);
    }
    // More than any other body may have.
    const many = Array.from({ length: 3000 }, () => createKey('acme', 'live'));
    const { key } = await newKey();
    const report = JSON.stringify([...many, key].map((each) => found(each)));
    assert.ok(report.length > 256 * 1024);
    const { body } = await reportAsGithub(report);
    assert.equal(body.length, 3001);
    assert.deepEqual(body.at(-1), answered(key, 'true_positive'));
    assert.equal(await verdict(nodes[1], key), 'revoked');
  });

  test("Only GitHub's reports may be large, and one without a known GitHub key id is not even read", async () => {
    const { nodes, post, beginReport } = scene();
    const large = JSON.stringify([found('x'.repeat(70_000))]);
    const authorization = `Bearer ${token}`;
    assert.equal((await post('/leaks', large, { authorization })).status, 413);
    assert.equal((await ask(nodes[0].url, large)).status, 413);
    const unsigned = await post('/leaks/github', large, {});
    assert.deepEqual([unsigned.status, unsigned.body.code], [403, 'invalid_signature']);
    const { socket, answered } = await beginReport('no-such-key', 500_000);
    assert.match(await answered, /^HTTP\/1.1 403 /);
    socket.destroy();
  });

  test("Endless large reports from strangers give way to GitHub's and are cut off", async () => {
    const { nodes, newKey, verdict, reportAsGithub, beginReport } = scene();
    const { key } = await newKey();
    const small = await newKey();
    const begun: Awaited<ReturnType<typeof beginReport>>[] = [];
    for (let count = 0; count < 40; count += 1) begun.push(await beginReport('k1', 1_000_000));
    const cutOff = () => begun.filter(({ socket }) => socket.closed).length;
    await until(() => cutOff() === 8);
    const report = JSON.stringify([found(key), found('x'.repeat(900_000))]);
    assert.equal((await reportAsGithub(report)).status, 200);
    assert.equal((await reportAsGithub(JSON.stringify([found(small.key)]))).status, 200);
    for (const each of [key, small.key]) assert.equal(await verdict(nodes[1], each), 'revoked');
    await until(() => cutOff() === 9);
    for (const { socket } of begun) socket.destroy();
  });
});
