/**
 * Request objects by value (OpenID Connect Core 6.1) are not supported, and the library says so. But who sends
 * one may say only in there how the answer is to come, and with which state: without them the client would not
 * hear of the refusal, or not know it for its own. Both are as unproven as any parameter of the URL.
 */
import { decodeJwt } from 'jose';
import type { Context, Next } from 'koa';

const ofTheAnswer = ['state', 'response_mode'] as const;

export async function readUnsupportedRequestObject(ctx: Context, next: Next): Promise<void> {
  const { request } = ctx.query;
  if (ctx.path === '/authorize' && typeof request === 'string') {
    const claims = claimsOf(request);
    for (const name of ofTheAnswer) {
      const claim = claims[name];
      if (ctx.query[name] === undefined && typeof claim === 'string') {
        ctx.query = { ...ctx.query, [name]: claim };
      }
    }
  }
  return next();
}

/** Of any JWT, also an unsigned one; empty where it is none. */
function claimsOf(jwt: string): Record<string, unknown> {
  try {
    return decodeJwt(jwt);
  } catch {
    return {};
  }
}
