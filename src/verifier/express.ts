/** Express middleware; also for what speaks its language (Connect, Polka, restify). */
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

/** What is needed of Express's response: Node's own. */
export type ExpressResponse = {
  statusCode: number;
  setHeader(name: string, value: string): unknown;
  end(body: string): unknown;
};

/** Answers refusals and RFC 9728 itself; `tokenOf(request)` has the token for what comes after. */
export function protectExpress(verifier: Verifier, options: ProtectOptions = {}) {
  return async (
    request: RequestLike,
    response: ExpressResponse,
    next: (failure?: unknown) => void,
  ): Promise<void> => {
    const answer = ({ status, headers, body }: Reply) => {
      response.statusCode = status;
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
      response.end(body);
    };
    const url = request.originalUrl ?? request.url;
    const metadata = metadataReply(verifier, request.method, url);
    if (metadata) return answer(metadata);
    try {
      const verified = await verifier.verify(request, options);
      remember(request, verified);
      for (const [name, value] of Object.entries(limitFields(verified))) {
        response.setHeader(name, value);
      }
    } catch (failure) {
      try {
        return answer(replyTo(failure));
      } catch (fault) {
        return next(fault);
      }
    }
    next();
  };
}
