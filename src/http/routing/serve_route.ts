/**
 * The innermost layer: a request's route runs, its guards ahead of it, and nothing else does. It sees its path as
 * the table has it, below the issuer's.
 */
import type { Middleware } from 'koa';
import { requestState } from '../request_state.ts';

/** `basePath`: the issuer's path without a trailing slash; empty at the root. */
export function serveRoute(basePath: string): Middleware {
  return async function serveRouteLayer(ctx, next) {
    const { serve, path } = requestState(ctx).match;
    if (!serve || path === undefined) return next();
    if (basePath === '') return serve(ctx, next);
    const sent = ctx.path;
    // Where the protocol engine looks for what comes before its own addresses.
    ctx.mountPath = basePath;
    ctx.path = path;
    try {
      await serve(ctx, next);
    } finally {
      ctx.path = sent;
    }
  };
}
