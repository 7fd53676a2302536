import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { access, mkdir, readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { freePort } from '../../harness/free_port.ts';
import { randomId } from '../../src/digests.ts';
import { createCommandLine, finish, hasTerminals, start, startOnTerminal } from './support.ts';

/** Resolves with all output so far as soon as it matches. */
function untilSays(child: ReturnType<typeof start>, pattern: RegExp): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let text = '';
  const read = (chunk: Buffer) => {
    text += chunk;
    if (pattern.test(text)) resolve(text);
  };
  child.stdout?.on('data', read);
  child.stderr?.on('data', read);
  child.once('close', () => reject(new Error(`it ended: ${text}`)));
  return promise;
}

async function developmentEnv(folder: string, workers: string) {
  const [port, managementPort] = [await freePort(), await freePort()];
  return {
    CARDEA_PORT: String(port),
    CARDEA_MANAGEMENT_PORT: String(managementPort),
    CARDEA_STORE: `sqlite:${folder}/development.db`,
    CARDEA_WORKERS: workers,
  };
}

describe('cardea serve in development mode', () => {
  for (const workers of ['1', '2']) {
    test(`Development mode with ${workers} worker(s) prints a command that gets a first token as it stands`, async (context) => {
      const cli = await createCommandLine();
      context.after(() => cli.close());
      const env = await developmentEnv(cli.folder, workers);
      const child = start(['serve'], env);
      const ended = finish(child);
      const text = await untilSays(child, /CARDEA_ISSUER ends development mode/);
      assert.match(text, /development mode/);
      assert.match(text, new RegExp(`http://localhost:${env.CARDEA_PORT}\n`));
      const command = /curl .*/.exec(text)?.[0] ?? '';
      const { stdout } = await promisify(execFile)('sh', ['-c', command]);
      assert.equal(JSON.parse(stdout).token_type, 'Bearer', stdout);
      child.kill('SIGTERM');
      assert.equal((await ended).code, 0);
    });
  }

  test('The demonstration moves to free ports when its own are taken, says so, and sign-in works there', async (context) => {
    const cli = await createCommandLine();
    context.after(() => cli.close());
    // Taken by this test, or by somebody else: either will do.
    for (const port of [8080, 8081]) {
      const taker = createServer()
        .on('error', () => {})
        .listen(port, '127.0.0.1');
      context.after(() => taker.close());
    }
    const env = await developmentEnv(cli.folder, '1');
    const child = start(['serve', '--demo'], env);
    const ended = finish(child);
    const text = await untilSays(child, /the API is at http\S+\./);
    const [, app = ''] = /the app is at (http:\S+)\./.exec(text) ?? [];
    const [, api = ''] = /the API is at (http:\S+)\./.exec(text) ?? [];
    assert.match(text, new RegExp(`^  ${app}$`, 'm'));
    assert.equal((await fetch(`${api}/orders`)).status, 401);
    const leave = await fetch(`${app}/sign-in`, { redirect: 'manual' });
    const arrive = await fetch(leave.headers.get('location') ?? '', { redirect: 'manual' });
    // With a redirect URI that the client may not have, it would be an error page.
    assert.match(arrive.headers.get('location') ?? '', /\/interaction\//);
    child.kill('SIGTERM');
    assert.equal((await ended).code, 0);
  });

  test('A first start does not mention signing keys, and a terminal shows one line per request but none for assets', async (context) => {
    if (!hasTerminals(context)) return;
    const cli = await createCommandLine();
    context.after(() => cli.close());
    const env = await developmentEnv(cli.folder, '1');
    const child = startOnTerminal(['serve'], env);
    context.after(() => child.kill());
    const first = await untilSays(child, /CARDEA_ISSUER ends development mode/);
    const before = first.slice(0, first.indexOf('Cardea runs')).trim().split(/\r?\n/);
    assert.equal(before.length, 1, first);
    assert.match(before[0] ?? '', /listening port=\d+.* version=\d+\.\d+\.\d+/);

    const said = untilSays(child, /POST token [^\n]*\n/);
    const url = `http://127.0.0.1:${env.CARDEA_PORT}`;
    const page = await (await fetch(`${url}/authorize?client_id=nobody`)).text();
    const [stylesheet = ''] = /\/assets\/[\w.]+\.css/.exec(page) ?? [];
    assert.equal((await fetch(`${url}${stylesheet}`)).status, 200);
    await fetch(`${url}/token`, { method: 'POST', body: new URLSearchParams({ grant_type: 'x' }) });
    const lines = (await said).trim().split(/\r?\n/).slice(-2);
    assert.match(lines[0] ?? '', /GET authorization 400 \d+ ms .*request_id=[\w-]+$/);
    assert.match(lines[1] ?? '', /POST token 400 \d+ ms .*error=invalid_/);
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    child.once('close', () => resolve());
    child.stdin?.write('\u0003');
    await ended;
  });

  test('No process loads modules that only other processes run, and a compiled program does not load the compiler', async (context) => {
    const cli = await createCommandLine();
    context.after(() => cli.close());
    const env = await developmentEnv(cli.folder, '1');
    const hook = new URL('./loaded_modules.js', import.meta.url).href;
    const NODE_COMPILE_CACHE = `${cli.folder}/compiled`;
    const loadedBy = async (run: string) => {
      const LOADED_MODULES = `${cli.folder}/${run}`;
      await mkdir(LOADED_MODULES);
      const NODE_OPTIONS = `--import=${hook}`;
      const child = start(['serve'], { ...env, LOADED_MODULES, NODE_OPTIONS, NODE_COMPILE_CACHE });
      const ended = finish(child);
      await untilSays(child, /CARDEA_ISSUER ends development mode/);
      child.kill('SIGTERM');
      assert.equal((await ended).code, 0);
      const pids = await readdir(LOADED_MODULES);
      const others = pids.filter((pid) => pid !== String(child.pid));
      const read = (pid: string) => readFile(`${LOADED_MODULES}/${pid}`, 'utf8');
      const workers = await Promise.all(others.map(read));
      return { primary: await read(String(child.pid)), worker: workers.join('') };
    };
    await loadedBy('first');
    const { primary, worker } = await loadedBy('second');
    const ofPackages = (names: string) => new RegExp(`/node_modules/(${names})/|amaro`);
    assert.match(primary, /\/src\/node\/primary\.ts/);
    assert.doesNotMatch(primary, ofPackages('koa|oidc-provider|mongodb|jose|argon2|eta|undici'));
    assert.match(worker, /\/node_modules\/oidc-provider\//);
    assert.doesNotMatch(worker, ofPackages('mongodb|yaml|commander|argon2'));
  });
});

describe('cardea serve with an issuer', () => {
  test('The log does not mention development mode, and stdout holds JSON lines only', async (context) => {
    const cli = await createCommandLine();
    context.after(() => cli.close());
    const ports = await developmentEnv(cli.folder, '1');
    const child = start(['serve', '--demo'], { ...cli.env, ...ports });
    const ended = finish(child);
    await untilSays(child, /"listening"/);
    child.kill('SIGTERM');
    const { code, stdout, stderr } = await ended;
    assert.equal(code, 0);
    assert.equal(stderr, '');
    for (const line of stdout.trim().split('\n')) assert.ok(JSON.parse(line).msg, line);
    assert.match(stdout, /^\{[^\n]*"version":"\d+\.\d+\.\d+[^\n]*"listening"\}$/m);
    assert.doesNotMatch(stdout, /a-secret-of-the-job|alice's password/);
  });

  test('A terminal shows the address of the server and why there is no demonstration', async (context) => {
    if (!hasTerminals(context)) return;
    const cli = await createCommandLine();
    context.after(() => cli.close());
    const ports = await developmentEnv(cli.folder, '1');
    const child = startOnTerminal(['serve', '--demo'], { ...cli.env, ...ports });
    context.after(() => child.kill());
    const text = await untilSays(child, /demonstration app does not start.*CARDEA_CONFIG\./s);
    assert.match(text, /Issuer +https:\/\/id\.example\r?\n/);
    assert.match(text, /https:\/\/id\.example\/\.well-known\/openid-configuration/);
    assert.match(text, /listening/);
    assert.doesNotMatch(text, /development mode:|ends development mode|a-secret-of-the-job|curl/);
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    child.once('close', () => resolve());
    // Control-C.
    child.stdin?.write('\u0003');
    await ended;
  });

  test('A missing secret stops the start before a port is opened', async (context) => {
    const cli = await createCommandLine();
    context.after(() => cli.close());
    const { code, stderr } = await finish(
      start(['serve'], { CARDEA_ISSUER: 'https://id.example' }),
    );
    assert.equal(code, 1);
    assert.match(stderr, /CARDEA_SECRET is missing/);
  });

  test('A port in use is reported with the variable that sets it', async (context) => {
    const cli = await createCommandLine();
    context.after(() => cli.close());
    const taker = createServer().listen(0, '127.0.0.1');
    context.after(() => taker.close());
    const ports = await developmentEnv(cli.folder, '1');
    const address = taker.address();
    const taken = String(typeof address === 'object' ? address?.port : '');
    const env = { ...cli.env, ...ports, CARDEA_PORT: taken };
    const { code, stdout, stderr } = await finish(start(['serve'], env));
    assert.equal(code, 1);
    assert.equal(stderr, '');
    const line = JSON.parse(stdout);
    assert.match(line.reason, /already in use.*CARDEA_PORT\./);
    assert.equal(line.err, undefined);
  });

  test('Two ports in use are reported together in one line before the store is opened', async (context) => {
    const cli = await createCommandLine();
    context.after(() => cli.close());
    const ports = await developmentEnv(cli.folder, '2');
    for (const port of [ports.CARDEA_PORT, ports.CARDEA_MANAGEMENT_PORT]) {
      const taker = createServer().listen(Number(port), '127.0.0.1');
      context.after(() => taker.close());
    }
    const { code, stdout, stderr } = await finish(start(['serve'], ports));
    assert.equal(code, 1);
    assert.equal(stderr, '');
    assert.match(JSON.parse(stdout).reason, /CARDEA_PORT\..*CARDEA_MANAGEMENT_PORT\./);
    await assert.rejects(access(`${cli.folder}/development.db`));
  });

  test('A wrong secret is reported once, in one line without a stack trace', async (context) => {
    const cli = await createCommandLine();
    context.after(() => cli.close());
    const ports = await developmentEnv(cli.folder, '2');
    const env = { ...cli.env, ...ports, CARDEA_STORE: cli.env.CARDEA_STORE ?? '' };
    const child = start(['serve'], env);
    const ended = finish(child);
    await untilSays(child, /"listening"/);
    child.kill('SIGTERM');
    await ended;
    const wrong = { ...env, CARDEA_SECRET: randomId(32) };
    const { code, stdout, stderr } = await finish(start(['serve'], wrong));
    assert.equal(code, 1);
    assert.equal(stderr, '');
    const line = JSON.parse(stdout);
    assert.match(line.reason, /CARDEA_SECRET does not open the signing keys/);
    assert.doesNotMatch(stdout, /\.ts:\d/);
  });
});
