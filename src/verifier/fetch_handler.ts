/**
 * Fetch-style handlers, Request in and Response out: Hono, Deno, Bun, Next.js, Remix and others.
 */
import {
  limitHeaders,
  metadataReply,
  type ProtectOptions,
  type Reply,
  replyTo,
  verifyFor,
} from './requests/middleware.ts';
import type { Verified, Verifier } from './verifier.ts';

/**
 * Responds to refusals and serves the RFC 9728 document. Further arguments of the platform are passed through.
 */
export function protectFetch<Credential extends Verified, Rest extends unknown[]>(
  verifier: Verifier<Credential>,
  handler: (request: Request, token: Credential, ...rest: Rest) => Response | Promise<Response>,
  options: ProtectOptions<Request> = {},
) {
  return async (request: Request, ...rest: Rest): Promise<Response> => {
    const metadata = metadataReply(verifier, request.method, request.url);
    if (metadata) return responseOf(metadata, request.method);
    let token: Credential;
    try {
      token = await verifyFor(verifier, request, request, options);
    } catch (failure) {
      return responseOf(replyTo(failure), request.method);
    }
    return withFields(await handler(request, token, ...rest), limitHeaders(token));
  };
}

/** A response that came from a fetch cannot be changed in place. */
function withFields(response: Response, fields: Record<string, string>): Response {
  const entries = Object.entries(fields);
  // Status 101 and network errors cannot be copied.
  if (entries.length === 0 || response.status < 200) return response;
  const changed = new Response(response.body, response);
  for (const [name, value] of entries) changed.headers.set(name, value);
  return changed;
}

function responseOf({ status, headers, body }: Reply, method: string): Response {
  return new Response(method === 'HEAD' || status === 204 ? null : body, { status, headers });
}
