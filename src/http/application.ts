/**
 * The layers around every route, in their order; they learn of the route from the request's state. Ahead of them stands
 * the direct way of programs' plain requests.
 */
import type { RequestListener } from 'node:http';
import Koa from 'koa';
import type { Settings } from '../config/config.ts';
import type { Locale } from '../definitions/locales.ts';
import { createAddressResolver } from '../net/client_address.ts';
import { createPageRenderer } from '../pages/page_renderer.ts';
import type { Views } from '../pages/views.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Spans } from '../telemetry/tracing/spans.ts';
import { createDeadline, type DeadlineOptions, deadline } from './deadline.ts';
import { createDirectWay } from './direct/direct_way.ts';
import { createDirectRoutes } from './direct/find_direct.ts';
import type { NoteRefusal } from './error_answers.ts';
import { type ErrorPage, errorSerialiser } from './errors.ts';
import { pageTurns } from './page_turns.ts';
import { requestContext } from './request_context.ts';
import { requestLimits } from './request_limits.ts';
import { createRequestRecorder } from './request_record.ts';
import { createRouteFinder } from './routing/find_route.ts';
import type { Route } from './routing/route.ts';
import { serveRoute } from './routing/serve_route.ts';
import { securityHeaders, securityHeadersFor } from './security_headers.ts';
import { createRequestTracing } from './traced_requests.ts';

export type Application = {
  /** What is `use`d on it gets what no route answers. */
  koa: Koa;
  callback(): RequestListener;
};

export type ApplicationOptions = {
  settings: Pick<Settings, 'issuer' | 'trustedProxies'>;
  log: Log;
  noteRefusal: NoteRefusal;
  metrics: Pick<Metrics, 'observeRequest'>;
  /** Default: no traces. */
  spans?: Spans | undefined;
  views: Views;
  defaultLocale: Locale;
  routes: readonly Route[];
  limitMs?: DeadlineOptions['limitMs'];
};

export function createApplication({
  settings: { issuer, trustedProxies },
  log,
  noteRefusal,
  metrics,
  spans,
  views,
  defaultLocale,
  routes,
  limitMs,
}: ApplicationOptions): Application {
  const renderer = createPageRenderer({ views, fallbackLocale: defaultLocale });
  const errorPage: ErrorPage = (ctx, { status, code, description, wayOn }) =>
    renderer.render(
      ctx,
      'error',
      { status, code, description, wayOn },
      { uiLocales: wayOn?.uiLocales ?? String(ctx.query.ui_locales ?? '') },
    );

  const basePath = new URL(issuer).pathname.replace(/\/$/, '');
  const resolveAddress = createAddressResolver(trustedProxies);
  const findRoute = createRouteFinder({ routes, basePath });
  const tracing = spans && createRequestTracing({ spans, resolveAddress });
  const recordRequest = createRequestRecorder({ log, metrics, spanOf: tracing?.spanOf });
  const headers = securityHeadersFor({ issuer });
  // The headers that `proxy` lets Koa read are our own: presentAsIssuer() overwrites them.
  const app = new Koa({ proxy: true });
  app.use(requestContext({ issuer, resolveAddress, findRoute, recordRequest }));
  app.use(securityHeaders(headers));
  app.use(errorSerialiser({ log, noteRefusal, errorPage }));
  app.use(deadline({ log, limitMs }));
  app.use(pageTurns());
  app.use(requestLimits());
  app.use(serveRoute(basePath));
  // What no layer could catch: a stream that fails while it is sent.
  app.on('error', (error: NodeJS.ErrnoException) => {
    const clientLeft = error.code === 'ECONNRESET' || error.code === 'EPIPE';
    log[clientLeft ? 'debug' : 'error']({ err: error }, 'response failed');
  });
  return {
    koa: app,
    callback() {
      const serve = createDirectWay(
        {
          ...{ resolveAddress, recordRequest, log, noteRefusal },
          findDirect: createDirectRoutes({ routes, basePath, base: headers, find: findRoute }),
          withinDeadline: createDeadline({ log, limitMs }),
        },
        app.callback(),
      );
      return tracing ? tracing.around(serve) : serve;
    },
  };
}
