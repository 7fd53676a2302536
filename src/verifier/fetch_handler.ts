/** Handlers of the fetch kind: Request in, Response out (Hono, Deno, Bun, Next.js, Remix and others). */
import {
  limitFields,
  metadataReply,
  type ProtectOptions,
  type Reply,
  remember,
  replyTo,
} from './requests/middleware.ts';
import type { Verified, Verifier } from './verifier.ts';

/** Answers refusals and RFC 9728 itself; other arguments of the platform are handed through. */
export function protectFetch<Credential extends Verified, Rest extends unknown[]>(
  verifier: Verifier<Credential>,
  handler: (request: Request, token: Credential, ...rest: Rest) => Response | Promise<Response>,
  options: ProtectOptions = {},
) {
  return async (request: Request, ...rest: Rest): Promise<Response> => {
    const metadata = metadataReply(verifier, request.method, request.url);
    if (metadata) return responseOf(metadata, request.method);
    let token: Credential;
    try {
      token = await verifier.verify(request, options);
    } catch (failure) {
      return responseOf(replyTo(failure), request.method);
    }
    remember(request, token);
    return withFields(await handler(request, token, ...rest), limitFields(token));
  };
}

/** A response that came from elsewhere, as from a fetch, cannot be changed. */
function withFields(response: Response, fields: Record<string, string>): Response {
  const entries = Object.entries(fields);
  // Status 101 and network errors can be no new Response.
  if (entries.length === 0 || response.status < 200) return response;
  const changed = new Response(response.body, response);
  for (const [name, value] of entries) changed.headers.set(name, value);
  return changed;
}

function responseOf({ status, headers, body }: Reply, method: string): Response {
  return new Response(method === 'HEAD' ? null : body, { status, headers });
}
