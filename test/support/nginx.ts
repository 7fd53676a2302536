/**
 * The machine's nginx with a configuration of ours, in which only ports and places are this machine's:
 * deploy/nginx.conf, TLS in front of nodes that run here, or any other.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../harness/free_port.ts';

export type Nginx = {
  port: number;
  /** PEM of the certificate that it shows for localhost and 127.0.0.1; it vouches for itself. */
  certificate: string;
  accessLog(): string;
  close(): Promise<void>;
};

const file = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

export function hasNginx(): boolean {
  return spawnSync('nginx', ['-v']).status === 0;
}

/** Ports of the nodes behind it. Default: any free port of its own. Resolves when it accepts connections. */
export async function startNginx(nodePorts: [number, number], port?: number): Promise<Nginx> {
  const directory = mkdtempSync(join(tmpdir(), 'cardea-nginx-'));
  execFileSync(file('scripts/compose_secrets.sh'), [directory]);
  const listenPort = port ?? (await freePort());
  const configuration = readFileSync(file('deploy/nginx.conf'), 'utf8')
    .replace('cardea-1:3000', `127.0.0.1:${nodePorts[0]}`)
    .replace('cardea-2:3000', `127.0.0.1:${nodePorts[1]}`)
    .replace('listen 8443', `listen 127.0.0.1:${listenPort}`)
    .replaceAll('/run/secrets', directory)
    .replaceAll('/tmp/nginx.pid', `${directory}/nginx.pid`)
    .replaceAll('/dev/stdout', `${directory}/access.log`)
    .replaceAll('/dev/stderr', `${directory}/error.log`);
  const close = await runNginx({ directory, configuration, port: listenPort });
  return {
    port: listenPort,
    certificate: readFileSync(join(directory, 'tls_certificate'), 'utf8'),
    accessLog: () => readFileSync(`${directory}/access.log`, 'utf8'),
    async close() {
      await close();
      rmSync(directory, { recursive: true });
    },
  };
}

/**
 * Runs what keeps its files in `directory`. Resolves when it accepts connections at the port, with what ends it.
 */
export async function runNginx({
  directory,
  configuration,
  port,
}: {
  directory: string;
  configuration: string;
  port: number;
}): Promise<() => Promise<void>> {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${directory}/${name};`)
    .join(' ');
  const text = configuration.replace('http {', `http { ${temporary}`);
  writeFileSync(join(directory, 'nginx.conf'), text);
  const settings = ['-p', directory, '-c', 'nginx.conf', '-e', `${directory}/error.log`];
  // Owner of the temporary folders as whom the workers run.
  const user = process.getuid?.() === 0 ? 'user root; ' : '';
  const checked = spawnSync('nginx', ['-t', ...settings, '-g', user], { encoding: 'utf8' });
  assert.equal(checked.status, 0, checked.stderr);
  const nginx = spawn('nginx', [...settings, '-g', `${user}daemon off;`], { stdio: 'inherit' });
  const endWithUs = () => nginx.kill('SIGTERM');
  process.on('exit', endWithUs);
  while (!(await accepts(port))) await sleep(5);
  return async () => {
    process.off('exit', endWithUs);
    const gone = once(nginx, 'exit');
    nginx.kill('SIGTERM');
    await gone;
  };
}

/** Whether somebody listens at this port of the machine. */
export async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const connected = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return connected;
}
