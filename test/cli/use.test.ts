import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { bin, type CommandLine, createCommandLine } from './support.ts';

let cli: CommandLine;
before(async () => {
  cli = await createCommandLine();
});
after(() => cli.close());

describe('Exit codes', () => {
  test('A successful command exits with 0', async () => {
    assert.equal((await cli.run(['--help'])).code, 0);
    assert.equal((await cli.run(['clients', '--help'])).code, 0);
    assert.equal((await cli.run(['secret', 'generate'])).code, 0);
  });

  test('A failed command exits with 1, with the reason on stderr and nothing on stdout', async () => {
    const { code, stdout, stderr } = await cli.run(['clients', 'show', 'nobody']);
    assert.equal(code, 1);
    assert.equal(stdout, '');
    assert.match(stderr, /^error: No such client\. To see all: cardea clients list$/m);
  });

  test('Wrong usage exits with 2', async () => {
    for (const words of [
      [],
      ['nothing'],
      ['secret'],
      ['secret', 'generate', '--nothing'],
      ['clients', 'show'],
      ['clients', 'list', '--limit', 'many'],
      ['clients', 'create', '--metadata', '/nowhere'],
      ['revoke', 'grant'],
      ['audit', 'list', '--before', 'yesterday'],
    ]) {
      const { code, stdout, stderr } = await cli.run(words);
      assert.equal(code, 2, words.join(' '));
      assert.equal(stdout, '');
      assert.notEqual(stderr, '');
    }
  });

  test('A failure is printed as JSON when JSON was requested', async () => {
    const { code, stderr } = await cli.run(['users', 'show', 'nobody', '--json']);
    assert.equal(code, 1);
    assert.equal(JSON.parse(stderr).error.code, 'not_found');
  });
});

describe('Arguments that begin with a dash', () => {
  test('An id or token that begins with a dash is not read as an option', async () => {
    await cli.json([
      'clients',
      'create',
      '--id',
      '-a-client',
      '--public',
      '--grant-type',
      'urn:ietf:params:oauth:grant-type:device_code',
    ]);
    assert.equal((await cli.json(['clients', 'show', '-a-client'])).client_id, '-a-client');
    assert.deepEqual(await cli.json(['audit', 'list', '--client', '-another']), []);
    assert.equal((await cli.run(['inspect', '-token'])).code, 1);
    assert.equal((await cli.run(['keys', 'revoke', '-kid'])).code, 1);
  });
});

describe('cardea version', () => {
  test('The version command prints the package version, even without a configuration', async () => {
    const { version } = JSON.parse(
      await readFile(new URL('../../package.json', import.meta.url), 'utf8'),
    );
    for (const words of [['version'], ['--version']]) {
      const { code, stdout, stderr } = await cli.run(words, { env: { CARDEA_PORT: 'http' } });
      assert.deepEqual([code, stdout, stderr], [0, `${version}\n`, ''], words.join(' '));
    }
    assert.deepEqual(await cli.json(['version']), { version });
    const { stdout } = await promisify(execFile)(bin, ['--version']);
    assert.equal(stdout, `${version}\n`);
    assert.match((await cli.run(['--help'])).stdout, /--version/);
  });
});

describe('cardea secret generate', () => {
  test('The secret generate command prints a different valid CARDEA_SECRET each time', async () => {
    const made = [await cli.json(['secret', 'generate']), await cli.json(['secret', 'generate'])];
    assert.notEqual(made[0].secret, made[1].secret);
    for (const { secret } of made) {
      const { code } = await cli.run(['check'], { env: { CARDEA_SECRET: secret } });
      assert.equal(code, 0);
    }
  });
});

describe('cardea check', () => {
  test('The check command prints OK and leaves no database behind', async () => {
    const { code, stdout } = await cli.run(['check'], {
      env: { CARDEA_STORE: `sqlite:${join(cli.folder, 'untouched.db')}` },
    });
    assert.equal(code, 0);
    assert.equal(stdout, 'OK: https://id.example, 1 API, 1 client, 1 user\n');
  });

  test('The check command lists all mistakes in the environment and the file without their values', async () => {
    const broken = join(cli.folder, 'broken.yaml');
    await writeFile(broken, 'client: []\nusers: [{ username: alice, password: hunter2 }]\n');
    const env = { CARDEA_CONFIG: broken, CARDEA_SECRET: 'hunter2-secret', CARDEA_PORT: 'http' };
    const { code, stdout } = await cli.run(['check', '--json'], { env });
    assert.equal(code, 1);
    const { ok, problems } = JSON.parse(stdout);
    assert.equal(ok, false);
    assert.deepEqual(problems.map(({ where }: { where: string }) => where).sort(), [
      'CARDEA_PORT',
      'CARDEA_SECRET',
      'client',
      'users[0].password',
    ]);
    const text = await cli.run(['check'], { env });
    assert.equal(text.code, 1);
    assert.match(text.stdout, /4 mistakes/);
    assert.doesNotMatch(stdout + text.stdout, /hunter2/);
  });

  test('Every other command stops with the same list of mistakes', async () => {
    for (const words of [['serve'], ['clients', 'list'], ['keys', 'list'], ['inspect', 'x']]) {
      const { code, stderr } = await cli.run(words, { env: { CARDEA_PORT: 'http' } });
      assert.equal(code, 1, words.join(' '));
      assert.match(stderr, /CARDEA_PORT must be a whole number/);
    }
  });
});

describe('npx cardea', () => {
  test('The npx command works from a clone, whatever Node is first on the PATH', async () => {
    const { stdout } = await promisify(execFile)(bin, ['secret', 'generate']);
    assert.match(stdout, /^[\w-]{43}\n$/);
  });

  test('The npx command passes the exit code on', async () => {
    await assert.rejects(promisify(execFile)(bin, ['nothing']), { code: 2 });
  });
});
