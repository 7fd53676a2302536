import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Agent, fetch } from 'undici';
import { exchange, startSite, until } from './site.ts';

const root = new URL('../../', import.meta.url);

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

/** deploy/nginx.conf with this machine's ports and places in it, and nothing else changed. */
async function startNginx(t: TestContext, nodePorts: [number, number]) {
  const directory = mkdtempSync(join(tmpdir(), 'cardea-nginx-'));
  execFileSync(fileURLToPath(new URL('scripts/compose_secrets.sh', root)), [directory]);
  const port = await freePort();
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${directory}/${name};`)
    .join(' ');
  const configuration = readFileSync(new URL('deploy/nginx.conf', root), 'utf8')
    .replace('http {', `http { ${temporary}`)
    .replace('cardea-1:3000', `127.0.0.1:${nodePorts[0]}`)
    .replace('cardea-2:3000', `127.0.0.1:${nodePorts[1]}`)
    .replace('listen 8443', `listen 127.0.0.1:${port}`)
    .replaceAll('/run/secrets', directory)
    .replaceAll('/tmp/nginx.pid', `${directory}/nginx.pid`)
    .replaceAll('/dev/stdout', `${directory}/access.log`)
    .replaceAll('/dev/stderr', `${directory}/error.log`);
  const file = join(directory, 'nginx.conf');
  writeFileSync(file, configuration);
  // Owner of the temporary folders as whom the workers run.
  const settings = ['-p', directory, '-c', file, '-e', `${directory}/error.log`];
  const user = process.getuid?.() === 0 ? 'user root; ' : '';
  const checked = spawnSync('nginx', ['-t', ...settings, '-g', user], { encoding: 'utf8' });
  assert.equal(checked.status, 0, checked.stderr);
  const nginx = spawn('nginx', [...settings, '-g', `${user}daemon off;`], { stdio: 'inherit' });
  t.after(async () => {
    const gone = new Promise((resolve) => nginx.once('exit', resolve));
    nginx.kill('SIGTERM');
    await gone;
    rmSync(directory, { recursive: true });
  });
  const ca = readFileSync(join(directory, 'tls_certificate'));
  // Not the address that is trusted as the proxy's.
  const dispatcher = new Agent({ localAddress: '127.0.0.5', connect: { ca } });
  t.after(() => dispatcher.close());
  const request = (path: string, init = {}) =>
    fetch(`https://127.0.0.1:${port}${path}`, { dispatcher, ...init });
  await until(() =>
    request('/').then(
      () => true,
      () => false,
    ),
  );
  return { request, port, accessLog: () => readFileSync(`${directory}/access.log`, 'utf8') };
}

test('behind deploy/nginx.conf nodes see the client, forged headers change nothing, a lost node is not felt', async (t) => {
  if (spawnSync('nginx', ['-v']).status !== 0) {
    t.diagnostic('nginx is not installed here: its configuration was not run');
    return;
  }
  const start = () =>
    startSite(t, {
      trustedProxies: ['127.0.0.1'],
      routes: (app) => {
        app.use((ctx) => {
          ctx.body = { ip: ctx.ip, href: ctx.href, id: ctx.state.requestId, method: ctx.method };
        });
      },
    });
  const [first, second] = [await start(), await start()];
  const { request, port, accessLog } = await startNginx(t, [first.port, second.port]);

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

  const large = { method: 'POST', body: 'a'.repeat(64 * 1024 + 1) };
  assert.equal((await request('/token', large)).status, 413);
  assert.equal((await request('/token', { method: 'POST', body: 'a'.repeat(60_000) })).status, 200);
  // TLS only.
  assert.match(await exchange(port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'), /^HTTP\/1.1 400/);

  await first.server.close();
  for (const method of ['GET', 'POST', 'GET', 'POST', 'GET', 'POST']) {
    const answer = await request('/', { method });
    assert.equal(((await answer.json()) as { method: string }).method, method);
  }
  assert.ok(accessLog().includes(seen.id ?? '-'));
  assert.ok(!accessLog().includes('SENTINEL'));
});
