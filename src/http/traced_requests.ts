/**
 * Requests as spans: whose trace one belongs to, and what its span says once it is over. A span names the route, never
 * the path, a query, a header, an address or a person.
 */
import type { RequestListener, ServerResponse } from 'node:http';
import { knownMethods } from '../definitions/http.ts';
import type { AddressResolver } from '../net/client_address.ts';
import type { RequestSpan, Spans } from '../telemetry/tracing/spans.ts';
import type { RequestState } from './request_state.ts';

export type RequestTracing = {
  /** Serves each request within its span. */
  around(serve: RequestListener): RequestListener;
  /** Of the request that this response is for. Whoever records the request ends it. */
  spanOf(res: ServerResponse): RequestSpan | undefined;
};

export function createRequestTracing({
  spans,
  resolveAddress,
}: {
  spans: Pick<Spans, 'begin'>;
  resolveAddress: AddressResolver;
}): RequestTracing {
  const open = new WeakMap<ServerResponse, RequestSpan>();
  return {
    around: (serve) => (req, res) => {
      const { headers, method = '' } = req;
      const isTrusted = resolveAddress(req.socket.remoteAddress, headers).viaTrustedProxy;
      const span = spans.begin({ method: methodLabel(method), headers, isTrusted });
      open.set(res, span);
      span.run(() => serve(req, res));
    },
    spanOf: (res) => open.get(res),
  };
}

/** OpenTelemetry's semantic conventions for HTTP servers, without what could tell who asked for what. */
export function spanOutcome(
  { requestId, match, logFields }: RequestState,
  { method, status, aborted }: { method: string; status: number; aborted: boolean },
): Parameters<RequestSpan['end']>[0] {
  const route = match.route?.path;
  const label = methodLabel(method);
  const code = typeof logFields.error === 'string' ? logFields.error : String(status);
  return {
    name: route === undefined ? label : `${label} ${route}`,
    hasFailed: status >= 500 || aborted,
    attributes: {
      'http.request.method': label,
      'http.route': route,
      'http.response.status_code': status,
      'error.type': aborted ? 'aborted' : status >= 400 ? code : undefined,
      'cardea.request_id': requestId,
      // Of a client that is known: whoever fills the field has authenticated or found it.
      'cardea.client_id': logFields.client_id,
      'cardea.grant_type': logFields.grant_type,
      'cardea.outcome': logFields.outcome,
      'cardea.refusal': logFields.reason,
    },
  };
}

function methodLabel(method: string): string {
  return knownMethods.has(method) ? method : '_OTHER';
}
