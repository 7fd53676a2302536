/**
 * Reads a gateway's request: the operator's settings, and the address that the caller requested.
 *
 * nginx and Traefik call one address with the settings in its query, and send the caller's address in a header.
 * Envoy puts a prefix in front of the caller's own path and query. For Envoy the settings are therefore one
 * segment of the path, which no caller can change; everything after it belongs to the caller.
 */
import { CardeaError } from '../errors.ts';

export type ForwardAuthRequest = {
  /** Formatted as a query string. */
  settings: string;
  /** Addresses, or parts of them, that others may have logged: they must not contain keys. */
  uris: string[];
};

/** Throws CardeaError (400). */
export function readForwardAuthRequest({
  below,
  querystring,
  headers,
}: {
  /** What follows the endpoint's own path and a slash; undefined if there is no such part. */
  below: string | undefined;
  querystring: string;
  /** Shaped like `IncomingMessage.headersDistinct`. */
  headers: Readonly<Record<string, readonly string[] | undefined>>;
}): ForwardAuthRequest {
  const reported = ['x-original-uri', 'x-forwarded-uri', 'x-envoy-original-path'].flatMap(
    (name) => headers[name] ?? [],
  );
  if (below === undefined) return { settings: querystring, uris: [querystring, ...reported] };
  const [segment = ''] = below.split('/', 1);
  const callerPath = below.slice(segment.length);
  if (callerPath.split('/').some(isDotSegment)) throw notNormalised();
  return { settings: segment, uris: [callerPath, querystring, ...reported] };
}

/** If anything on the way resolved such segments, a caller could replace the settings. */
function isDotSegment(segment: string): boolean {
  return /^(\.|%2e){1,2}$/i.test(segment);
}

function notNormalised(): CardeaError {
  return new CardeaError({
    code: 'invalid_request',
    status: 400,
    message: 'The path contains dot segments. The gateway must resolve them or refuse the request.',
  });
}
