/**
 * The library's forms that decide something for the person who is signed in: the device page and sign-out.
 * Their token belongs to the session, and where the session's cookie cannot be bound to the host (an issuer
 * with a path, or http), a neighbouring host can plant a session of its own, token included. So the browser
 * must also say that they were sent from here.
 */
import type { Context, Middleware } from 'koa';
import { forgedRequest, isFromOrigin } from '../../http/same_origin.ts';

/** Throws CardeaError 403 for a form that another page sent. `origin`: the issuer's. */
export function createOwnForms({ origin }: { origin: string }): Middleware {
  return async function refuseForeignForms(ctx, next) {
    if (ctx.method === 'POST' && !isFromOrigin(ctx as Context, origin)) throw forgedRequest();
    await next();
  };
}
