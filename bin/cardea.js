#!/usr/bin/env node
/**
 * The `cardea` command on whatever Node runs it: the program needs Node 24, which the project brings along as a
 * package. Plain JavaScript, because an older Node has to understand it, and because reading TypeScript takes a
 * compiler of 18 MB: with the cache that is switched on here no process of Cardea loads that, after the first start.
 */
import { spawn } from 'node:child_process';
import module from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const major = Number(process.versions.node.split('.')[0]);

if (major >= 24) {
  // Within the project, not in a folder for temporary files, where another user of the machine could leave code
  // for us to run. In the environment, so that all processes that are started from here have it.
  process.env.NODE_COMPILE_CACHE ??= fileURLToPath(
    new URL('../node_modules/.cache/cardea', import.meta.url),
  );
  module.enableCompileCache(process.env.NODE_COMPILE_CACHE);
  await import('../src/main.ts');
} else {
  const require = module.createRequire(import.meta.url);
  const node = join(dirname(require.resolve('node/package.json')), 'bin', 'node');
  const self = fileURLToPath(import.meta.url);
  const child = spawn(node, [self, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGUSR2']) {
    // A terminal sends SIGINT to the child as well; for a second one it stops at once, which is right.
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  child.on('error', (error) => {
    process.stderr.write(`Cardea needs Node 24; the one it brings along fails: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + constants.signals[signal ?? 'SIGKILL'];
  });
}
