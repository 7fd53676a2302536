/**
 * The site of a connector: serves its metadata document over TLS, as it is at the moment, and counts who fetches it.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { OutgoingHttpHeaders } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';

type Served = { status?: number; headers?: OutgoingHttpHeaders; body: string | Buffer };

export type DocumentSite = {
  url: string;
  /** Serves the document at the path; its client_id is that address unless it says another. Answers the address. */
  serve(path: string, document: object, headers?: OutgoingHttpHeaders): string;
  /** Serves this and nothing else. */
  serveRaw(path: string, response: Served): string;
  withdraw(path: string): void;
  fetched(path: string): number;
  close(): Promise<void>;
};

/** A connector that lives on a site, as documents mostly are. */
export const hosted = {
  client_name: 'Northwind Agent',
  redirect_uris: ['https://agent.example/callback'],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  token_endpoint_auth_method: 'none',
};

const fixture = (name: string) => new URL(`../../net/fixtures/${name}`, import.meta.url);

export async function startDocumentSite(): Promise<DocumentSite> {
  const served = new Map<string, Served>();
  const counts = new Map<string, number>();
  const server = createServer(
    {
      cert: readFileSync(fixture('localhost.crt')),
      key: readFileSync(fixture('localhost.key')),
    },
    ({ url: path = '' }, response) => {
      counts.set(path, (counts.get(path) ?? 0) + 1);
      const found = served.get(path);
      response.writeHead(found ? (found.status ?? 200) : 404, found?.headers);
      response.end(found?.body);
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `https://localhost:${(server.address() as AddressInfo).port}`;
  const serveRaw: DocumentSite['serveRaw'] = (path, response) => {
    served.set(path, response);
    return `${url}${path}`;
  };
  return {
    url,
    serveRaw,
    serve: (path, document, headers = {}) =>
      serveRaw(path, {
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ client_id: `${url}${path}`, ...document }),
      }),
    withdraw: (path) => void served.delete(path),
    fetched: (path) => counts.get(path) ?? 0,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
