/**
 * A server on loopback whose every answer a test decides.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Answers itself, or leaves it: a request that nobody answers stays open until the server is closed. */
export type Answer = (
  request: IncomingMessage,
  response: ServerResponse,
  body: string,
) => void | Promise<void>;

export type AnsweringServer = {
  /** `http://127.0.0.1:…` */
  url: string;
  /** Method and path, without the query, of each request so far. */
  requests: string[];
  close(): Promise<void>;
};

/** `host`: an address of loopback. */
export async function startAnsweringServer(
  answer: Answer,
  host = '127.0.0.1',
): Promise<AnsweringServer> {
  const requests: string[] = [];
  const server = createServer(async (request, response) => {
    const path = request.url?.split('?', 1)[0] ?? '';
    requests.push(`${request.method} ${path}`);
    let body = '';
    for await (const chunk of request) body += chunk;
    await answer(request, response, body);
  });
  server.listen(0, host);
  await once(server, 'listening');
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    requests,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export function sendJson(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

export function redirect(response: ServerResponse, to: string | URL): void {
  response.writeHead(302, { location: String(to) }).end();
}
