/**
 * Requests of pages from other origins (CORS, Fetch section 3.2): answers for what is everybody's to read, and
 * preflights. Where it is a client's pages only, whoever answers the request itself knows which those are; a preflight
 * names no client.
 */
import type { Middleware } from 'koa';
import type { PublicAnswer } from './route.ts';

/** Seconds that a browser may keep the answer to a preflight. */
const preflightAge = '7200';
const clientPreflightAge = '3600';

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

/** An OPTIONS that is no preflight is a method like any other, and not taken. `methods`: the route's. */
export function answerPreflight(methods: readonly string[], refuse: Middleware): Middleware {
  const allowed = methods.filter((method) => method !== 'OPTIONS' && method !== 'HEAD').join(',');
  return function preflightLayer(ctx, next) {
    if (!ctx.get('Access-Control-Request-Method')) return refuse(ctx, next);
    ctx.vary('Origin');
    ctx.set({
      'Access-Control-Allow-Origin': ctx.get('Origin') || '*',
      'Access-Control-Allow-Methods': allowed,
      'Access-Control-Max-Age': clientPreflightAge,
    });
    const headers = ctx.get('Access-Control-Request-Headers');
    if (headers) ctx.set('Access-Control-Allow-Headers', headers);
    ctx.status = 204;
    return Promise.resolve();
  };
}
