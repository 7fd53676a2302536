import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { LookupFunction } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { Agent } from 'undici';
import { serverLimits } from '../../src/definitions/limits.ts';
import { parseAddress } from '../../src/net/networks.ts';
import { createOutboundFetch, type OutboundOptions } from '../../src/net/outbound.ts';
import { isPublicAddress } from '../../src/net/public_addresses.ts';
import { createKeptLog } from '../support/site.ts';

/** A certificate for localhost that nobody trusts, made for these tests. */
const certificate = fileURLToPath(new URL('fixtures/localhost.crt', import.meta.url));
const identity = {
  cert: readFileSync(certificate),
  key: readFileSync(new URL('fixtures/localhost.key', import.meta.url)),
};

async function serve(
  t: TestContext,
  handler: RequestListener,
  { tls = false, host = '127.0.0.1' } = {},
) {
  let connections = 0;
  const server: Server = tls ? createTlsServer(identity, handler) : createServer(handler);
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  assert.ok(typeof address === 'object' && address);
  return { port: address.port, connections: () => connections };
}

const ok: RequestListener = (_req, res) => res.writeHead(200, { Connection: 'close' }).end('ok');
const { log } = createKeptLog();
const outbound = (options: Partial<OutboundOptions> = {}) =>
  createOutboundFetch({ allow: [], log, ...options });

/** Names that resolve as listed, one answer after the other. */
function resolving(...answers: string[][]): LookupFunction {
  let next = 0;
  return (_hostname, _options, callback) => {
    const addresses = answers[Math.min(next, answers.length - 1)] ?? [];
    next += 1;
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  };
}

const refused = (error: Error) => {
  const reasons = [error.cause, ...((error.cause as AggregateError)?.errors ?? [])];
  return reasons.some((reason) => (reason as { code?: string })?.code === 'OUTBOUND_REFUSED');
};

describe('Outbound requests', () => {
  test('An outbound request never reaches this machine or its network, however the address is spelled', async (t) => {
    const { port, connections } = await serve(t, ok, { host: '0.0.0.0' });
    const hosts = [
      ...['127.0.0.1', '127.1', '2130706433', '0x7f.0.0.1', '0177.0.0.1', '0.0.0.0', '127.0.0.2'],
      ...['localhost', 'LOCALHOST', '[::1]', '[::]', '[::ffff:127.0.0.1]'],
      ...['[::127.0.0.1]', '[64:ff9b::7f00:1]', '[2002:7f00:1::]', '169.254.169.254', '10.0.0.1'],
    ];
    const fetchOutbound = outbound();
    for (const host of hosts) {
      for (const scheme of ['http', 'https']) {
        await assert.rejects(fetchOutbound(`${scheme}://${host}:${port}/`), refused, host);
      }
    }
    assert.equal(connections(), 0);
  });

  test('A network in outbound.allow can be called by http and https', async (t) => {
    const plain = await serve(t, ok);
    const tls = await serve(t, ok, { tls: true });
    const allowed = outbound({ allow: ['127.0.0.0/8'], ca: certificate });
    assert.equal(await (await allowed(`http://127.0.0.1:${plain.port}/`)).text(), 'ok');
    assert.equal(await (await allowed(`https://127.0.0.1:${tls.port}/`)).text(), 'ok');
    assert.equal(await (await allowed(`https://localhost:${tls.port}/`)).text(), 'ok');
    const untrusting = outbound({ allow: ['127.0.0.0/8'] });
    await assert.rejects(untrusting(`https://127.0.0.1:${tls.port}/`), (error: Error) =>
      /self-signed/.test(String(error.cause)),
    );
  });

  test('A host name that resolves to an internal address is refused, and only allowed ones of several are used', async (t) => {
    const { port } = await serve(t, ok);
    const inside = outbound({ lookup: resolving(['10.0.0.1', '::1', '::ffff:127.0.0.1']) });
    await assert.rejects(inside(`https://public.test:${port}/`), refused);
    const mixed = outbound({ allow: ['127.0.0.1'], lookup: resolving(['10.0.0.1', '127.0.0.1']) });
    assert.equal((await mixed(`http://inside.test:${port}/`)).status, 200);
  });

  test('A public address is called by https only', async () => {
    const lookup = resolving(['192.0.32.8']);
    await assert.rejects(outbound({ lookup })('http://public.test/'), refused);
    await assert.rejects(outbound()('http://192.0.32.8/'), refused);
  });

  test('A host name that changes between two requests is checked each time (DNS rebinding)', async (t) => {
    const { port, connections } = await serve(t, ok);
    const lookup = resolving(['127.0.0.1'], ['127.0.0.2']);
    const rebound = outbound({ allow: ['127.0.0.1'], lookup });
    assert.equal((await rebound(`http://inside.test:${port}/`)).status, 200);
    await assert.rejects(rebound(`http://inside.test:${port}/`), refused);
    assert.equal(connections(), 1);
  });

  test('A dispatcher that the caller passes is ignored', async (t) => {
    const { port, connections } = await serve(t, ok);
    const init = { dispatcher: new Agent() } as RequestInit;
    await assert.rejects(outbound()(`http://127.0.0.1:${port}/`, init), refused);
    assert.equal(connections(), 0);
  });

  test('A redirect is not followed, whatever the caller asks for', async (t) => {
    const target = await serve(t, ok);
    const { port } = await serve(t, (_req, res) => {
      res.writeHead(302, { Location: `http://127.0.0.1:${target.port}/` }).end();
    });
    const fetchOutbound = outbound({ allow: ['127.0.0.1'] });
    const response = await fetchOutbound(`http://127.0.0.1:${port}/`, { redirect: 'follow' });
    assert.equal(response.status, 302);
    assert.equal(target.connections(), 0);
  });

  test('A response is limited to 256 KiB, even after decompression', async (t) => {
    const size = serverLimits.outboundBody;
    const { port } = await serve(t, (req, res) => {
      if (req.url === '/fits') res.end(Buffer.alloc(size));
      else if (req.url === '/large') res.end(Buffer.alloc(size + 1));
      else if (req.url === '/bomb') {
        res.writeHead(200, { 'Content-Encoding': 'gzip' }).end(gzipSync(Buffer.alloc(50_000_000)));
      } else {
        const pump = () => {
          while (res.write(Buffer.alloc(16_384)));
          res.once('drain', pump);
        };
        pump();
      }
    });
    const read = async (path: string) =>
      (
        await (
          await outbound({ allow: ['127.0.0.1'] })(`http://127.0.0.1:${port}${path}`)
        ).arrayBuffer()
      ).byteLength;
    assert.equal(await read('/fits'), size);
    for (const path of ['/large', '/bomb', '/endless'])
      await assert.rejects(read(path), TypeError, path);
  });

  test('A slow server is abandoned, before and during its response', async (t) => {
    const { port } = await serve(t, (req, res) => {
      if (req.url === '/silent') return;
      const drip = setInterval(() => res.write('x'), 100);
      res.once('close', () => clearInterval(drip));
    });
    const fetchOutbound = outbound({ allow: ['127.0.0.1'] });
    const read = async (path: string) =>
      (await fetchOutbound(`http://127.0.0.1:${port}${path}`)).text();
    await Promise.all([
      assert.rejects(read('/silent'), { name: 'TimeoutError' }),
      assert.rejects(read('/drip'), { name: 'TimeoutError' }),
    ]);
  });

  test("The caller's own abort signal is honoured", async (t) => {
    const { port } = await serve(t, () => {});
    const signal = AbortSignal.abort();
    const call = outbound({ allow: ['127.0.0.1'] })(`http://127.0.0.1:${port}/`, { signal });
    await assert.rejects(call, { name: 'AbortError' });
  });

  test('The method, headers and body arrive unchanged', async (t) => {
    const { port } = await serve(t, async (req, res) => {
      const chunks: Buffer[] = [];
      for await (const chunk of req) chunks.push(chunk);
      const { 'content-type': type } = req.headers;
      res.end(JSON.stringify([req.method, type, Buffer.concat(chunks).toString()]));
    });
    const response = await outbound({ allow: ['127.0.0.1'] })(`http://127.0.0.1:${port}/`, {
      method: 'POST',
      headers: new Headers({ 'content-type': 'application/x-www-form-urlencoded' }),
      body: new URLSearchParams({ logout_token: 'a.b.c' }).toString(),
    });
    const type = 'application/x-www-form-urlencoded';
    assert.deepEqual(await response.json(), ['POST', type, 'logout_token=a.b.c']);
  });

  test('An invalid CA file is reported at the start', () => {
    for (const ca of ['/nowhere.pem', fileURLToPath(import.meta.url)]) {
      assert.throws(() => outbound({ ca }), { code: 'outbound_ca_unusable' });
    }
  });
});

describe('Public address check', () => {
  const isPublic = (text: string) => {
    const address = parseAddress(text);
    assert.ok(address, text);
    return isPublicAddress(address);
  };

  test('Only global unicast addresses count as public', () => {
    for (const text of ['1.1.1.1', '8.8.8.8', '193.0.0.1', '2606:4700::1111', '2a00:1450::1']) {
      assert.equal(isPublic(text), true, text);
    }
    const special = [
      ...['0.0.0.0', '0.1.2.3', '10.1.2.3', '100.64.0.1', '127.8.8.8', '169.254.169.254'],
      ...['172.16.0.1', '172.31.255.255', '192.0.0.8', '192.0.2.1', '192.88.99.1', '192.168.1.1'],
      ...['198.18.0.1', '198.51.100.1', '203.0.113.1', '224.0.0.1', '240.0.0.1', '255.255.255.255'],
      ...['168.63.129.16', '100.100.100.200'],
      ...['::', '::1', '::ffff:10.0.0.1', '::ffff:a9fe:a9fe', '::7f00:1', 'fe80::1'],
      ...['fec0::1', 'fc00::1', 'fd00:ec2::254', 'ff02::1', '64:ff9b::808:808', '64:ff9b:1::1'],
      ...['100::1', '2001::1', '2001:2::1', '2001:db8::1', '2002:808:808::1', '3fff::1', '5f00::1'],
      ...['::ffff:0:7f00:1', '4000::1', 'fe80::1%eth0'],
    ];
    for (const text of special) assert.equal(isPublic(text), false, text);
    for (const text of ['::8.8.8.8', '64:ff9b::8.8.8.8', '8.8.8.8:80', '[::1]', 'localhost', '']) {
      assert.equal(parseAddress(text), undefined, text);
    }
  });
});
