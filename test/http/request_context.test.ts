import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { requestState } from '../../src/http/request_state.ts';
import { exchange, headerOf, passingRoute, startSite, until } from '../support/site.ts';

const request = (...lines: string[]) => `${lines.join('\r\n')}\r\nConnection: close\r\n\r\n`;

describe('Request context', () => {
  test('URLs are built from the issuer, whatever origin the client claims', async (t) => {
    const { port } = await startSite(t, {
      trustedProxies: ['127.0.0.1'],
      routes: (app) => {
        app.use((ctx) => {
          const { href, origin, host, hostname, protocol, secure, path, querystring } = ctx;
          const built = new URL('/token', ctx.href).href;
          ctx.body = { href, origin, host, hostname, protocol, secure, path, querystring, built };
        });
      },
    });
    const hostile = [
      request('GET /a?b=c HTTP/1.1', 'Host: evil.example'),
      request('GET /a?b=c HTTP/1.1', 'Host: id.example@evil.example'),
      request('GET http://evil.example/a?b=c HTTP/1.1', 'Host: evil.example'),
      request('GET HTTPS://evil.example:1/a?b=c HTTP/1.1', 'Host: evil.example'),
      request('GET /a?b=c HTTP/1.1', 'Host: x', 'X-Forwarded-Host: evil.example'),
      request('GET /a?b=c HTTP/1.1', 'Host: x', 'Forwarded: for=192.0.2.1;host=evil;proto=http'),
      request('GET /a?b=c HTTP/1.1', 'Host: x', 'X-Forwarded-Proto: javascript'),
      request('GET /a?b=c HTTP/1.0'),
    ];
    for (const bytes of hostile) {
      const response = await exchange(port, bytes);
      const body = JSON.parse(response.slice(response.indexOf('\r\n\r\n')));
      assert.equal(body.href, 'https://id.example/a?b=c', bytes);
      assert.equal(body.host, 'id.example');
      assert.equal(body.hostname, 'id.example');
      assert.equal(body.protocol, 'https');
      assert.equal(body.secure, true);
      assert.equal(body.built, 'https://id.example/token');
    }
  });

  test('The client address comes from trusted proxies, and otherwise from the connection', async (t) => {
    const routes = (app: import('koa')) => {
      app.use((ctx) => {
        ctx.body = ctx.ip;
      });
    };
    const behind = await startSite(t, { trustedProxies: ['127.0.0.0/8'], routes });
    const direct = await startSite(t, { routes });
    const headers = { 'X-Forwarded-For': '6.6.6.6, 192.0.2.1' };
    assert.equal(await (await fetch(behind.url, { headers })).text(), '192.0.2.1');
    assert.equal(await (await fetch(direct.url, { headers })).text(), '127.0.0.1');
  });

  test('Every response carries a request id, even for errors, broken streams and invalid requests', async (t) => {
    const { port, url } = await startSite(t, {
      routes: (app) => {
        app.use((ctx) => {
          if (ctx.path === '/ok') ctx.body = 'ok';
          if (ctx.path === '/broken') throw new Error('boom');
          // Koa answers this by itself, after it has cleared all headers.
          if (ctx.path === '/koa') ctx.onerror(new Error('beyond the layers'));
        });
      },
    });
    const ids = new Set<string>();
    for (const path of ['/ok', '/ok', '/broken', '/koa', '/nowhere', `/${'x'.repeat(9000)}`]) {
      const id = (await fetch(url + path)).headers.get('x-request-id');
      assert.match(id ?? '', /^[0-9a-f-]{36}$/, path);
      ids.add(id ?? '');
    }
    for (const bytes of [
      'nonsense\r\n\r\n',
      `GET / HTTP/1.1\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`,
    ]) {
      ids.add(headerOf(await exchange(port, bytes), 'X-Request-Id') ?? '');
    }
    assert.equal(ids.size, 8);
    assert.ok(!ids.has(''));
  });

  test('A harmless request id from a trusted proxy is kept, and any other is replaced', async (t) => {
    const routes = (app: import('koa')) => {
      app.use((ctx) => {
        ctx.body = 'ok';
      });
    };
    const behind = await startSite(t, { trustedProxies: ['127.0.0.1'], routes });
    const direct = await startSite(t, { routes });
    const answered = async (url: string, id: string) =>
      (await fetch(url, { headers: { 'X-Request-Id': id } })).headers.get('x-request-id');
    assert.equal(await answered(behind.url, 'edge-1.2_3'), 'edge-1.2_3');
    assert.notEqual(await answered(direct.url, 'edge-1.2_3'), 'edge-1.2_3');
    for (const bad of ['a b', 'a"b', 'é', 'x'.repeat(65), 'a,b']) {
      assert.match((await answered(behind.url, bad)) ?? '', /^[0-9a-f-]{36}$/);
    }
  });

  test('The log has one line per request, without its URL, headers or body', async (t) => {
    const { url, lines, texts } = await startSite(t, {
      trustedProxies: ['127.0.0.1'],
      table: [passingRoute({ path: '/token', name: 'token' })],
      routes: (app) => {
        app.use((ctx) => {
          const state = requestState(ctx);
          Object.assign(state.logFields, {
            client_id: `shop\n{"level":"error"}${'x'.repeat(1000)}`,
            grant_type: 'refresh_token',
            outcome: 'issued',
            status: 999,
            request_id: 'forged',
          });
          ctx.body = 'ok';
        });
      },
    });
    const response = await fetch(`${url}/token?code=SENTINEL1&state=SENTINEL2`, {
      method: 'POST',
      headers: {
        Authorization: 'Basic SENTINEL3',
        Cookie: 's=SENTINEL4',
        'User-Agent': 'SENTINEL5',
      },
      body: new URLSearchParams({ refresh_token: 'SENTINEL6' }),
    });
    await response.text();
    const line = await until(() => lines.find(({ msg }) => msg === 'request'));
    assert.equal(line.request_id, response.headers.get('x-request-id'));
    assert.equal(line.method, 'POST');
    assert.equal(line.route, 'token');
    assert.equal(line.status, 200);
    assert.equal(line.ip, '127.0.0.1');
    assert.equal(line.grant_type, 'refresh_token');
    assert.equal(line.outcome, 'issued');
    assert.equal(typeof line.duration_ms, 'number');
    assert.equal(String(line.client_id).length, 200);
    for (const text of texts) {
      assert.doesNotMatch(text, /SENTINEL/);
      assert.equal(text.indexOf('\n'), text.length - 1, 'one line');
    }
  });

  test('A client that disconnects early is distinguished in log and metrics', async (t) => {
    const { url, lines, metrics } = await startSite(t, {
      routes: (app) => {
        app.use(() => new Promise(() => {}));
      },
    });
    await assert.rejects(fetch(url, { signal: AbortSignal.timeout(50) }));
    const line = await until(() => lines.find(({ msg }) => msg === 'request'));
    assert.equal(line.aborted, true);
    const counter = (await metrics.snapshot()).find((m) => m.name === 'cardea_http_requests_total');
    assert.deepEqual(counter?.values[0]?.labels, {
      route: 'unmatched',
      method: 'GET',
      outcome: 'aborted',
    });
  });
});
