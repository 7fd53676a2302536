/**
 * Express middleware; also works with Connect, Polka and restify.
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

/** The part of Express's response that is used, which is Node's own. */
export type ExpressResponse = {
  statusCode: number;
  setHeader(name: string, value: string): unknown;
  end(body: string): unknown;
};

/** Responds to refusals and serves the RFC 9728 document; afterwards `tokenOf(request)` has the token. */
export function protectExpress<Request extends RequestLike>(
  verifier: Verifier,
  options: ProtectOptions<Request> = {},
) {
  return async (
    request: NoInfer<Request>,
    response: ExpressResponse,
    next: (failure?: unknown) => void,
  ): Promise<void> => {
    const respond = ({ status, headers, body }: Reply) => {
      response.statusCode = status;
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
      response.end(body);
    };
    const url = request.originalUrl ?? request.url;
    const metadata = metadataReply(verifier, request.method, url);
    if (metadata) return respond(metadata);
    try {
      const verified = await verifyFor(verifier, request, request, options);
      for (const [name, value] of Object.entries(limitHeaders(verified))) {
        response.setHeader(name, value);
      }
    } catch (failure) {
      try {
        return respond(replyTo(failure));
      } catch (fault) {
        return next(fault);
      }
    }
    next();
  };
}
