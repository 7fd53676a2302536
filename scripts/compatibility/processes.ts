/** Commands and servers that the programs here consist of. Whatever is started ends with this process. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { signalGroup } from '../../harness/signal_group.ts';

export type CommandLine = [command: string, ...words: string[]];

type Surroundings = {
  folder: string;
  /** Beside the variables of this process. */
  env?: Record<string, string>;
};

export type RunningProcess = {
  /** What it wrote to stdout and stderr so far. */
  output(): string;
  /** Resolves when it has written something that matches, with the match. @throws when it ends before */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  /** Resolves when a server answers there, whatever it answers. @throws when it ends before */
  answersAt(url: string): Promise<void>;
  /** Ends it, and what it started. */
  stop(): Promise<void>;
};

const startDeadlineMs = 120_000;
const longestOutput = 64 * 1024 * 1024;

/** Runs a command to its end and resolves with its stdout. @throws when it fails, with what it wrote */
export async function run(
  command: string,
  words: string[],
  { folder, env = {} }: Surroundings,
): Promise<string> {
  try {
    const options = { cwd: folder, env: { ...process.env, ...env }, maxBuffer: longestOutput };
    return (await promisify(execFile)(command, words, options)).stdout;
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as Error & Record<string, string>;
    const said = `${stdout}\n${stderr}`.trim().slice(-4000) || message;
    throw new Error(`${command} ${words.join(' ')} failed:\n${said}`, { cause: error });
  }
}

/** Starts a command that stays. */
export function start(
  command: string,
  words: string[],
  { folder, env = {} }: Surroundings,
): RunningProcess {
  const child = spawn(command, words, {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, so that one signal reaches what it starts.
    detached: true,
  });
  const name = [command, ...words].join(' ');
  let output = '';
  const listen = (text: string) => {
    output += text;
  };
  child.stdout.setEncoding('utf8').on('data', listen);
  child.stderr.setEncoding('utf8').on('data', listen);
  child.on('error', (error) => listen(String(error)));
  const endWithUs = () => signalGroup(child, 'SIGKILL');
  process.on('exit', endWithUs);
  const gone = once(child, 'close').then(() => process.off('exit', endWithUs));
  gone.catch(() => {});

  /** Resolves with the first result of `probe` that is one. */
  const until = async <T>(probe: () => T | Promise<T>, what: string) => {
    const deadline = performance.now() + startDeadlineMs;
    for (;;) {
      const found = await probe();
      if (found) return found as NonNullable<T>;
      const ended = child.exitCode !== null || child.signalCode !== null;
      if (ended || performance.now() > deadline) {
        endWithUs();
        throw new Error(`${name} ${what}:\n${output.slice(-4000)}`);
      }
      await sleep(50);
    }
  };

  return {
    output: () => output,
    says: (pattern) => until(() => pattern.exec(output), `did not say ${pattern}`),
    async answersAt(url) {
      await until(() => answers(url), `does not answer at ${url}`);
    },
    async stop() {
      signalGroup(child, 'SIGKILL');
      await gone.catch(() => {});
    },
  };
}

/**
 * Starts a command, and ends it once `use` is done.
 * @throws what `use` throws, with what the command wrote
 */
export async function whileRunning<T>(
  [command, ...words]: CommandLine,
  surroundings: Surroundings,
  use: (running: RunningProcess) => Promise<T>,
): Promise<T> {
  const running = start(command, words, surroundings);
  try {
    return await use(running);
  } catch (error) {
    const written = running.output().slice(-4000);
    throw new Error(`${(error as Error).message}\n${written}`, { cause: error });
  } finally {
    await running.stop();
  }
}

async function answers(url: string): Promise<boolean> {
  const signal = AbortSignal.timeout(5000);
  try {
    const response = await fetch(url, { redirect: 'manual', signal });
    await response.body?.cancel();
    return true;
  } catch {
    return false;
  }
}
