/**
 * HTTP methods that log, metrics and traces may name. Anything else could be a text of a stranger's.
 */
export const knownMethods: ReadonlySet<string> = new Set([
  ...['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
]);
