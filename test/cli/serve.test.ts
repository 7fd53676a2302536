import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createServer } from 'node:net';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { freePort } from '../support/server.ts';
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

describe('development mode', () => {
  for (const workers of ['1', '2']) {
    test(`prints a command that gets a first token as it stands, with ${workers} worker(s)`, async (context) => {
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

  test('a demonstration whose ports are taken says so, and Cardea goes on', async (context) => {
    const cli = await createCommandLine();
    context.after(() => cli.close());
    // Taken by this test, or by somebody else: either will do.
    const taker = createServer()
      .on('error', () => {})
      .listen(8081);
    context.after(() => taker.close());
    const env = await developmentEnv(cli.folder, '1');
    const child = start(['serve', '--demo'], env);
    const ended = finish(child);
    await untilSays(child, /The demonstration did not start/);
    const response = await fetch(
      `http://127.0.0.1:${env.CARDEA_PORT}/.well-known/openid-configuration`,
    );
    assert.equal(response.status, 200);
    child.kill('SIGTERM');
    assert.equal((await ended).code, 0);
  });
});

describe('with an issuer', () => {
  test('nothing of development mode is said, and stdout holds JSON lines only', async (context) => {
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
    assert.doesNotMatch(stdout, /a-secret-of-the-job|alice's password/);
  });

  test('on a terminal it says where it is, and why there is no demonstration', async (context) => {
    if (!hasTerminals()) {
      context.diagnostic(
        'script (util-linux) is not installed here: nothing was run on a terminal',
      );
      return;
    }
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

  test('a missing secret stops the start before a port is opened', async (context) => {
    const cli = await createCommandLine();
    context.after(() => cli.close());
    const { code, stderr } = await finish(
      start(['serve'], { CARDEA_ISSUER: 'https://id.example' }),
    );
    assert.equal(code, 1);
    assert.match(stderr, /CARDEA_SECRET is missing/);
  });

  test('a port in use is told with its variable', async (context) => {
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
    assert.match(stdout + stderr, /CARDEA_PORT/);
  });
});
