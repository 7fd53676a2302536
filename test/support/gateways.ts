/**
 * The gateways of docs/integrations/gateways, run as their files say, with this machine's ports and places in
 * them, between callers and a backend that tells what has reached it.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../harness/free_port.ts';
import { accepts, hasNginx, runNginx } from './nginx.ts';

export type Gateway = {
  url: string;
  /** Whatever it has logged. */
  logged(): string;
  close(): Promise<void>;
};

type GatewayOptions = {
  /** Of a node, and of what is behind the gateway. */
  ports: { cardea: number; backend: number };
  /** Further changes of the configuration, as [what is there, what is to be there]. */
  changes?: [string, string][];
};

export type GatewayKind = {
  name: 'nginx' | 'envoy' | 'caddy' | 'traefik';
  /** Whether this machine has it. */
  isHere(): boolean;
  start(options: GatewayOptions): Promise<Gateway>;
};

const file = (name: string) =>
  fileURLToPath(new URL(`../../docs/integrations/gateways/${name}`, import.meta.url));

function configurationOf(name: string, changes: [string, string][]): string {
  return changes.reduce(
    (text, [from, to]) => {
      assert.ok(text.includes(from), `${name} has ${from}`);
      return text.replaceAll(from, to);
    },
    readFileSync(file(name), 'utf8'),
  );
}

const nginx: GatewayKind = {
  name: 'nginx',
  isHere: hasNginx,
  async start({ ports, changes = [] }) {
    const directory = mkdtempSync(join(tmpdir(), 'cardea-gateway-'));
    const port = await freePort();
    const configuration = configurationOf('nginx.conf', [
      ...changes,
      ['listen 127.0.0.1:8080', `listen 127.0.0.1:${port}`],
      ['127.0.0.1:3000', `127.0.0.1:${ports.cardea}`],
      ['127.0.0.1:8081', `127.0.0.1:${ports.backend}`],
      ['/run/nginx.pid', `${directory}/nginx.pid`],
      ['/var/log/nginx', directory],
    ]);
    const close = await runNginx({ directory, configuration, port });
    return {
      url: `http://127.0.0.1:${port}`,
      logged: () =>
        ['access.log', 'error.log'].map((log) => readFileSync(join(directory, log), 'utf8')).join(),
      async close() {
        await close();
        rmSync(directory, { recursive: true });
      },
    };
  },
};

const envoy = gatewayProgram({
  name: 'envoy',
  file: 'envoy.yaml',
  versionWords: ['--version'],
  words: (path) => ['-c', path, '--use-dynamic-base-id', '--concurrency', '1', '-l', 'warning'],
  place: (port) => [
    ['port_value: 8080', `port_value: ${port}`],
    ['port_value: 3000', 'port_value: CARDEA'],
    ['port_value: 8081', 'port_value: BACKEND'],
  ],
});

const caddy = gatewayProgram({
  name: 'caddy',
  file: 'Caddyfile',
  versionWords: ['version'],
  words: (path) => ['run', '--adapter', 'caddyfile', '--config', path],
  place: (port) => [
    [':8080 {', `{\n\tadmin off\n}\n:${port} {`],
    ['reverse_proxy 127.0.0.1:3000', 'reverse_proxy 127.0.0.1:CARDEA'],
    ['reverse_proxy 127.0.0.1:8081', 'reverse_proxy 127.0.0.1:BACKEND'],
  ],
});

const traefik = gatewayProgram({
  name: 'traefik',
  file: 'traefik.yml',
  versionWords: ['version'],
  words: (path, port) => [
    `--providers.file.filename=${path}`,
    `--entryPoints.web.address=127.0.0.1:${port}`,
    '--global.checkNewVersion=false',
    '--global.sendAnonymousUsage=false',
  ],
  place: () => [
    ['127.0.0.1:3000', '127.0.0.1:CARDEA'],
    ['127.0.0.1:8081', '127.0.0.1:BACKEND'],
  ],
});

/** A gateway that takes its configuration as one file, and stays in the foreground. */
function gatewayProgram({
  name,
  file: configurationFile,
  versionWords,
  words,
  place,
}: {
  name: GatewayKind['name'];
  file: string;
  versionWords: string[];
  words(path: string, port: number): string[];
  /** What of the configuration is this machine's; CARDEA and BACKEND stand for their ports. */
  place(port: number): [string, string][];
}): GatewayKind {
  return {
    name,
    isHere: () => spawnSync(name, versionWords).status === 0,
    async start({ ports, changes = [] }) {
      const directory = mkdtempSync(join(tmpdir(), 'cardea-gateway-'));
      const port = await freePort();
      const placed = place(port).map(([from, to]): [string, string] => [
        from,
        to.replace('CARDEA', `${ports.cardea}`).replace('BACKEND', `${ports.backend}`),
      ]);
      const path = join(directory, configurationFile);
      writeFileSync(path, configurationOf(configurationFile, [...changes, ...placed]));
      const env = { ...process.env, XDG_DATA_HOME: directory, XDG_CONFIG_HOME: directory };
      const running = spawn(name, words(path, port), { stdio: ['ignore', 'pipe', 'pipe'], env });
      let logged = '';
      for (const stream of [running.stdout, running.stderr]) {
        stream.on('data', (part) => {
          logged += part;
        });
      }
      const endWithUs = () => running.kill('SIGTERM');
      process.on('exit', endWithUs);
      while (!(await isReady(port))) {
        assert.equal(running.exitCode, null, logged);
        await sleep(20);
      }
      return {
        url: `http://127.0.0.1:${port}`,
        logged: () => logged,
        async close() {
          process.off('exit', endWithUs);
          const gone = once(running, 'exit');
          running.kill('SIGTERM');
          await gone;
          rmSync(directory, { recursive: true });
        },
      };
    },
  };
}

/** Whether it has read its configuration; without one, Traefik answers 404 to everything. */
async function isReady(port: number): Promise<boolean> {
  if (!(await accepts(port))) return false;
  const response = await fetch(`http://127.0.0.1:${port}/`);
  await response.body?.cancel();
  return response.status !== 404;
}

/** Those whose configuration can be run; where one is not installed, a test says so and goes on without. */
export const gatewayKinds: readonly GatewayKind[] = [nginx, envoy, caddy, traefik];

type SeenRequest = { method: string; url: string; headers: IncomingHttpHeaders };

export type Backend = {
  port: number;
  /** What has reached it, the oldest first. */
  seen: SeenRequest[];
  close(): Promise<void>;
};

/** Answers 200 to whatever reaches it. */
export async function startBackend(): Promise<Backend> {
  const seen: SeenRequest[] = [];
  const server = createServer((request, response) => {
    const { method = '', url = '', headers } = request;
    seen.push({ method, url, headers });
    request.resume();
    request.once('end', () => response.end('passed'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return {
    port,
    seen,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
