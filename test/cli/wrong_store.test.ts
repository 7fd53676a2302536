/** Commands on the wrong store: they say whose it is, do nothing, make nothing, and end with 1. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { freePort } from '../../harness/free_port.ts';
import {
  type CommandLine,
  createCommandLine,
  finish,
  hasTerminals,
  type ServerOfCommands,
  start,
  startOnTerminal,
  startServerOf,
} from './support.ts';

let cli: CommandLine;
let server: ServerOfCommands;
before(async () => {
  cli = await createCommandLine();
  server = await startServerOf(cli);
});
after(async () => {
  await server.close();
  await cli.close();
});

const secret = 'a-secret-of-the-job-for-the-test';
const destructive = [
  ['revoke', 'everything'],
  ['revoke', 'user', 'alice'],
  ['users', 'delete', 'alice'],
  ['clients', 'delete', 'job'],
  ['keys', 'rotate'],
];

describe('Commands without CARDEA_ISSUER beside a production store', () => {
  test('A command without CARDEA_ISSUER fails beside a production store and creates no development store', async () => {
    const path = join(cli.folder, 'made', 'development.db');
    for (const words of [...destructive, ['clients', 'list']]) {
      const only = { CARDEA_STORE: `sqlite:${path}` };
      const { code, stdout, stderr } = await cli.run(words, { only });
      assert.equal(code, 1, words.join(' '));
      assert.equal(stdout, '');
      assert.match(stderr, /not applied yet.*CARDEA_ISSUER is not set/s);
    }
    assert.equal(existsSync(join(cli.folder, 'made')), false);
  });

  test('Development mode refuses to work on a production store', async () => {
    const token = await server.accessTokenFor('job', secret);
    for (const words of destructive) {
      const only = { CARDEA_STORE: cli.env.CARDEA_STORE ?? '' };
      const { code, stderr } = await cli.run(words, { only });
      assert.equal(code, 1, words.join(' '));
      assert.match(stderr, /belongs to https:\/\/id\.example.*CARDEA_ISSUER is not set/s);
    }
    assert.equal((await cli.run(['inspect', token])).code, 0);
  });
});

describe('Commands with another issuer', () => {
  const env = { CARDEA_ISSUER: 'https://other.example' };

  test('Commands and nodes refuse a store of another issuer and name its owner', async () => {
    const ports = {
      CARDEA_PORT: String(await freePort()),
      CARDEA_MANAGEMENT_PORT: String(await freePort()),
    };
    for (const words of [...destructive, ['clients', 'list'], ['serve']]) {
      const { code, stdout, stderr } = await cli.run(words, {
        env: { ...env, ...ports, CARDEA_WORKERS: '1' },
      });
      assert.equal(code, 1, words.join(' '));
      assert.match(stdout + stderr, /belongs to https:\/\/id\.example, not to https:\/\/other/);
    }
  });

  test('A revocation on a store where no node has started is refused', async () => {
    const fresh = { ...env, CARDEA_STORE: `sqlite:${join(cli.folder, 'fresh.db')}` };
    const { code, stderr } = await cli.run(['revoke', 'everything', '--json'], { env: fresh });
    assert.equal(code, 1);
    assert.equal(JSON.parse(stderr).error.code, 'not_applied_yet');
    assert.equal(existsSync(join(cli.folder, 'fresh.db')), false);
  });
});

describe('Confirmation of changing commands', () => {
  test('A changing command names issuer and store on stderr', async () => {
    for (const words of [
      ['users', 'create', 'zoe', '--no-password'],
      ['users', 'update', 'zoe', '--role', 'a'],
      ['clients', 'create', '--id', 'zoe', '--grant-type', 'client_credentials'],
      ['clients', 'rotate-secret', 'zoe'],
      ['clients', 'initial-access-token'],
      ['keys', 'rotate'],
      ['revoke', 'user', 'zoe'],
      ['users', 'delete', 'zoe'],
      ['clients', 'delete', 'zoe', '--json'],
    ]) {
      const { code, stdout, stderr } = await cli.run(words);
      assert.equal(code, 0, stderr);
      const line = `Issuer https://id.example, store ${cli.env.CARDEA_STORE}`;
      assert.ok(stderr.includes(line), words.join(' '));
      assert.doesNotMatch(stdout, /Issuer/);
    }
  });

  test('A destructive command asks for confirmation on a terminal unless --yes is given', async (context) => {
    if (!hasTerminals(context)) return;
    await cli.run(['users', 'create', 'yan', '--no-password']);
    const answer = async (words: string[], text: string) => {
      const child = startOnTerminal(words, cli.env);
      child.stdout?.on('data', (chunk: Buffer) => {
        if (/\[y\/N\]/.test(String(chunk))) child.stdin?.write(text);
      });
      const { promise, resolve } = Promise.withResolvers<string>();
      let said = '';
      child.stdout?.on('data', (chunk) => {
        said += chunk;
      });
      child.once('close', () => resolve(said));
      return promise;
    };
    for (const words of [
      ['users', 'disable', 'yan'],
      ['clients', 'delete', 'job'],
      ['revoke', 'everything'],
    ]) {
      assert.match(await answer(words, 'n\r'), /\[y\/N\].*Nothing was changed\./s, words.join(' '));
    }
    assert.equal((await cli.json(['users', 'show', 'yan'])).disabled_at, undefined);
    assert.match(await answer(['users', 'disable', 'yan'], 'y\r'), /Disabled/);
    assert.doesNotMatch(await answer(['users', 'delete', 'yan', '--yes'], ''), /\[y\/N\]/);
    assert.equal((await cli.run(['users', 'show', 'yan'])).code, 1);
  });
});

test('The --adopt-store option of serve takes a store over once and for all', async (context) => {
  const mine = await createCommandLine();
  context.after(() => mine.close());
  const ports = { CARDEA_WORKERS: '1', CARDEA_PORT: '39322', CARDEA_MANAGEMENT_PORT: '39323' };
  const env = { ...mine.env, CARDEA_ISSUER: 'https://renamed.example', ...ports };
  const child = start(['serve', '--adopt-store'], env);
  const ended = finish(child);
  child.stdout?.on('data', (chunk: Buffer) => {
    if (/"listening"/.test(String(chunk))) child.kill('SIGTERM');
  });
  assert.equal((await ended).code, 0);
  assert.equal((await finish(start(['clients', 'list'], env))).code, 0);
  assert.equal((await mine.run(['clients', 'list'])).code, 1);
});
