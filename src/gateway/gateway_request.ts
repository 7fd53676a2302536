/**
 * What a gateway's request says: the settings of its operator, and the address that the caller asked for.
 *
 * nginx and Traefik ask at one address, with the settings as its query, and tell the caller's in a header. Envoy
 * puts a prefix before the caller's own path, and the caller's query stays where it is: there the settings are
 * one segment of the path, which no caller can reach, and everything behind it is the caller's.
 */
import { CardeaError } from '../errors.ts';

const forwardAuthPath = '/forward-auth';

export type ForwardAuthRequest = {
  /** In the form of a query. */
  settings: string;
  /** Addresses, or parts of them, that others may have logged: no key may be in them. */
  uris: string[];
};

/** `path` below the issuer's; undefined: it is not about this. Throws CardeaError 400. */
export function readForwardAuthRequest({
  path,
  querystring,
  headers,
}: {
  path: string;
  querystring: string;
  /** As `IncomingMessage.headersDistinct` has them. */
  headers: Readonly<Record<string, readonly string[] | undefined>>;
}): ForwardAuthRequest | undefined {
  const reported = ['x-original-uri', 'x-forwarded-uri', 'x-envoy-original-path'].flatMap(
    (name) => headers[name] ?? [],
  );
  if (path === forwardAuthPath) return { settings: querystring, uris: [querystring, ...reported] };
  const prefix = `${forwardAuthPath}/`;
  if (!path.startsWith(prefix)) return undefined;
  const [segment = ''] = path.slice(prefix.length).split('/', 1);
  const callerPath = path.slice(prefix.length + segment.length);
  if (callerPath.split('/').some(isDotSegment)) throw notNormalised();
  return { settings: segment, uris: [callerPath, querystring, ...reported] };
}

/** Whoever resolved these on the way here would let a caller replace the settings. */
function isDotSegment(segment: string): boolean {
  return /^(\.|%2e){1,2}$/i.test(segment);
}

function notNormalised(): CardeaError {
  return new CardeaError({
    code: 'invalid_request',
    status: 400,
    message: 'The path has dot segments: the gateway must resolve them, or refuse the request.',
  });
}
