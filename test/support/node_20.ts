/** The oldest Node that Cardea installs on and its verifier runs on, where the machine has it. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The path of a Node 20: the one that NODE_20 names, or the machine's own. Undefined: there is none. */
export async function findNode20(): Promise<string | undefined> {
  for (const candidate of [process.env.NODE_20, '/usr/bin/node', '/usr/local/bin/node']) {
    if (!candidate) continue;
    const { stdout } = await run(candidate, ['--version']).catch(() => ({ stdout: '' }));
    if (stdout.startsWith('v20.')) return candidate;
  }
  return undefined;
}
