/**
 * Runs one command line after the other in a process of its own, each with its own environment, stdin, stdout and stderr:
 * a message in, a message out. What is in the program is loaded once for all of them.
 */
import { Readable, Writable } from 'node:stream';
import { runCommandLine } from '../../src/cli/program.ts';

export type HostedCommand = { words: string[]; env: Record<string, string>; input: string };
export type HostedRun = { code: number; stdout: string; stderr: string };

let last: Promise<void> = Promise.resolve();
process.on('message', (command: HostedCommand) => {
  last = last.then(async () => void process.send?.(await run(command)));
});

async function run({ words, env, input }: HostedCommand): Promise<HostedRun> {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  process.exitCode = undefined;
  const [stdout, stderr] = [collector(), collector()];
  replace('stdin', Readable.from(input ? [Buffer.from(input)] : []));
  replace('stdout', stdout.stream);
  replace('stderr', stderr.stream);
  const code = await runCommandLine(words);
  process.exitCode = undefined;
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

function replace(name: 'stdin' | 'stdout' | 'stderr', value: Readable | Writable): void {
  Object.defineProperty(process, name, { value, configurable: true });
}

function collector() {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      done();
    },
  });
  return { stream, text: () => Buffer.concat(chunks).toString() };
}
