/**
 * Where the commands of the pages are run: each scene is a Cardea as the page that names it has its reader start it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from '../../harness/free_port.ts';
import { testSecret } from '../../harness/test_secret.ts';
import { startTlsFront } from '../../harness/tls_front.ts';
import { blocks } from './pages.ts';
import { createReader, type Reader } from './reader.ts';

const fixture = (name: string) => readFileSync(new URL(`../net/fixtures/${name}`, import.meta.url));
const localhostCertificate = { cert: fixture('localhost.crt'), key: fixture('localhost.key') };

export type Scene = { reader: Reader; close(): Promise<void> };

/** What `run:` in front of a block may name. */
export const scenes: Record<string, () => Promise<Scene>> = {
  /** `npm start`, without a configuration. */
  demonstration: () => startDevelopment({}),
  /** docs/integrations/token-exchange.md: `CARDEA_CONFIG=exchange.yaml npm start`. */
  exchange: () =>
    startDevelopment({
      variables: { CARDEA_CONFIG: 'exchange.yaml' },
      files: { 'exchange.yaml': yamlOf('docs/integrations/token-exchange.md') },
    }),
  /** README.md, "Your own configuration": the page starts it. */
  'own configuration': () => startNothing({ 'cardea.yaml': yamlOf('README.md') }),
  /** A folder, and nothing that runs. */
  certificates: () => startNothing({}),
  /** An API with keys at https://id.example, as docs/integrations/api-keys.md configures it. */
  'id.example': () =>
    startIssuer({
      variables: {
        CARDEA_CONFIG: 'cardea.yaml',
        ORDERS_API_SECRET: 'a-secret-of-orders-api-of-at-least-32-characters',
      },
      files: { 'cardea.yaml': yamlOf('docs/integrations/api-keys.md') },
    }),
};

type Beginning = { variables?: Record<string, string>; files?: Record<string, string> };

async function startDevelopment({ variables = {}, files = {} }: Beginning): Promise<Scene> {
  const [port, managementPort] = [await freePort(), await freePort()];
  const reader = createReader({
    ...variables,
    CARDEA_PORT: String(port),
    CARDEA_MANAGEMENT_PORT: String(managementPort),
    CARDEA_WORKERS: '1',
  });
  for (const [name, text] of Object.entries(files)) reader.write(name, text);
  reader.reach('localhost:3000', port);
  const node = spawn('npm', ['start'], { cwd: reader.folder, env: reader.env, detached: true });
  // Where another program has the API's port, it takes the next free one and says so.
  await untilSays(node, variables.CARDEA_CONFIG ? /does not start/ : /as alice/, (line) => {
    const [, moved] = /API is at http:\/\/localhost:(\d+)/.exec(line) ?? [];
    if (moved) reader.reach('localhost:8081', Number(moved));
  });
  return { reader, close: () => end(node, reader) };
}

/** The page itself starts it; its address is https://id.example. */
async function startNothing(files: Record<string, string>): Promise<Scene> {
  const [port, managementPort] = [await freePort(), await freePort()];
  const reader = createReader({
    CARDEA_PORT: String(port),
    CARDEA_MANAGEMENT_PORT: String(managementPort),
    CARDEA_WORKERS: '1',
  });
  for (const [name, text] of Object.entries(files)) reader.write(name, text);
  const front = await startTlsFront(port, localhostCertificate);
  reader.reach('id.example:443', front.port);
  return {
    reader,
    async close() {
      await front.close();
      reader.leave();
    },
  };
}

async function startIssuer({ variables, files = {} }: Beginning): Promise<Scene> {
  const scene = await startNothing(files);
  Object.assign(scene.reader.env, variables, {
    CARDEA_ISSUER: 'https://id.example',
    CARDEA_SECRET: testSecret,
  });
  const { reader } = scene;
  const node = spawn(join(reader.folder, 'bin/cardea.js'), ['serve'], {
    cwd: reader.folder,
    env: reader.env,
    detached: true,
  });
  await untilSays(node, /"listening"/);
  return {
    reader,
    async close() {
      await stop(node);
      await scene.close();
    },
  };
}

/** The one configuration that a page shows. */
function yamlOf(page: string): string {
  const [block] = blocks.filter((block) => block.page === page && block.language === 'yaml');
  if (!block) throw new Error(`${page} shows no configuration`);
  return block.text;
}

/** Resolves when a line of its stdout matches; `heed` hears every line, also of what comes later. */
async function untilSays(
  node: ChildProcess,
  pattern: RegExp,
  heed: (line: string) => void = () => {},
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const said: string[] = [];
  node.stderr?.on('data', (text) => said.push(String(text)));
  if (node.stdout) {
    createInterface(node.stdout).on('line', (line) => {
      said.push(line);
      heed(line);
      if (pattern.test(line)) resolve();
    });
  }
  node.once('close', () => {
    reject(new Error(`it ended before it said ${pattern}:\n${said.join('\n')}`));
  });
  await promise;
}

async function end(node: ChildProcess, reader: Reader): Promise<void> {
  await stop(node);
  reader.leave();
}

/** The whole group: npm passes no signal on. */
async function stop(node: ChildProcess): Promise<void> {
  const ended = once(node, 'exit');
  if (node.pid !== undefined && node.exitCode === null) process.kill(-node.pid, 'SIGTERM');
  await ended;
}
