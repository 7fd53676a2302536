import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { findNode20 } from '../support/node_20.ts';
import { bin, finish } from './support.ts';

/** A test that cannot have it says so in its report. */
async function needNode20(context: TestContext): Promise<string | undefined> {
  const node = await findNode20();
  if (!node) context.diagnostic('no Node 20 here (NODE_20): nothing was run on an older Node');
  return node;
}

describe('Commands on an outdated Node', () => {
  test('The command runs on the Node version that npm installed with it', async (context) => {
    const node = await needNode20(context);
    if (!node || process.platform !== 'linux') return;
    const { code, stdout } = await finish(spawn(node, [bin, 'version']));
    assert.equal(code, 0);
    assert.match(stdout, /^\d+\.\d+\.\d+/);
  });

  test('The command names the Node version it needs and how to get it when npm installed none', async (context) => {
    const node = await needNode20(context);
    if (!node) return;
    const folder = await mkdtemp(join(tmpdir(), 'cardea-alone-'));
    context.after(() => rm(folder, { recursive: true }));
    await cp(dirname(bin), join(folder, 'bin'), { recursive: true });
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
    const { code, stdout, stderr } = await finish(spawn(node, [join(folder, 'bin/cardea.js')]));
    assert.equal(code, 1);
    assert.equal(stdout, '');
    assert.match(
      stderr,
      /^Cardea needs Node 24 or newer; this is Node 20\..*`npm ci`.*nodejs\.org/s,
    );
  });
});
