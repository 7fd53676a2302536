/**
 * The layers around every route, in their order, and what one route answers has passed all of them.
 */
import Koa from 'koa';
import type { Settings } from '../config/config.ts';
import type { Locale } from '../definitions/locales.ts';
import { createAddressResolver } from '../net/client_address.ts';
import { createPageRenderer } from '../pages/page_renderer.ts';
import type { Views } from '../pages/views.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { type DeadlineOptions, deadline } from './deadline.ts';
import { type ErrorOptions, type ErrorPage, errorSerialiser } from './errors.ts';
import { requestContext } from './request_context.ts';
import { type LimitOptions, requestLimits } from './request_limits.ts';
import { securityHeaders } from './security_headers.ts';

export type ApplicationOptions = {
  settings: Pick<Settings, 'issuer' | 'trustedProxies'>;
  log: Log;
  metrics: Pick<Metrics, 'observeRequest'>;
  views: Views;
  defaultLocale: Locale;
  allowedMethods?: ErrorOptions['allowedMethods'];
  bodyLimit?: LimitOptions['bodyLimit'];
  limitMs?: DeadlineOptions['limitMs'];
};

/** A Koa application without routes: `use` them on it. */
export function createApplication({
  settings: { issuer, trustedProxies },
  log,
  metrics,
  views,
  defaultLocale,
  allowedMethods,
  bodyLimit,
  limitMs,
}: ApplicationOptions): Koa {
  const renderer = createPageRenderer({ views, fallbackLocale: defaultLocale });
  const errorPage: ErrorPage = (ctx, { status, code, description }) =>
    renderer.render(
      ctx,
      'error',
      { status, code, description },
      { uiLocales: String(ctx.query.ui_locales ?? '') },
    );

  // The headers that `proxy` lets Koa read are our own: presentAsIssuer() overwrites them.
  const app = new Koa({ proxy: true });
  app.use(
    requestContext({ issuer, resolveAddress: createAddressResolver(trustedProxies), log, metrics }),
  );
  app.use(securityHeaders({ issuer }));
  app.use(errorSerialiser({ issuer, log, errorPage, allowedMethods }));
  app.use(deadline({ log, limitMs }));
  app.use(requestLimits({ issuer, bodyLimit }));
  // What no layer could catch: a stream that fails while it is sent.
  app.on('error', (error: NodeJS.ErrnoException) => {
    const clientLeft = error.code === 'ECONNRESET' || error.code === 'EPIPE';
    log[clientLeft ? 'debug' : 'error']({ err: error }, 'response failed');
  });
  return app;
}
