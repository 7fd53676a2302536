/**
 * What Cardea is measured against: `openssl speed`, the bare library, and the least that a server can do.
 */
import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../../harness/free_port.ts';
import { type Endpoints, type RunningServer, runningServer } from './running_server.ts';

export function startBare(processes: number): Promise<RunningServer> {
  return start(new URL('./bare_provider.ts', import.meta.url), processes, {
    token: '/token',
    introspection: '/token/introspection',
    authorization: '/auth',
    jwks: '/jwks',
  });
}

/** It has one endpoint, and the same answer wherever it is asked. */
export function startFloor(processes: number): Promise<RunningServer> {
  const token = '/token';
  const endpoints = { token, introspection: token, authorization: token, jwks: token };
  return start(new URL('./floor_server.ts', import.meta.url), processes, endpoints);
}

/** `openssl speed`: RSA-2048 signatures a second of so many processes. */
export function opensslRate(processes: number, seconds: number): number {
  const output = execFileSync(
    'openssl',
    ['speed', '-multi', String(processes), '-seconds', String(seconds), 'rsa2048'],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  );
  return Number(/rsa 2048 bits\s+\S+\s+\S+\s+([\d.]+)/.exec(output)?.[1]);
}

async function start(file: URL, processes: number, endpoints: Endpoints): Promise<RunningServer> {
  const port = await freePort();
  const environment = { PORT: String(port), PROCESSES: String(processes), NODE_ENV: 'production' };
  const child = fork(fileURLToPath(file), {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  await once(child, 'message');
  return runningServer(child, port, endpoints);
}
