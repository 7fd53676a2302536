/**
 * The Node that everything runs on: the one that npm installed along with Cardea, else the machine's own where it is
 * new enough (docs/decisions/pinned-node.md). Plain JavaScript that an older Node understands.
 */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';

/** Whether this process could run Cardea: TypeScript as it is, and its syntax. */
export const isNewEnough = Number(process.versions.node.split('.')[0]) >= 24;

/**
 * Runs Node with these arguments as a child that has this process's terminal and gets its signals. This process ends
 * with the child's exit code, or with 1 and a message where there is no Node for it.
 *
 * @param {string[]} words
 */
export function runOnPinnedNode(words) {
  const node = findPinnedNode() ?? (isNewEnough ? process.execPath : undefined);
  if (!node) {
    fail('On Linux (x64, arm64) `npm ci` installs it, unless optional dependencies are omitted.');
    return;
  }
  const child = spawn(node, words, { stdio: 'inherit' });
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGUSR2']) {
    // A terminal sends SIGINT to the child as well; for a second one it stops at once, which is right.
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  child.on('error', (error) => {
    fail(`The one that \`npm ci\` installed does not start: ${error.message}.`);
  });
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + constants.signals[signal ?? 'SIGKILL'];
  });
}

/** The binary of the package for this machine; undefined: there is none, or it is not installed. */
function findPinnedNode() {
  const { resolve } = createRequire(import.meta.url);
  try {
    const manifest = resolve(`node-${process.platform}-${process.arch}/package.json`);
    return join(dirname(manifest), 'bin', 'node');
  } catch {
    return undefined;
  }
}

/** @param {string} reason Why the pinned Node is not used. */
function fail(reason) {
  process.stderr.write(
    `Cardea needs Node 24 or newer; this is Node ${process.versions.node}.\n${reason}\n` +
      'Otherwise install it from https://nodejs.org, or with a version manager.\n',
  );
  process.exitCode = 1;
}
