/**
 * The package as it is published: packed, installed from its tarball, and used as compiled JavaScript and
 * as types by another project, on the oldest Node that it is for where there is one.
 */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findNode20 } from '../support/node_20.ts';
import { startIssuer, type TestIssuer } from './support/issuer.ts';
import { apiClient } from './support/key_endpoint.ts';
import { until } from './support/verifying.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const installed = join(root, 'node_modules');
const applications = fileURLToPath(new URL('support/applications.js', import.meta.url));
const consumer = fileURLToPath(new URL('support/consumer.ts', import.meta.url));
const frameworks = ['koa', 'express', 'fastify'];

async function summaryOf(response: Response): Promise<unknown[]> {
  const { status, headers } = response;
  const [origin, allowed] = [headers.get('access-control-allow-origin'), headers.get('allow')];
  return [status, origin, allowed, await response.text()];
}

describe('Packed verifier package', () => {
  let directory: string;
  let project: string;
  let tarball: string;
  let files: string[];
  let issuer: TestIssuer;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'cardea-verifier-'));
    issuer = await startIssuer();
    // Packed from a copy, because packing builds, and others may be reading the sources meanwhile.
    const copy = join(directory, 'src/verifier');
    await cp(join(root, 'src/verifier'), copy, { recursive: true });
    await cp(join(root, 'LICENSE'), join(directory, 'LICENSE'));
    await rm(join(copy, 'dist'), { recursive: true, force: true });
    await symlink(installed, join(directory, 'node_modules'));
    const { stdout } = await run('npm', ['pack', '--json'], { cwd: copy });
    const packed = JSON.parse(stdout.slice(stdout.search(/^[[{]/m)));
    const [report] = Array.isArray(packed) ? packed : Object.values(packed);
    tarball = join(copy, report.filename);
    files = report.files.map((file: { path: string }) => file.path);
    const left = await readdir(copy);
    assert.deepEqual([left.includes('dist'), left.includes('LICENSE')], [false, false]);

    project = join(directory, 'project');
    await mkdir(project);
    await writeFile(
      join(project, 'package.json'),
      JSON.stringify({ type: 'module', private: true }),
    );
    const jose = `file:${join(installed, 'jose')}`;
    await run('npm', ['install', '--offline', '--no-audit', '--no-fund', tarball, jose], {
      cwd: project,
    });
    for (const name of [...frameworks, '@types', 'typescript']) {
      await symlink(join(installed, name), join(project, 'node_modules', name));
    }
    await cp(applications, join(project, 'applications.js'));
    const code = await readFile(consumer, 'utf8');
    const sources = '../../../src/verifier/index.ts';
    assert.ok(code.includes(sources));
    await writeFile(join(project, 'consumer.ts'), code.replace(sources, '@cardea/verifier'));
  });
  after(async () => {
    await issuer?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  test('The package has compiled code with types, its README and its license, and no sources', () => {
    assert.ok(files.includes('dist/index.js') && files.includes('dist/index.d.ts'));
    assert.ok(files.includes('README.md') && files.includes('package.json'));
    assert.ok(files.includes('LICENSE'));
    assert.deepEqual(
      files.filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts')),
      [],
    );
  });

  test('The types of the package compile in another project under strict settings', async () => {
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022'];
    const tsc = join(installed, '.bin/tsc');
    const arguments_ = [...options, '--skipLibCheck', 'false', '--types', 'node', 'consumer.ts'];
    const { stdout } = await run(tsc, arguments_, { cwd: project }).catch((failure) => failure);
    assert.equal(stdout, '');
  });

  test('The packed verifier protects Koa, Express, Fastify and a fetch handler', async (context) => {
    const { client_id: id, client_secret: secret } = apiClient;
    const arguments_ = ['applications.js', issuer.issuer, issuer.audience, id, secret];
    const child = spawn((await findNode20()) ?? process.execPath, arguments_, {
      cwd: project,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    context.after(async () => {
      child.stdin.end();
      if (child.exitCode === null) await once(child, 'exit');
      assert.equal(child.exitCode, 0);
    });
    const [line] = await once(createInterface(child.stdout), 'line');
    const { urls } = JSON.parse(line) as { urls: Record<string, string> };
    assert.deepEqual(Object.keys(urls), [...frameworks, 'fetch']);

    for (const [index, [name, url]] of Object.entries(urls).entries()) {
      await context.test(name, async () => {
        const status = { status_list: { uri: issuer.firstList.uri, idx: 100 + index } };
        const token = await issuer.issue({ status, sub: name });
        const ask = (path: string, authorization?: string) =>
          fetch(url + path, authorization === undefined ? {} : { headers: { authorization } });

        const welcome = await ask('/items', `Bearer ${token}`);
        assert.equal(welcome.status, 200);
        assert.deepEqual(await welcome.json(), { sub: name });

        const nothing = await ask('/items');
        assert.equal(nothing.status, 401);
        const challenge = String(nothing.headers.get('www-authenticate'));
        assert.match(challenge, /^Bearer realm="https:\/\/orders\.example"/);
        assert.doesNotMatch(challenge, /error=/);
        assert.match(challenge, /scope="orders:read orders:write"/);
        const address = /resource_metadata="([^"]+)"/.exec(challenge)?.[1] ?? '';
        const described = await ask(new URL(address).pathname);
        assert.equal(described.status, 200);
        assert.match(String(described.headers.get('content-type')), /^application\/json/);
        const document = (await described.json()) as Record<string, unknown>;
        assert.deepEqual(document.authorization_servers, [issuer.issuer]);
        assert.equal(described.headers.get('access-control-allow-origin'), '*');
        const describe = (method: string) => fetch(url + new URL(address).pathname, { method });
        assert.deepEqual(await summaryOf(await describe('HEAD')), [200, '*', null, '']);
        assert.deepEqual(await summaryOf(await describe('OPTIONS')), [204, '*', null, '']);
        const methods = 'GET, HEAD, OPTIONS';
        assert.deepEqual(await summaryOf(await describe('POST')), [405, '*', methods, '']);

        const poor = await ask('/items', `Bearer ${await issuer.issue({ scope: 'other' })}`);
        assert.equal(poor.status, 403);
        assert.match(String(poor.headers.get('www-authenticate')), /error="insufficient_scope"/);
        assert.match(String(poor.headers.get('www-authenticate')), /scope="orders:read"/);
        const reader = await issuer.issue({ scope: 'orders:read' });
        const headers = { authorization: `Bearer ${reader}` };
        const writing = await fetch(`${url}/items`, { method: 'POST', headers });
        assert.equal(writing.status, 403);
        assert.match(String(writing.headers.get('www-authenticate')), /scope="orders:write"/);
        const garbage = await ask('/items', 'Bearer garbage');
        assert.equal(garbage.status, 401);
        assert.equal(garbage.headers.get('cache-control'), 'no-store');
        assert.equal(((await garbage.json()) as { error: string }).error, 'invalid_token');
        assert.equal((await ask('/items?access_token=a', `Bearer ${token}`)).status, 400);

        const { key } = issuer.apiKeys.make({ limit: 10 });
        const byKey = await fetch(`${url}/items`, { headers: { 'x-api-key': key } });
        assert.equal(byKey.status, 200);
        assert.deepEqual(await byKey.json(), { sub: 'project_1' });
        assert.equal(byKey.headers.get('ratelimit'), '"minute";r=9;t=30');
        const limited = await ask('/items', `Bearer ${issuer.apiKeys.make({ limit: 0 }).key}`);
        assert.equal(limited.status, 429);
        assert.equal(limited.headers.get('retry-after'), '30');

        issuer.revoke(100 + index);
        await until(async () => (await ask('/items', `Bearer ${token}`)).status, 401);
      });
    }
  });

  test('An open verifier does not keep an otherwise idle process running', async () => {
    const script = `
      import { createVerifier } from '@cardea/verifier';
      const verifier = createVerifier({ issuer: process.argv[1], audience: process.argv[2] });
      console.log((await verifier.verify(process.argv[3])).claims.sub);
      // Until a long poll is under way.
      await new Promise((resolve) => setTimeout(resolve, 1000));`;
    const token = await issuer.issue();
    const { stdout } = await run(
      (await findNode20()) ?? process.execPath,
      ['--input-type=module', '--eval', script, issuer.issuer, issuer.audience, token],
      { cwd: project, timeout: 60_000 },
    );
    assert.equal(stdout, 'alice\n');
  });
});
