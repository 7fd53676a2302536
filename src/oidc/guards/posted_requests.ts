/**
 * Authorization and sign-out requests by POST (OpenID Connect Core 3.1.2.1, RP-Initiated Logout 2). A POST
 * from a client's page is cross-site and comes without our session cookie (SameSite=Lax), and relaxing the
 * cookie would weaken every other form. So the request is sent around once: the same parameters by GET,
 * where the cookie comes along.
 */
import type { Middleware } from 'koa';
import { CardeaError } from '../../errors.ts';
import { readForm } from '../../http/request_body.ts';

/** Characters; what a URL can carry through common proxies. */
const longest = 7 * 1024;

export const redirectPostedRequest: Middleware = async function redirectPostedRequest(ctx, next) {
  if (ctx.method !== 'POST') return next();
  const query = (await readForm(ctx)).toString();
  if (query.length > longest) {
    throw new CardeaError({
      code: 'invalid_request',
      status: 400,
      message: 'The request is too long for a browser; push it instead (RFC 9126).',
    });
  }
  ctx.status = 303;
  ctx.redirect(`${ctx.mountPath ?? ''}${ctx.path}?${query}`);
};
