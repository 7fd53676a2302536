/**
 * A small site behind all the layers of src/http, on real sockets: what these tests talk to.
 */
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import type Koa from 'koa';
import { declarationSchema } from '../../src/config/schema/declaration.ts';
import { serverLimits } from '../../src/definitions/limits.ts';
import { type ApplicationOptions, createApplication } from '../../src/http/application.ts';
import type { Route } from '../../src/http/routing/route.ts';
import type { ListenerTimeouts } from '../../src/node/listener.ts';
import { createHttpServer } from '../../src/node/ports.ts';
import { createAssets } from '../../src/pages/assets.ts';
import { createViews } from '../../src/pages/views.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';

export type LogLine = Record<string, unknown> & { level: string; msg: string };

/** A log whose lines are kept, parsed. */
export function createKeptLog() {
  const lines: LogLine[] = [];
  const texts: string[] = [];
  const destination = {
    write(line: string) {
      texts.push(line);
      lines.push(JSON.parse(line));
    },
  };
  return { log: createLog({ level: 'debug', pretty: false, destination }), lines, texts };
}

export type SiteOptions = {
  issuer?: string;
  trustedProxies?: string[];
  timeouts?: Partial<ListenerTimeouts>;
  /** What the site knows of some of its addresses. */
  table?: readonly Route[];
  limitMs?: ApplicationOptions['limitMs'];
  /** What answers, at these addresses and at all others. */
  routes: (app: Koa) => void;
};

/** A route that leaves the answer to the site's `routes`. */
export function passingRoute(route: Pick<Route, 'path'> & Partial<Route>): Route {
  return {
    ...{
      methods: ['GET', 'POST'],
      name: 'test',
      errors: 'page',
      bodyLimit: serverLimits.requestBody,
    },
    ...{ cors: 'none', hot: false, log: 'info', guards: [], answer: (_ctx, next) => next() },
    ...route,
  };
}

export async function startSite(
  t: Pick<TestContext, 'after'>,
  {
    issuer = 'https://id.example',
    trustedProxies = [],
    timeouts,
    table = [],
    limitMs,
    routes,
  }: SiteOptions,
) {
  const { log, lines, texts } = createKeptLog();
  const metrics = createMetrics();
  const { pages } = declarationSchema.parse({});
  const views = createViews({ pages, assets: createAssets({ pages }), log });
  const app = createApplication({
    settings: { issuer, trustedProxies },
    log,
    noteRefusal: () => undefined,
    metrics,
    views,
    defaultLocale: 'en',
    routes: table,
    limitMs,
  });
  routes(app.koa);
  const server = createHttpServer({
    app,
    settings: { host: '127.0.0.1', port: 0, managementPort: 0, managementHost: '127.0.0.1' },
    log,
    timeouts,
  });
  const { port } = await server.listen();
  t.after(() => server.close());
  return { port, url: `http://127.0.0.1:${port}`, server, lines, texts, metrics, log };
}

/** Sends bytes as they are and answers everything that comes back until the server closes. */
export async function exchange(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(bytes);
  return text(socket).catch(() => '');
}

/** A response's JSON object. */
export async function jsonOf(response: Response): Promise<Record<string, unknown>> {
  return (await response.json()) as Record<string, unknown>;
}

/** A header's value in a raw response. */
export function headerOf(response: string, name: string): string | undefined {
  return new RegExp(`^${name}: (.*?)\\r?$`, 'im').exec(response)?.[1];
}

/** Resolves when `look` finds something; polls, because lines and sockets arrive when they do. */
export async function until<T>(look: () => T | undefined | false | Promise<T | undefined | false>) {
  for (;;) {
    const found = await look();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
