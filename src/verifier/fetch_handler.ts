/** Handlers of the fetch kind: Request in, Response out (Hono, Deno, Bun, Next.js, Remix and others). */

import { metadataReply, type ProtectOptions, type Reply, remember, replyTo } from './middleware.ts';
import type { VerifiedToken, Verifier } from './verifier.ts';

/** Answers refusals and RFC 9728 itself; other arguments of the platform are handed through. */
export function protectFetch<Rest extends unknown[]>(
  verifier: Verifier,
  handler: (request: Request, token: VerifiedToken, ...rest: Rest) => Response | Promise<Response>,
  options: ProtectOptions = {},
) {
  return async (request: Request, ...rest: Rest): Promise<Response> => {
    const metadata = metadataReply(verifier, request.method, request.url);
    if (metadata) return responseOf(metadata, request.method);
    let token: VerifiedToken;
    try {
      token = await verifier.verify(request, options);
    } catch (failure) {
      return responseOf(replyTo(failure), request.method);
    }
    remember(request, token);
    return handler(request, token, ...rest);
  };
}

function responseOf({ status, headers, body }: Reply, method: string): Response {
  return new Response(method === 'HEAD' ? null : body, { status, headers });
}
