/**
 * The last moment before a response's headers leave.
 */
import type { ServerResponse } from 'node:http';

/**
 * Runs `act` when the headers are about to be sent, also when a framework has cleared all headers to
 * write an error of its own. Several run in reverse order of registration.
 */
export function beforeHeaders(res: ServerResponse, act: () => void): void {
  const writeHead = res.writeHead;
  let done = false;
  // Node writes implicit headers through this method as well.
  res.writeHead = ((...parameters: Parameters<typeof writeHead>) => {
    if (!done) {
      done = true;
      act();
    }
    return writeHead.apply(res, parameters);
  }) as typeof writeHead;
}
