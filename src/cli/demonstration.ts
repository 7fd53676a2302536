/**
 * The demonstration app and API, as a process beside Cardea that ends with it. Cardea does not need them.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('../../scripts/demo/main.ts', import.meta.url));

/** Resolves with whether it runs; it has said itself why it does not (a port in use). */
export function startDemonstration(issuer: string): Promise<boolean> {
  const child = fork(script, {
    env: { ...process.env, CARDEA_DEMO_ISSUER: issuer },
    // Its end is watched by the channel as well, should this process be killed.
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  process.once('exit', () => child.kill());
  const { promise, resolve } = Promise.withResolvers<boolean>();
  child.once('message', () => resolve(true));
  child.once('error', () => resolve(false));
  child.once('exit', () => resolve(false));
  return promise;
}
