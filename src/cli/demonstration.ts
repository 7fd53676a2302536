/**
 * The demonstration app and API, in a child process that ends with Cardea. Cardea does not depend on them.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('../../demo/main.ts', import.meta.url));

/** URLs of the app and of the API that it calls. */
export type Demonstration = { app: string; api: string };

/** Undefined if it could not start; the child has already reported why. */
export function startDemonstration(issuer: string): Promise<Demonstration | undefined> {
  const child = fork(script, {
    env: { ...process.env, CARDEA_DEMO_ISSUER: issuer },
    // The channel also ends the child if this process is killed.
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  process.once('exit', () => child.kill());
  const { promise, resolve } = Promise.withResolvers<Demonstration | undefined>();
  child.once('message', (addresses) => resolve(addresses as Demonstration));
  child.once('error', () => resolve(undefined));
  child.once('exit', () => resolve(undefined));
  return promise;
}
