/**
 * `/authorize?restart=…`: the authorization request that a page has kept (restart_tokens.ts), made again. It passes all
 * that any request passes, so that only what is registered now is redirected to. One that cannot be repeated is
 * refused, to the client, and a device's code is entered again.
 */
import type { Middleware } from 'koa';
import { errors } from '../engine/library.ts';
import { createRequestSlot } from '../engine/request_slots.ts';
import { expiredInteraction } from '../guards/browser_binding.ts';
import type { Restarts } from './restart_tokens.ts';

const hasExpired = createRequestSlot<true>();

/** Throws CardeaError `interaction_expired` for a token that is none of ours, or not one of this endpoint. */
export function createRestartedRequests({
  open,
  basePath,
}: Pick<Restarts, 'open'> & { basePath: string }): Middleware {
  return async function restoreRequest(ctx, next) {
    const { restart: token, login_hint: hint } = ctx.query;
    if (token === undefined) return next();
    const restart = open(token);
    if (restart?.as === 'device') return ctx.redirect(`${basePath}/device`);
    if (restart?.as !== 'request' && restart?.as !== 'refusal') throw expiredInteraction();
    ctx.querystring = restart.query;
    // Who has just chosen a password here need not type the name again. Any request may name it.
    if (typeof hint === 'string') ctx.query = { ...ctx.query, login_hint: hint };
    if (restart.as === 'refusal') hasExpired.set(true, ctx);
    await next();
  };
}

/** Throws the library's AccessDenied, which it answers at the client's redirect URI once it has checked that. */
export function refuseExpiredRequest(): void {
  if (hasExpired.get()) throw new errors.AccessDenied('the sign-in has expired, begin again');
}
