/** What ends TLS in front of a Cardea that runs here, as its operator's proxy would. */
import { once } from 'node:events';
import { request } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';

/**
 * `port`: where Cardea listens, now or later. `certificate`: both in PEM. `listenPort`: default is any free one.
 */
export async function startTlsFront(
  port: number,
  certificate: { cert: string | Buffer; key: string | Buffer },
  listenPort = 0,
): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer(certificate, (incoming, outgoing) => {
    const { method, url: path, headers } = incoming;
    const passedOn = request({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    passedOn.on('error', () => outgoing.writeHead(502).end());
    incoming.pipe(passedOn);
  });
  server.listen(listenPort, '127.0.0.1');
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
