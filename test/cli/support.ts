/**
 * The real commands on a database and a configuration of their own, and the server beside them. Those that only have to
 * run to their end share a process (command_host.ts), as loading the program takes longer than most of them.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, fork, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { testSecret } from '../../harness/test_secret.ts';
import { claimStore } from '../../src/storage/identity.ts';
import { openStore } from '../../src/storage/open.ts';
import { basic } from '../support/flows.ts';
import { startTestServer } from '../support/server.ts';
import type { HostedCommand, HostedRun } from './command_host.ts';

export const bin = fileURLToPath(new URL('../../bin/cardea.js', import.meta.url));

export type Run = { code: number | null; stdout: string; stderr: string };

type RunOptions = {
  input?: string;
  env?: Record<string, string>;
  only?: Record<string, string>;
};

export type CommandLine = {
  folder: string;
  env: Record<string, string>;
  /** Runs one command to its end. `input`: its stdin (default: empty); `env`: more variables; `only`: all of them. */
  run(words: string[], options?: RunOptions): Promise<Run>;
  /** Runs a command that must succeed, with --json; answers what it printed. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read what they expect
  json(words: string[], options?: { input?: string }): Promise<any>;
  close(): Promise<void>;
};

const declaration = `
apis: [{ identifier: "https://orders.example", name: Orders, scopes: { "orders:read": See them } }]
clients:
  - { client_id: job, client_secret: a-secret-of-the-job-for-the-test, grant_types: [client_credentials], scope: "orders:read", apis: ["https://orders.example"] }
dynamic_registration: { enabled: true }
users: [{ username: alice, password: "alice's password", email: alice@example.com }]
`;

/** A production configuration (issuer, secret) in a folder that close() removes, and a store that a node has started on. */
export async function createCommandLine(): Promise<CommandLine> {
  const folder = await mkdtemp(join(tmpdir(), 'cardea-cli-'));
  await writeFile(join(folder, 'cardea.yaml'), declaration);
  const env = {
    CARDEA_ISSUER: 'https://id.example',
    CARDEA_SECRET: testSecret,
    CARDEA_STORE: `sqlite:${join(folder, 'cardea.db')}`,
    CARDEA_CONFIG: join(folder, 'cardea.yaml'),
  };
  const store = await openStore({ url: env.CARDEA_STORE });
  await claimStore(store.documents, { issuer: env.CARDEA_ISSUER, development: false });
  await store.close();
  const host = createHost();
  const run: CommandLine['run'] = (words, { input = '', env: more, only } = {}) => {
    const variables = only ?? { ...env, ...more };
    if (words[0] === 'serve') return finish(start(words, variables), input);
    return host.run({ words, env: environment(variables), input });
  };
  return {
    folder,
    env,
    run,
    async json(words, options) {
      const { code, stdout, stderr } = await run([...words, '--json'], options);
      if (code !== 0) throw new Error(`${words.join(' ')} failed: ${stderr}`);
      return JSON.parse(stdout);
    },
    async close() {
      host.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** The process is started with the first command; its answers come in the order of the commands. */
function createHost() {
  let child: ChildProcess | undefined;
  let last: Promise<unknown> = Promise.resolve();
  const ask = async (command: HostedCommand): Promise<HostedRun> => {
    child ??= fork(new URL('command_host.ts', import.meta.url), { stdio: 'inherit' });
    child.send(command);
    const ended = once(child, 'exit').then(() => assert.fail('the command ended its process'));
    const [run] = await Promise.race([once(child, 'message'), ended]);
    return run as HostedRun;
  };
  return {
    run(command: HostedCommand): Promise<HostedRun> {
      const run = last.then(() => ask(command));
      last = run.catch(() => {});
      return run;
    },
    close: () => void child?.disconnect(),
  };
}

/** These variables and nothing else of Cardea's. */
function environment(env: Record<string, string>): Record<string, string> {
  const { PATH = '', HOME = '' } = process.env;
  return { PATH, HOME, NO_COLOR: '1', ...env };
}

/** The server that the commands are about: on their store, with their configuration, where they look for it. */
export async function startServerOf({ env }: Pick<CommandLine, 'env'>) {
  const declaration = parse(await readFile(env.CARDEA_CONFIG ?? '', 'utf8'));
  const server = await startTestServer({
    ...{ store: env.CARDEA_STORE ?? '', issuer: 'https://id.example', declaration },
  });
  env.CARDEA_PORT = new URL(server.url).port;
  const tokenFor = async (clientId: string, secret: string): Promise<Response> =>
    fetch(`${server.url}/token`, {
      method: 'POST',
      headers: { authorization: basic(clientId, secret) },
      body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'orders:read' }),
    });
  return {
    ...server,
    tokenFor,
    async accessTokenFor(clientId: string, secret: string): Promise<string> {
      const response = await tokenFor(clientId, secret);
      const body = (await response.json()) as { access_token: string };
      assert.equal(response.status, 200, JSON.stringify(body));
      return body.access_token;
    },
  };
}

export type ServerOfCommands = Awaited<ReturnType<typeof startServerOf>>;

/** Starts the command with these variables and nothing else of Cardea's. */
export function start(words: string[], env: Record<string, string>): ChildProcess {
  return spawn(process.execPath, [bin, ...words], {
    env: environment(env),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

/** Whether startOnTerminal() can be had here; a test that cannot have it says so in its report. */
export function hasTerminals(context: TestContext): boolean {
  const found = /util-linux/.test(String(spawnSync('script', ['--version']).stdout));
  if (!found) {
    context.diagnostic('script (util-linux) is not installed here: nothing was run on a terminal');
  }
  return found;
}

/** As `start`, on a terminal: what is written to stdin is typed. */
export function startOnTerminal(words: string[], env: Record<string, string>): ChildProcess {
  const command = [process.execPath, bin, ...words].map((word) => `'${word}'`).join(' ');
  return spawn('script', ['--quiet', '--command', command, '/dev/null'], {
    env: { TERM: 'dumb', ...environment(env) },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

export async function finish(child: ChildProcess, input = ''): Promise<Run> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  child.stdin?.on('error', () => {});
  child.stdin?.end(input);
  const { promise, resolve } = Promise.withResolvers<number | null>();
  child.once('close', resolve);
  return { code: await promise, stdout, stderr };
}
