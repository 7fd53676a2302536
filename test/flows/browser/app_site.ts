/**
 * The site of the apps, on another host than Cardea's: it takes what the browser brings, by GET and by POST,
 * and can show any page in a frame.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export type AppSite = {
  origin: string;
  callbackUri: string;
  /** What the last visit brought. */
  last(): { method: string; path: string; answer: URLSearchParams };
  close(): Promise<void>;
};

const frame = (
  url: string,
) => `<iframe src="${url.replace(/[&"]/g, (c) => `&#${c.charCodeAt(0)};`)}"
  width="600" height="400"></iframe>`;

export async function startAppSite(): Promise<AppSite> {
  let visit: ReturnType<AppSite['last']> | undefined;
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const body = await text(request);
    const framed = url.searchParams.get('frame');
    visit = {
      method: request.method ?? '',
      path: url.pathname,
      answer: request.method === 'POST' ? new URLSearchParams(body) : url.searchParams,
    };
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(`<!doctype html><html lang="en"><title>An app</title>
      <link rel="icon" href="data:,"><h1>An app</h1>${framed ? frame(framed) : ''}`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://localhost:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    callbackUri: `${origin}/callback`,
    last() {
      if (!visit) throw new Error('nobody came');
      return visit;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
