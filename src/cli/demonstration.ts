/**
 * The demonstration app and API, as a process beside Cardea that ends with it. Cardea does not need them.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('../../demo/main.ts', import.meta.url));

/** Addresses of the app and of the API that it calls. */
export type Demonstration = { app: string; api: string };

/** Undefined: it does not run, and has said itself why. */
export function startDemonstration(issuer: string): Promise<Demonstration | undefined> {
  const child = fork(script, {
    env: { ...process.env, CARDEA_DEMO_ISSUER: issuer },
    // Its end is watched by the channel as well, should this process be killed.
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  process.once('exit', () => child.kill());
  const { promise, resolve } = Promise.withResolvers<Demonstration | undefined>();
  child.once('message', (addresses) => resolve(addresses as Demonstration));
  child.once('error', () => resolve(undefined));
  child.once('exit', () => resolve(undefined));
  return promise;
}
