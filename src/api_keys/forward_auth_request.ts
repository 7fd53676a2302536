/**
 * What a gateway's request says: the settings of its operator, and the address that the caller asked for.
 *
 * nginx and Traefik ask at one address, with the settings as its query, and tell the caller's in a header. Envoy
 * puts a prefix before the caller's own path, and the caller's query stays where it is: there the settings are
 * one segment of the path, which no caller can reach, and everything behind it is the caller's.
 */
export const forwardAuthPath = '/forward-auth';

export type ForwardAuthRequest = {
  /** In the form of a query. */
  settings: string;
  /** Addresses, or parts of them, that others may have logged: no key may be in them. */
  uris: string[];
};

/** `path` below the issuer's; undefined: it is not about this. */
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
  const told = ['x-original-uri', 'x-forwarded-uri', 'x-envoy-original-path'].flatMap(
    (name) => headers[name] ?? [],
  );
  if (path === forwardAuthPath) return { settings: querystring, uris: [querystring, ...told] };
  const prefix = `${forwardAuthPath}/`;
  if (!path.startsWith(prefix)) return undefined;
  const [segment = ''] = path.slice(prefix.length).split('/', 1);
  const callerPath = path.slice(prefix.length + segment.length);
  return { settings: segment, uris: [callerPath, querystring, ...told] };
}
