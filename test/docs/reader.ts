/**
 * A reader of the documentation: has the project in a folder of their own, types what a page shows into one
 * shell, and reaches by the addresses that pages use (localhost:3000, https://id.example) what a test started.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Block, notesOf, placeOf, root } from './pages.ts';

export type Reader = {
  /** The project's folder. */
  folder: string;
  env: Record<string, string>;
  write(file: string, text: string): void;
  /** `at` (host:port, as pages name it) is at a port of this machine from now on. */
  reach(at: string, port: number): void;
  /**
   * Types the blocks one after the other; `input` is what is typed where a command asks. Answers what each
   * printed, on both streams, by its place. Rejects with the first command that fails, and what it said.
   */
  type(blocks: readonly Block[], input?: string): Promise<Map<string, string>>;
  leave(): void;
};

const belongsToProject = [
  'bin',
  'demo',
  'deploy',
  'keys/README.md',
  'package.json',
  'scripts',
  'src',
  'views',
];

/** `variables`: the environment, beside PATH and HOME. */
export function createReader(variables: Record<string, string>): Reader {
  const home = mkdtempSync(join(tmpdir(), 'cardea-reader-'));
  const folder = join(home, 'cardea');
  for (const path of belongsToProject) {
    cpSync(join(root, path), join(folder, path), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const bin = join(home, 'bin');
  mkdirSync(bin);
  // As docs/operations.md says: `cardea …` stands for `npx cardea …`.
  symlinkSync(join(folder, 'bin/cardea.js'), join(bin, 'cardea'));
  const env = { ...variables, HOME: home, PATH: `${bin}:${process.env.PATH}` };
  const reached = ['silent', 'show-error', 'insecure'];

  return {
    folder,
    env,
    write: (file, text) => writeFileSync(join(folder, file), text),
    reach(at, port) {
      reached.push(`connect-to = "${at}:127.0.0.1:${port}"`);
      writeFileSync(join(home, '.curlrc'), `${reached.join('\n')}\n`);
    },
    async type(blocks, input = '') {
      const printed = (index: number) => join(home, `printed-${index}`);
      const script = blocks.flatMap((block, index) => {
        const before = notesOf(block, 'before').map(
          (command) => `{ ${command}; } > /dev/null 2>&1`,
        );
        const lines = [...before, inBackground(block.text), ...notesOf(block, 'after')];
        writeFileSync(join(home, `block-${index}`), lines.join('\n'));
        return [`exec > ${printed(index)} 2>&1`, `source ${join(home, `block-${index}`)}`];
      });
      const child = spawn('bash', ['-c', ['set -eo pipefail', ...script].join('\n')], {
        cwd: folder,
        env,
        stdio: ['pipe', 'inherit', 'inherit'],
        // A group of its own, so that what it left running ends with it.
        detached: true,
      });
      child.stdin?.on('error', () => {});
      child.stdin?.end(input);
      const [code] = await once(child, 'exit');
      endGroup(child.pid);
      const outputs = new Map<string, string>();
      for (const [index, block] of blocks.entries()) {
        try {
          outputs.set(placeOf(block), readFileSync(printed(index), 'utf8'));
        } catch {
          break;
        }
      }
      if (code === 0) return outputs;
      const [place, output] = [...outputs].at(-1) ?? [];
      throw new Error(`${place} fails (${code}):\n${output}`);
    },
    leave: () => rmSync(home, { recursive: true, maxRetries: 5 }),
  };
}

/** A server goes on while the reader types on, once it takes connections. */
function inBackground(text: string): string {
  const taken =
    'until curl -o /dev/null "http://127.0.0.1:$CARDEA_PORT"; do kill -0 $!; sleep 0.1; done';
  return text.replace(/^(npx cardea serve)\b.*$/gm, `$1 &\n${taken}`);
}

function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch (error) {
    // Nobody is left.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
