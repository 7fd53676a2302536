/**
 * Connections on their way from the primary to a worker. The runtime forgets the one that a worker has not
 * taken when it dies: nobody would ever close it, and its client would wait for an answer as long as it can.
 */
import type { Worker } from 'node:cluster';

type Connection = { close(): void };

/** From now on a connection that this worker dies over is closed, so that the client knows to ask again. */
export function closeUntaken({ process }: Worker): void {
  // There is one at a time: the next is sent when this one was taken. Closing it once more does nothing.
  let latest: Connection | undefined;
  const send = process.send.bind(process) as (...parameters: unknown[]) => boolean;
  Object.assign(process, {
    send(...parameters: unknown[]) {
      const [, handle] = parameters;
      if (isConnection(handle)) latest = handle;
      return send(...parameters);
    },
  });
  process.once('exit', () => latest?.close());
}

function isConnection(handle: unknown): handle is Connection {
  return typeof handle === 'object' && handle !== null && 'close' in handle;
}
