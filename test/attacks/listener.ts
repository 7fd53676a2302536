/**
 * A server of the attacker's, or a service inside the network: counts who calls it.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';

export type Listener = {
  url: string;
  port: number;
  /** How many requests arrived so far, and how many connections, with or without one. */
  requests(): number;
  connections(): number;
  close(): Promise<void>;
};

/** Answers `document` as JSON to whatever is asked; on the loopback address. */
export async function createListener(document: unknown): Promise<Listener> {
  let requests = 0;
  let connections = 0;
  const server = createServer((_request, response) => {
    requests += 1;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(document));
  }).listen(0, '127.0.0.1');
  server.on('connection', () => {
    connections += 1;
  });
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}/`,
    port,
    requests: () => requests,
    connections: () => connections,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
