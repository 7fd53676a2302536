/**
 * The outermost layer of a request: its id, who sent it, which route it is for, and its record (request_record.ts).
 */
import type { Middleware } from 'koa';
import { type AddressResolver, presentAsIssuer } from '../net/client_address.ts';
import { chooseRequestId, type RecordRequest } from './request_record.ts';
import { type RequestState, requestState } from './request_state.ts';
import { beforeHeaders } from './response_headers.ts';
import type { FindRoute } from './routing/find_route.ts';

export type RequestContextOptions = {
  issuer: string;
  resolveAddress: AddressResolver;
  findRoute: FindRoute;
  recordRequest: RecordRequest;
};

/** Fills `ctx.state` (RequestState), sets `X-Request-Id` on whatever is answered, has the request recorded. */
export function requestContext({
  issuer,
  resolveAddress,
  findRoute,
  recordRequest,
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
    recordRequest(ctx.res, { state: requestState(ctx), method, startedAt });
    return next();
  };
}
