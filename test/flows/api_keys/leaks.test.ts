/** Scanners report leaked keys to two nodes that share a store. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, hash, type KeyObject, sign } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createKey } from '../../../src/api_keys/format.ts';
import { openStore } from '../../../src/storage/open.ts';
import type { Store } from '../../../src/storage/store.ts';
import { failuresOf } from '../../support/flows.ts';
import { type LocalSite, startLocalSite } from '../../support/local_site.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { eachEngine } from '../../support/stores.ts';
import { declaration } from './configuration.ts';
import { ask, openKeeper } from './keys.ts';

const token = 'the token of the scanners, which is long enough';
const secret = `whsec_${Buffer.alloc(32, 'webhooks').toString('base64')}`;
const github = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const otherCurve = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
const published = [
  { key_identifier: 'k1', key: pem(github.publicKey), is_current: true },
  { key_identifier: 'other-curve', key: pem(otherCurve.publicKey), is_current: false },
  { key_identifier: 'broken', key: 'nothing', is_current: false },
];

/** A list of labels, or a problem. */
type Answer = object[] & { code?: string; errors?: { pointer: string }[] };

function pem(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }).toString();
}

await eachEngine((stores) => {
  let site: LocalSite;
  let nodes: [TestServer, TestServer];
  let keeper: Awaited<ReturnType<typeof openKeeper>>;
  let store: Store;
  const keys: string[] = [];

  before(async () => {
    site = await startLocalSite();
    site.serve('/keys', { public_keys: published });
    const url = await stores.freshUrl();
    const options = {
      store: url,
      declaration: {
        ...declaration,
        outbound: { allow: ['127.0.0.0/8'] },
        webhooks: [{ url: `${site.url}/hooks`, secret, events: ['api_key.leaked'] }],
        api_keys: {
          ...declaration.api_keys,
          leaks: { github_keys_url: `${site.url}/keys`, token },
        },
      },
    };
    const first = await startTestServer(options);
    nodes = [first, await startTestServer({ ...options, issuer: first.issuer })];
    keeper = await openKeeper(url);
    store = await openStore({ url });
  });
  after(async () => {
    await Promise.all([...nodes.map((node) => node.close()), site.close()]);
    await Promise.all([keeper.store.close(), store.close()]);
    const logged = nodes.map((node) => node.logged()).join('');
    assert.deepEqual(failuresOf(logged), []);
    for (const key of keys) assert.ok(!logged.includes(key.slice(-38)));
  });

  const newKey = async () => {
    const project = await keeper.project({ ownerId: 'alice' });
    const made = await keeper.key({ projectId: project.id });
    keys.push(made.key);
    return made;
  };
  const verdict = async (node: TestServer, key: string) => {
    const { body } = await ask(node.url, { key });
    return body.valid === true ? 'valid' : body.reason;
  };
  const post = async (
    path: string,
    body: string,
    headers: Record<string, string>,
    [node] = nodes,
  ) => {
    const response = await fetch(`${node.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
    const answer = (await response.json()) as Answer;
    return { status: response.status, headers: response.headers, body: answer };
  };
  const signature = (body: string, { privateKey } = github) =>
    sign('sha256', Buffer.from(body), { key: privateKey, dsaEncoding: 'der' }).toString('base64');
  const reportAsGithub = (body: string, given: Record<string, string> = {}, to = nodes) => {
    const headers = {
      'Github-Public-Key-Identifier': 'k1',
      'Github-Public-Key-Signature': signature(body),
      ...given,
    };
    return post('/leaks/github', body, headers, to);
  };
  /** A report that says how long it is and begins, but does not end. `answered`: what comes back until then. */
  const beginReport = async (keyId: string, length: number) => {
    const socket = connect(Number(new URL(nodes[0].url).port), '127.0.0.1');
    const chunks: Buffer[] = [];
    socket.on('error', () => {}).on('data', (chunk) => chunks.push(chunk));
    const end = once(socket, 'close');
    const first = Promise.race([once(socket, 'data'), end]);
    await once(socket, 'connect');
    socket.write(
      `POST /leaks/github HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\nGithub-Public-Key-Identifier: ${keyId}\r\nGithub-Public-Key-Signature: AAAA\r\n\r\n[`,
    );
    return { socket, answered: first.then(() => Buffer.concat(chunks).toString()) };
  };
  const found = (key: string, more: object = {}) => ({
    ...{ token: key, type: 'acme_api_key', url: 'https://github.com/a/b', source: 'commit' },
    ...more,
  });
  const answered = (key: string, label: string) => ({
    token_hash: hash('sha256', key),
    token_type: 'acme_api_key',
    label,
  });
  const leakEvents = async (keyId: string) =>
    (await store.audit.list({ type: 'api_key.leaked', limit: 100 })).filter(
      ({ details }) => details?.key_id === keyId,
    );
  const hooksAbout = (keyId: string) =>
    site.received.filter(({ path, body }) => path === '/hooks' && body.includes(keyId));
  const until = async (isSo: () => boolean) => {
    for (let round = 0; round < 500 && !isSo(); round += 1) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assert.ok(isSo());
  };

  test('a report that GitHub signed ends the keys everywhere, tells their owner, and is answered in its format', async () => {
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

  test('a report that GitHub did not sign changes nothing', async () => {
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

  test('the same report again, also to both nodes at once, tells nothing new', async () => {
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

  test('what GitHub signed but nobody understands is refused, and a large report is taken whole', async () => {
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

  test("only GitHub's reports may be large, and what no key of GitHub's is named for is not even read", async () => {
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

  test('who fills memory with large reports that never end gives way to GitHub, and is cut off', async () => {
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

  test('another scanner reports with the token of the configuration, and only with it', async () => {
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

  test('a key in a query string is told and stays', async () => {
    const { key, record } = await newKey();
    const url = `${nodes[0].url}/api-keys/verify?key=${key}`;
    assert.equal((await fetch(url, { method: 'POST' })).status, 400);
    const [event] = await leakEvents(record.id);
    assert.equal(event?.details?.source, 'query_string');
    assert.equal(await verdict(nodes[1], key), 'valid');
    await until(() => hooksAbout(record.id).length > 0);
  });

  test('other methods are told which there is', async () => {
    for (const path of ['/leaks', '/leaks/github']) {
      const response = await fetch(`${nodes[0].url}${path}`);
      assert.equal(response.status, 405);
      assert.equal(response.headers.get('allow'), 'POST');
      assert.equal(response.headers.get('content-type'), 'application/problem+json');
    }
  });
});

test('without a token of the configuration there is nothing to report to', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'cardea-leaks-'));
  const node = await startTestServer({ store: `sqlite:${folder}/cardea.db` });
  t.after(async () => {
    await node.close();
    await rm(folder, { recursive: true });
  });
  const response = await fetch(`${node.url}/leaks`, { method: 'POST' });
  assert.equal(response.status, 404);
});
