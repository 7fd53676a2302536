/**
 * A small site on a loopback port that a client owns: its jwks_uri, its sector identifier, its receiver of
 * logout tokens.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

type ReceivedRequest = {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
};

export type LocalSite = {
  url: string;
  /** Serves this as JSON from now on. */
  serve(path: string, document: unknown): void;
  received: ReceivedRequest[];
  close(): Promise<void>;
};

const fixture = (name: string) => new URL(`../net/fixtures/${name}`, import.meta.url);

/** The certificate of sites with `tls`, for `outbound.ca`. */
export const siteCertificate = fileURLToPath(fixture('localhost.crt'));

/** Answers 404 where nothing is served to a GET, and 200 to every POST. */
export async function startLocalSite({ tls = false } = {}): Promise<LocalSite> {
  const documents = new Map<string, string>();
  const received: ReceivedRequest[] = [];
  const answer = async (request: IncomingMessage) => {
    const { method = '', url: path = '', headers } = request;
    received.push({ method, path, headers, body: await text(request) });
    return method === 'POST' ? '{}' : documents.get(path);
  };
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await answer(request);
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' });
    // Not empty: a browser would show a page of its own in its place.
    response.end(body ?? '{}');
  };
  const certificate = () => ({
    cert: readFileSync(fixture('localhost.crt')),
    key: readFileSync(fixture('localhost.key')),
  });
  const server = tls ? createTlsServer(certificate(), serve) : createServer(serve);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: tls ? `https://localhost:${port}` : `http://127.0.0.1:${port}`,
    serve: (path, document) => void documents.set(path, JSON.stringify(document)),
    received,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
