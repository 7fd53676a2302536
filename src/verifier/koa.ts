/** Koa middleware. */
import {
  limitHeaders,
  metadataReply,
  type ProtectOptions,
  type Reply,
  replyTo,
  verifyFor,
} from './requests/middleware.ts';
import type { RequestLike } from './requests/presented.ts';
import type { Verifier } from './verifier.ts';

/** The part of Koa's context that is used. */
export type KoaContext = {
  req: RequestLike & { socket?: unknown };
  originalUrl: string;
  status: number;
  body: unknown;
  set(headers: Record<string, string>): void;
};

/** Responds to refusals and serves the RFC 9728 document; afterwards `tokenOf(ctx)` has the token. */
export function protectKoa<Context extends KoaContext>(
  verifier: Verifier,
  options: ProtectOptions<Context> = {},
) {
  return async (ctx: NoInfer<Context>, next: () => Promise<unknown>): Promise<void> => {
    const respond = (reply: Reply) => {
      ctx.status = reply.status;
      ctx.set(reply.headers);
      ctx.body = reply.body;
    };
    const { req, originalUrl } = ctx;
    const { headers, method, socket } = req;
    // The URL as it arrived: koa-mount and others change `req.url`.
    const request = { headers, method, socket, originalUrl, raw: req };
    const metadata = metadataReply(verifier, method, originalUrl);
    if (metadata) return respond(metadata);
    try {
      const verified = await verifyFor(verifier, request, ctx, options);
      ctx.set(limitHeaders(verified));
    } catch (failure) {
      return respond(replyTo(failure));
    }
    await next();
  };
}
