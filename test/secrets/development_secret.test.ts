import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { CardeaError } from '../../src/errors.ts';
import { loadOrCreateDevelopmentSecret } from '../../src/secrets/development_secret.ts';
import { temporaryDirectory } from '../signing_keys/harness.ts';

const run = promisify(execFile);

test('The development secret is created once, with 32 bytes, readable by its owner only', async (t) => {
  const directory = join(await temporaryDirectory(t), 'keys');
  const secret = await loadOrCreateDevelopmentSecret(directory);
  assert.equal(Buffer.from(secret, 'base64url').length, 32);
  assert.equal(await loadOrCreateDevelopmentSecret(directory), secret);
  const path = join(directory, 'development_secret');
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.equal((await readFile(path, 'utf8')).trim(), secret);
  assert.deepEqual(await readdir(directory), ['development_secret']);
});

test('Simultaneous calls in one process get the same development secret', async (t) => {
  const directory = await temporaryDirectory(t);
  const secrets = await Promise.all(
    Array.from({ length: 20 }, () => loadOrCreateDevelopmentSecret(directory)),
  );
  assert.equal(new Set(secrets).size, 1);
  assert.deepEqual(await readdir(directory), ['development_secret']);
});

test('Processes that start at once get the same development secret', async (t) => {
  const directory = await temporaryDirectory(t);
  const module = new URL('../../src/secrets/development_secret.ts', import.meta.url);
  const script = `
    const { loadOrCreateDevelopmentSecret } = await import(process.argv[1]);
    process.stdout.write(await loadOrCreateDevelopmentSecret(process.argv[2]));`;
  const outputs = await Promise.all(
    Array.from({ length: 4 }, () =>
      run(process.execPath, ['--input-type=module', '-e', script, module.href, directory]),
    ),
  );
  const [first, ...others] = outputs.map(({ stdout }) => stdout);
  assert.match(first ?? '', /^[\w-]{43}$/);
  for (const other of others) assert.equal(other, first);
});

test('A secret file with other contents is refused with the remedy and not overwritten', async (t) => {
  const directory = await temporaryDirectory(t);
  const path = join(directory, 'development_secret');
  await writeFile(path, 'short');
  await assert.rejects(
    loadOrCreateDevelopmentSecret(directory),
    (error) => error instanceof CardeaError && error.message.includes(path),
  );
  assert.equal(await readFile(path, 'utf8'), 'short');
});
