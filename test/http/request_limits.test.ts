import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import { serverLimits } from '../../src/definitions/limits.ts';
import { readForm, readJson } from '../../src/http/request_body.ts';
import {
  exchange,
  headerOf,
  jsonOf,
  passingRoute,
  type SiteOptions,
  startSite,
} from '../support/site.ts';

const form = 'application/x-www-form-urlencoded';

async function startReadingSite(
  t: import('node:test').TestContext,
  options: Partial<SiteOptions> = {},
) {
  const handled: string[] = [];
  const site = await startSite(t, {
    ...options,
    timeouts: { headers: 300, request: 600 },
    routes: (app) => {
      app.use(async (ctx) => {
        handled.push(ctx.path);
        if (ctx.path.endsWith('/form')) ctx.body = [...(await readForm(ctx))];
        else if (ctx.path.endsWith('/json')) ctx.body = { read: await readJson(ctx) };
        else ctx.body = 'unread';
      });
    },
  });
  const post = (
    path: string,
    type: string | undefined,
    body: string | Uint8Array<ArrayBuffer>,
    more = {},
  ) =>
    fetch(site.url + path, {
      method: 'POST',
      headers: { ...(type ? { 'Content-Type': type } : {}), ...more },
      body,
    });
  return { ...site, handled, post };
}

const statusOf = (response: string) => Number(response.split(' ', 2)[1]);

describe('Request size and time limits', () => {
  test('A body that announces too large a size is refused unread', async (t) => {
    const { post, port, handled } = await startReadingSite(t);
    const response = await post('/token', form, 'a'.repeat(serverLimits.requestBody + 1));
    assert.equal(response.status, 413);
    assert.equal((await jsonOf(response)).error, 'invalid_request');
    const huge = 'POST /token HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n';
    assert.equal(statusOf(await exchange(port, `${huge}\r\n`)), 413);
    assert.equal(statusOf(await exchange(port, `${huge}Expect: 100-continue\r\n\r\n`)), 413);
    assert.deepEqual(handled, []);
  });

  test('A body of unknown length is cut off at the limit with its connection', async (t) => {
    const { port } = await startReadingSite(t);
    const start = `POST /token/form HTTP/1.1\r\nHost: x\r\nContent-Type: ${form}\r\nTransfer-Encoding: chunked\r\n\r\n`;
    const chunk = `4000\r\n${'a'.repeat(0x4000)}\r\n`;
    const response = await exchange(port, start + chunk.repeat(5));
    assert.equal(statusOf(response), 413);
    assert.equal(headerOf(response, 'Connection'), 'close');
  });

  test('A larger limit applies to its own route only, with a length, without one and with 100 Continue', async (t) => {
    const limit = 200 * 1024;
    const { post, port, handled } = await startReadingSite(t, {
      issuer: 'https://id.example/auth',
      table: [passingRoute({ path: '/large/form', bodyLimit: limit })],
    });
    const large = 'a'.repeat(limit);
    assert.equal((await post('/auth/large/form', form, large)).status, 200);
    const tooLarge = await post('/auth/large/form', form, `${large}a`);
    assert.equal(tooLarge.status, 413);
    assert.match(String((await jsonOf(tooLarge)).error_description), /larger than 200 KiB/);

    const chunk = `4000\r\n${'a'.repeat(0x4000)}\r\n`;
    const chunked = async (path: string, chunks: number, end: string) => {
      const start = `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: ${form}\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n`;
      return statusOf(await exchange(port, start + chunk.repeat(chunks) + end));
    };
    assert.equal(await chunked('/auth/large/form', 12, '0\r\n\r\n'), 200);
    assert.equal(await chunked('/auth/large/form', 13, ''), 413);

    const asked = `POST /auth/large/form HTTP/1.1\r\nHost: x\r\nContent-Type: ${form}\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: ${limit}\r\n\r\n`;
    const answer = await exchange(port, asked + large);
    assert.match(answer, /^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 OK/);

    const taken = handled.length;
    for (const path of ['/large/form', '/auth/large/form/', '/auth/form', '/auth/Large/form']) {
      assert.equal(
        (await post(path, form, 'a'.repeat(serverLimits.requestBody + 1))).status,
        413,
        path,
      );
    }
    assert.equal(handled.length, taken);
    assert.equal(await chunked('/auth/form', 5, ''), 413);
  });

  test('A body within the limit gets 100 Continue', async (t) => {
    const { port } = await startReadingSite(t);
    const response = await exchange(
      port,
      `POST /token/form HTTP/1.1\r\nHost: x\r\nContent-Type: ${form}\r\nContent-Length: 3\r\nExpect: 100-continue\r\nConnection: close\r\n\r\na=b`,
    );
    assert.match(response, /^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 OK/);
  });

  test('A URL over 8 KiB is answered with 414, even if it exceeds the limit of all headers', async (t) => {
    const { port, handled } = await startReadingSite(t);
    for (const length of [8193, 12_000, 20_000, 60_000]) {
      const path = `/token?${'x'.repeat(length)}`;
      const response = await exchange(
        port,
        `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
      );
      assert.equal(statusOf(response), 414, String(length));
    }
    assert.deepEqual(handled, []);
  });

  test('Headers over 16 KiB are answered with 431', async (t) => {
    const { port } = await startReadingSite(t);
    const response = await exchange(
      port,
      `GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(17_000)}\r\n\r\n`,
    );
    assert.equal(statusOf(response), 431);
    assert.match(response, /"error":"invalid_request"/);
  });

  test('Anything but an HTTP request is answered with 400 and reaches no route', async (t) => {
    const { port, handled } = await startReadingSite(t);
    const hostile = [
      'GET / HTTP/1.1\r\nConnection: close\r\n\r\n',
      'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n',
      'OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
      'GET ftp://[/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
      'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n',
      'GET / HTTP/1.1\r\nHost: a\r\nX: a\u0000b\r\n\r\n',
      'GET / HTTP/1.1\r\nHost : a\r\n\r\n',
      '\u0016\u0003\u0001\u0002\u0000\u0001\u0000',
    ];
    for (const bytes of hostile) {
      const response = await exchange(port, bytes);
      assert.equal(statusOf(response), 400, JSON.stringify(bytes));
      assert.ok(headerOf(response, 'X-Request-Id'));
    }
    assert.deepEqual(handled, []);
  });

  test('A connection that is silent, or slow with headers or body, is closed', async (t) => {
    const { port } = await startReadingSite(t);
    const beginnings = [
      '',
      'GET / HTTP/1.1\r\nHost: a\r\n',
      `POST /token/form HTTP/1.1\r\nHost: a\r\nContent-Type: ${form}\r\nContent-Length: 10\r\n\r\na=`,
    ];
    await Promise.all(
      beginnings.map(async (bytes) => {
        const response = await exchange(port, bytes);
        if (response) assert.match(response, /^HTTP\/1.1 (408|400) /);
      }),
    );
  });

  test('A connection that trickles its headers gains no time', async (t) => {
    const { port } = await startReadingSite(t);
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write('GET / HTTP/1.1\r\n');
    const trickle = setInterval(() => socket.write('X-A: b\r\n'), 50);
    await new Promise((resolve) => socket.resume().once('close', resolve));
    clearInterval(trickle);
  });
});

describe('Request bodies', () => {
  test('A form keeps its fields in order, including duplicates', async (t) => {
    const { post } = await startReadingSite(t);
    const response = await post('/token/form', form, 'a=1&b=%20x+y&a=2&c');
    assert.deepEqual(await response.json(), [
      ['a', '1'],
      ['b', ' x y'],
      ['a', '2'],
      ['c', ''],
    ]);
    assert.deepEqual(await (await post('/token/form', undefined, '')).json(), []);
  });

  test('Another type, charset or encoding is refused with 400 at OAuth endpoints and 415 elsewhere', async (t) => {
    const { post } = await startReadingSite(t, {
      table: [
        passingRoute({ path: '/token', errors: 'oauth' }),
        passingRoute({ path: '/admin', errors: 'problem' }),
      ],
    });
    const refused: [string | undefined, Record<string, string>][] = [
      ['application/json', {}],
      ['multipart/form-data; boundary=x', {}],
      [`${form}; charset=utf-16`, {}],
      [form, { 'Content-Encoding': 'gzip' }],
      ['nonsense', {}],
    ];
    for (const [type, headers] of refused) {
      const oauth = await post('/token/form', type, '{"a":1}', headers);
      assert.equal(oauth.status, 400, type);
      assert.equal((await jsonOf(oauth)).error, 'invalid_request');
      const problem = await post('/admin/v1/form', type, '{"a":1}', headers);
      assert.equal(problem.status, 415, type);
      assert.equal((await jsonOf(problem)).code, 'unsupported_media_type');
    }
  });

  test('Malformed bodies are answered with 400, never 500', async (t) => {
    const { post } = await startReadingSite(t);
    const invalidUtf8 = new Uint8Array([0x61, 0x3d, 0xff, 0xfe]);
    assert.equal((await post('/token/form', form, invalidUtf8)).status, 400);
    assert.equal((await post('/token/form', form, '&a=1'.repeat(501))).status, 400);
    assert.equal((await post('/token/form', form, '%=%&%00=%zz&__proto__=x&=')).status, 200);
    for (const body of [
      '',
      '{',
      '{"a":}',
      '['.repeat(60_000),
      `${'['.repeat(40)}${']'.repeat(40)}`,
    ]) {
      const response = await post('/admin/v1/json', 'application/json', body);
      assert.equal(response.status, 400, body.slice(0, 20));
    }
    const polluting = '{"__proto__":{"polluted":true},"constructor":1}';
    assert.equal((await post('/admin/v1/json', 'application/json', polluting)).status, 200);
    assert.equal('polluted' in {}, false);
  });
});
