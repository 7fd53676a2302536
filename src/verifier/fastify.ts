/**
 * A hook for Fastify.
 */
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

/** The part of Fastify's reply that is used. */
export type FastifyReply = {
  code(status: number): unknown;
  headers(headers: Record<string, string>): unknown;
  send(body: string): unknown;
};

/**
 * For `addHook('onRequest', …)` or a route's `onRequest`. Responds to refusals and serves the RFC 9728
 * document; afterwards `tokenOf(request)` has the token.
 */
export function protectFastify<Request extends RequestLike>(
  verifier: Verifier,
  options: ProtectOptions<Request> = {},
) {
  return async (request: NoInfer<Request>, reply: FastifyReply): Promise<unknown> => {
    const respond = ({ status, headers, body }: Reply) => {
      reply.code(status);
      reply.headers(headers);
      reply.send(body);
      return reply;
    };
    const url = request.originalUrl ?? request.url;
    const metadata = metadataReply(verifier, request.method, url);
    if (metadata) return respond(metadata);
    try {
      const verified = await verifyFor(verifier, request, request, options);
      reply.headers(limitHeaders(verified));
    } catch (failure) {
      return respond(replyTo(failure));
    }
    return undefined;
  };
}
