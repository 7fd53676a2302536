/**
 * The routes that take the direct way, by their exact path and method. Each is prepared once: what is known of a
 * request by its path alone is the same object for all of them.
 */
import type { AnswerHeaders, Handler } from '../answer.ts';
import type { Route, RouteMatch } from '../routing/route.ts';
import { type PreparedHeaders, prepareHeaders } from './send.ts';

export type DirectRoute = {
  route: Route;
  handler: Handler;
  match: RouteMatch;
  prepared: PreparedHeaders;
};

/** `path`: as it was sent, without its query. */
export type FindDirect = (path: string, method: string | undefined) => DirectRoute | undefined;

/** `base`: headers of every response. `find`: what the table of routes says of a path and a method. */
export function createDirectRoutes({
  routes,
  basePath,
  base,
  find,
}: {
  routes: readonly Route[];
  basePath: string;
  base: AnswerHeaders;
  find: (path: string, method: string) => RouteMatch;
}): FindDirect {
  const byPath = new Map<string, Map<string, DirectRoute>>();
  for (const route of routes) {
    const { handler, hot, methods, cors, path } = route;
    if (!handler || !hot) continue;
    const sent = `${basePath}${path}`;
    const named = methods === 'any' ? anyMethod : methods;
    const headers = typeof cors === 'object' ? { ...base, ...openHeaders(cors.see) } : base;
    const direct = named.map((method): [string, DirectRoute] => [
      method,
      { route, handler, match: find(sent, method), prepared: prepareHeaders(headers) },
    ]);
    byPath.set(sent, new Map([...(byPath.get(sent) ?? []), ...direct]));
  }
  return (path, method = '') => byPath.get(path)?.get(method);
}

/** Of a route that takes any method, those without a meaning of their own here. */
const anyMethod = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

function openHeaders(see: string): AnswerHeaders {
  return {
    'access-control-allow-origin': '*',
    ...(see && { 'access-control-expose-headers': see }),
  };
}
