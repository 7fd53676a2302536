/**
 * Requests of pages from other origins (CORS, Fetch section 3.2), for what is everybody's to read. Where it is a
 * client's pages only, whoever answers the route knows which those are.
 */
import type { Middleware } from 'koa';
import type { PublicAnswer } from './route.ts';

/** Seconds that a browser may keep the answer to a preflight. */
const preflightAge = '7200';

/** Any page may have the answer; a preflight is answered here. `methods`: the route's. */
export function openToAll({ send, see }: PublicAnswer, methods: readonly string[]): Middleware {
  const preflight = {
    'Access-Control-Allow-Methods': methods.filter((method) => method !== 'OPTIONS').join(', '),
    'Access-Control-Allow-Headers': send,
    'Access-Control-Max-Age': preflightAge,
  };
  return function openToAllLayer(ctx, next) {
    ctx.set('Access-Control-Allow-Origin', '*');
    if (see) ctx.set('Access-Control-Expose-Headers', see);
    if (ctx.method !== 'OPTIONS') return next();
    ctx.set(preflight);
    ctx.status = 204;
    return Promise.resolve();
  };
}

/** An OPTIONS that is no preflight is a method like any other, and not taken. */
export function answerPreflight(refuse: Middleware): Middleware {
  return function preflightLayer(ctx, next) {
    return ctx.get('Access-Control-Request-Method') ? next() : refuse(ctx, next);
  };
}
