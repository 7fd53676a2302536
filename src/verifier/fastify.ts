/** Fastify hook. */
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

/** What is needed of Fastify's reply. */
export type FastifyReply = {
  code(status: number): unknown;
  headers(headers: Record<string, string>): unknown;
  send(body: string): unknown;
};

/**
 * For `addHook('onRequest', …)` or a route's `onRequest`. Answers refusals and RFC 9728 itself;
 * `tokenOf(request)` has the token for what comes after.
 */
export function protectFastify(verifier: Verifier, options: ProtectOptions = {}) {
  return async (request: RequestLike, reply: FastifyReply): Promise<unknown> => {
    const answer = ({ status, headers, body }: Reply) => {
      reply.code(status);
      reply.headers(headers);
      reply.send(body);
      return reply;
    };
    const url = request.originalUrl ?? request.url;
    const metadata = metadataReply(verifier, request.method, url);
    if (metadata) return answer(metadata);
    try {
      const verified = await verifier.verify(request, options);
      remember(request, verified);
      reply.headers(limitFields(verified));
    } catch (failure) {
      return answer(replyTo(failure));
    }
    return undefined;
  };
}
