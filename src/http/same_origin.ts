/**
 * Whether a form was sent from a page of our own, by what browsers say of that.
 */
import type { Context } from 'koa';
import { CardeaError } from '../errors.ts';

type Headers = Pick<Context, 'get'>;

/** `origin`: the issuer's. A browser that says nothing is believed: then a token in the form has to prove it. */
export function isFromOrigin(ctx: Headers, origin: string): boolean {
  const site = ctx.get('Sec-Fetch-Site');
  if (site) return site === 'same-origin';
  const sender = ctx.get('Origin');
  return sender === '' || sender === origin;
}

/** 403, for a form that another page sent. */
export function forgedRequest(): CardeaError {
  return new CardeaError({
    code: 'forged_request',
    status: 403,
    message:
      'This form was not sent from its own page. Go back to the application and start again.',
  });
}
