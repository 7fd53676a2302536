import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Agent, fetch } from 'undici';
import { serverLimits } from '../../src/definitions/limits.ts';
import { hasNginx, startNginx } from '../support/nginx.ts';
import { exchange, passingRoute, startSite } from '../support/site.ts';

async function startProxy(t: TestContext, nodePorts: [number, number]) {
  const { port, certificate, accessLog, close } = await startNginx(nodePorts);
  t.after(close);
  // Not the address that is trusted as the proxy's.
  const dispatcher = new Agent({ localAddress: '127.0.0.5', connect: { ca: certificate } });
  t.after(() => dispatcher.close());
  const request = (path: string, init = {}) =>
    fetch(`https://127.0.0.1:${port}${path}`, { dispatcher, ...init });
  return { request, port, accessLog };
}

test("Behind deploy/nginx.conf nodes see the client's address, forged headers have no effect, and a lost node goes unnoticed", async (t) => {
  if (!hasNginx()) {
    t.diagnostic('nginx is not installed here: its configuration was not run');
    return;
  }
  const start = () =>
    startSite(t, {
      trustedProxies: ['127.0.0.1'],
      table: [
        ...['/leaks/github', '/auth/leaks/github'].map((path) =>
          passingRoute({ path, bodyLimit: serverLimits.githubReport }),
        ),
        passingRoute({ path: '/admin/v1/settings', bodyLimit: serverLimits.settings }),
        passingRoute({ path: '/auth/console/look', bodyLimit: serverLimits.lookForm }),
      ],
      routes: (app) => {
        app.use((ctx) => {
          ctx.body = { ip: ctx.ip, href: ctx.href, id: ctx.state.requestId, method: ctx.method };
        });
      },
    });
  const [first, second] = [await start(), await start()];
  const { request, port, accessLog } = await startProxy(t, [first.port, second.port]);

  const forged = {
    'X-Forwarded-For': '6.6.6.6',
    'X-Forwarded-Host': 'evil.example',
    'X-Forwarded-Proto': 'http',
    Forwarded: 'for=6.6.6.6;host=evil.example',
    'X-Request-Id': 'forged',
    Host: 'evil.example',
  };
  const response = await request('/token?code=SENTINEL', { headers: forged });
  const seen = (await response.json()) as Record<string, string>;
  assert.equal(seen.ip, '127.0.0.5');
  assert.equal(seen.href, 'https://id.example/token?code=SENTINEL');
  assert.match(seen.id ?? '', /^[0-9a-f]{32}$/);
  assert.equal(response.headers.get('x-request-id'), seen.id);

  const large = { method: 'POST', body: 'a'.repeat(serverLimits.requestBody + 1) };
  assert.equal((await request('/token', large)).status, 413);
  assert.equal((await request('/token', { method: 'POST', body: 'a'.repeat(60_000) })).status, 200);
  const report = { method: 'POST', body: 'a'.repeat(serverLimits.githubReport) };
  for (const path of ['/leaks/github', '/auth/leaks/github', '/admin/v1/settings']) {
    const taken = await request(path, { ...report, headers: forged });
    assert.equal(((await taken.json()) as Record<string, string>).ip, '127.0.0.5');
    assert.equal((await request(path, { ...report, body: `${report.body}a` })).status, 413);
  }
  assert.equal((await request('/leaks', report)).status, 413);
  const look = { method: 'POST', body: 'a'.repeat(serverLimits.lookForm) };
  assert.equal((await request('/auth/console/look', look)).status, 200);
  // TLS only.
  assert.match(await exchange(port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'), /^HTTP\/1.1 400/);

  // What strangers begin is limited by address, everything else is not.
  const burst = (path: string) =>
    Promise.all(Array.from({ length: 400 }, async () => (await request(path)).status));
  assert.ok((await burst('/authorize')).includes(429));
  assert.ok((await burst('/token')).every((status) => status === 200));

  await first.server.close();
  for (const method of ['GET', 'POST', 'GET', 'POST', 'GET', 'POST']) {
    const answer = await request('/', { method });
    assert.equal(((await answer.json()) as { method: string }).method, method);
  }
  assert.ok(accessLog().includes(seen.id ?? '-'));
  assert.ok(!accessLog().includes('SENTINEL'));
});
