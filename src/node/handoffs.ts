/**
 * Connections on their way from the primary to a worker. When a worker dies, the runtime forgets the connection
 * that it had not accepted yet: nobody would ever close it, and its client would wait until its own timeout.
 */
import type { Worker } from 'node:cluster';

type SocketHandle = { close(): void };

/** Closes the connection in transit when this worker dies, so that the client knows to retry. */
export function closeUndelivered({ process }: Worker): void {
  // There is only one at a time: the next is sent once this one is accepted. Closing it again does nothing.
  let latest: SocketHandle | undefined;
  const send = process.send.bind(process) as (...parameters: unknown[]) => boolean;
  Object.assign(process, {
    send(...parameters: unknown[]) {
      const [, handle] = parameters;
      if (isSocketHandle(handle)) latest = handle;
      return send(...parameters);
    },
  });
  process.once('exit', () => latest?.close());
}

function isSocketHandle(handle: unknown): handle is SocketHandle {
  return typeof handle === 'object' && handle !== null && 'close' in handle;
}
