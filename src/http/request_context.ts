/**
 * The outermost layer of a request: its id, who sent it, and its one line in the log with its
 * measurements. The line names the route, never the URL, a query or a body.
 */
import { randomUUID } from 'node:crypto';
import type { Middleware, ParameterizedContext } from 'koa';
import { type AddressResolver, presentAsIssuer } from '../net/client_address.ts';
import type { Log } from '../telemetry/log.ts';
import { bounded } from '../telemetry/log_fields.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { type RequestState, requestState } from './request_state.ts';
import { beforeHeaders } from './response_headers.ts';

export type RequestContextOptions = {
  issuer: string;
  resolveAddress: AddressResolver;
  log: Pick<Log, 'debug' | 'info'>;
  metrics: Pick<Metrics, 'observeRequest'>;
};

/** Verifiers ask for lists every few seconds, all day; a page brings its assets along. */
const routine = new Set(['status_list', 'asset']);

/** Fills `ctx.state` (RequestState), sets `X-Request-Id` on whatever is answered, logs at the end. */
export function requestContext({
  issuer,
  resolveAddress,
  log,
  metrics,
}: RequestContextOptions): Middleware {
  const issuerUrl = new URL(issuer);
  return function requestContextLayer(ctx, next) {
    const startedAt = performance.now();
    const address = resolveAddress(ctx.req.socket.remoteAddress, ctx.req.headers);
    const requestId = chooseRequestId(ctx.get('x-request-id'), address.viaTrustedProxy);
    const state: RequestState = { requestId, address, logFields: {} };
    Object.assign(ctx.state, state);

    presentAsIssuer(ctx.req, address.ip, issuerUrl);
    ctx.originalUrl = ctx.request.originalUrl = ctx.req.url ?? '/';
    beforeHeaders(ctx.res, () => ctx.res.setHeader('x-request-id', requestId));

    ctx.res.once('close', () => {
      const seconds = (performance.now() - startedAt) / 1000;
      const route = routeName(ctx);
      const { statusCode: status, writableFinished } = ctx.res;
      metrics.observeRequest({
        route,
        method: ctx.method,
        status,
        aborted: !writableFinished,
        seconds,
      });
      const isRoutine = routine.has(route) && status < 400;
      log[isRoutine ? 'debug' : 'info'](
        {
          ...bounded(requestState(ctx).logFields),
          request_id: requestId,
          method: ctx.method,
          route,
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

/** What a layer says, else the router's name or pattern for it: a fixed set, unlike paths. */
function routeName(
  ctx: ParameterizedContext & { _matchedRouteName?: unknown; _matchedRoute?: unknown },
): string {
  return String(
    requestState(ctx).route ?? ctx._matchedRouteName ?? ctx._matchedRoute ?? 'unmatched',
  );
}
