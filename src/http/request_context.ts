/**
 * The outermost layer of a request: its id, who sent it, which route it is for, and its one line in the log with
 * its measurements. The line names the route, never the URL, a query or a body.
 */
import { randomUUID } from 'node:crypto';
import type { Middleware } from 'koa';
import { type AddressResolver, presentAsIssuer } from '../net/client_address.ts';
import type { Log } from '../telemetry/log.ts';
import { bounded } from '../telemetry/log_fields.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { type RequestState, requestState } from './request_state.ts';
import { beforeHeaders } from './response_headers.ts';
import type { FindRoute } from './routing/find_route.ts';

export type RequestContextOptions = {
  issuer: string;
  resolveAddress: AddressResolver;
  findRoute: FindRoute;
  log: Pick<Log, 'debug' | 'info'>;
  metrics: Pick<Metrics, 'observeRequest'>;
};

/** Fills `ctx.state` (RequestState), sets `X-Request-Id` on whatever is answered, logs at the end. */
export function requestContext({
  issuer,
  resolveAddress,
  findRoute,
  log,
  metrics,
}: RequestContextOptions): Middleware {
  const issuerUrl = new URL(issuer);
  return function requestContextLayer(ctx, next) {
    const startedAt = performance.now();
    const address = resolveAddress(ctx.req.socket.remoteAddress, ctx.req.headers);
    const requestId = chooseRequestId(ctx.get('x-request-id'), address.viaTrustedProxy);
    presentAsIssuer(ctx.req, address.ip, issuerUrl);
    ctx.originalUrl = ctx.request.originalUrl = ctx.req.url ?? '/';
    const { method } = ctx;
    // What is no path (request_limits.ts refuses it) may not even parse.
    const match = findRoute(ctx.url.startsWith('/') ? ctx.path : '', method);
    const state: RequestState = { requestId, address, match, logFields: {} };
    Object.assign(ctx.state, state);
    beforeHeaders(ctx.res, () => ctx.res.setHeader('x-request-id', requestId));

    ctx.res.once('close', () => {
      const seconds = (performance.now() - startedAt) / 1000;
      const { statusCode: status, writableFinished } = ctx.res;
      const { name: route } = match;
      metrics.observeRequest({ route, method, status, aborted: !writableFinished, seconds });
      const level = status < 400 ? match.route?.log : undefined;
      log[level ?? 'info'](
        {
          ...bounded(requestState(ctx).logFields),
          request_id: requestId,
          ...{ method, route },
          status,
          duration_ms: Math.round(seconds * 1e5) / 100,
          ip: address.ip,
          ...(writableFinished ? {} : { aborted: true }),
        },
        'request',
      );
    });
    return next();
  };
}

/**
 * A trusted proxy's id is kept, so that its log and ours meet; anybody else's could forge entries. A UUID,
 * because the runtime draws its randomness in advance: 10 µs less for each request.
 */
function chooseRequestId(offered: string, trusted: boolean): string {
  return trusted && /^[A-Za-z0-9_.-]{1,64}$/.test(offered) ? offered : randomUUID();
}
