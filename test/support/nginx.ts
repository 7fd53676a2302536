/**
 * deploy/nginx.conf as it is, with this machine's ports and places in it: TLS in front of nodes that run here.
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
import { freePort } from './server.ts';

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
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${directory}/${name};`)
    .join(' ');
  const configuration = readFileSync(file('deploy/nginx.conf'), 'utf8')
    .replace('http {', `http { ${temporary}`)
    .replace('cardea-1:3000', `127.0.0.1:${nodePorts[0]}`)
    .replace('cardea-2:3000', `127.0.0.1:${nodePorts[1]}`)
    .replace('listen 8443', `listen 127.0.0.1:${listenPort}`)
    .replaceAll('/run/secrets', directory)
    .replaceAll('/tmp/nginx.pid', `${directory}/nginx.pid`)
    .replaceAll('/dev/stdout', `${directory}/access.log`)
    .replaceAll('/dev/stderr', `${directory}/error.log`);
  writeFileSync(join(directory, 'nginx.conf'), configuration);
  const settings = ['-p', directory, '-c', 'nginx.conf', '-e', `${directory}/error.log`];
  // Owner of the temporary folders as whom the workers run.
  const user = process.getuid?.() === 0 ? 'user root; ' : '';
  const checked = spawnSync('nginx', ['-t', ...settings, '-g', user], { encoding: 'utf8' });
  assert.equal(checked.status, 0, checked.stderr);
  const nginx = spawn('nginx', [...settings, '-g', `${user}daemon off;`], { stdio: 'inherit' });
  const endWithUs = () => nginx.kill('SIGTERM');
  process.on('exit', endWithUs);
  while (!(await accepts(listenPort))) await sleep(5);
  return {
    port: listenPort,
    certificate: readFileSync(join(directory, 'tls_certificate'), 'utf8'),
    accessLog: () => readFileSync(`${directory}/access.log`, 'utf8'),
    async close() {
      process.off('exit', endWithUs);
      const gone = once(nginx, 'exit');
      nginx.kill('SIGTERM');
      await gone;
      rmSync(directory, { recursive: true });
    },
  };
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const connected = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return connected;
}
