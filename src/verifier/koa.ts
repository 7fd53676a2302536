/** Koa middleware. */
import {
  limitFields,
  metadataReply,
  type ProtectOptions,
  type Reply,
  remember,
  replyTo,
} from './requests/middleware.ts';
import type { RequestLike } from './requests/presented.ts';
import type { Verifier } from './verifier.ts';

/** What is needed of Koa's context. */
export type KoaContext = {
  req: RequestLike & { socket?: unknown };
  originalUrl: string;
  status: number;
  body: unknown;
  set(headers: Record<string, string>): void;
};

/** Answers refusals and RFC 9728 itself; `tokenOf(ctx)` has the token for what comes after. */
export function protectKoa(verifier: Verifier, options: ProtectOptions = {}) {
  return async (ctx: KoaContext, next: () => Promise<unknown>): Promise<void> => {
    const answer = (reply: Reply) => {
      ctx.status = reply.status;
      ctx.set(reply.headers);
      ctx.body = reply.body;
    };
    const { req, originalUrl } = ctx;
    const { headers, method, socket } = req;
    // As it arrived: koa-mount and others change `req.url`.
    const request = { headers, method, socket, originalUrl, raw: req };
    const metadata = metadataReply(verifier, method, originalUrl);
    if (metadata) return answer(metadata);
    try {
      const verified = await verifier.verify(request, options);
      remember(ctx, verified);
      ctx.set(limitFields(verified));
    } catch (failure) {
      return answer(replyTo(failure));
    }
    await next();
  };
}
