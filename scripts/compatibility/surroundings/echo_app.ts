/** A web app that leaves the sign-in to the proxy in front of it, and shows what that tells it. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export type EchoApp = { port: number; close(): Promise<void> };

/** Its page is each request's headers, one a line. */
export async function startEchoApp(): Promise<EchoApp> {
  const server = createServer(({ headers }, response) => {
    response.end(
      Object.entries(headers)
        .map(([name, value]) => `${name}: ${value}\n`)
        .join(''),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
