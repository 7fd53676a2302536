/**
 * The routes that take the direct way, by method and path, whose last segment may be a parameter. Each is prepared
 * once: what is known of a request by its path alone is the same object for all of them.
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
  /** By what stands before the parameter. */
  const byPrefix = new Map<string, Map<string, DirectRoute>>();
  for (const route of routes) {
    const { handler, hot, methods, cors, path } = route;
    if (!handler || !hot) continue;
    const [prefix = '', parameter] = `${basePath}${path}`.split(':', 2);
    const known = parameter === undefined ? byPath : byPrefix;
    const named = methods === 'any' ? anyMethod : methods;
    const headers = typeof cors === 'object' ? { ...base, ...openHeaders(cors.see) } : base;
    const direct = named.map((method): [string, DirectRoute] => [
      method,
      {
        ...{ route, handler, prepared: prepareHeaders(headers) },
        match: find(`${prefix}${parameter ?? ''}`, method),
      },
    ]);
    known.set(prefix, new Map([...(known.get(prefix) ?? []), ...direct]));
  }

  return (path, method = '') => {
    const exact = byPath.get(path);
    if (exact) return exact.get(method);
    const end = path.lastIndexOf('/') + 1;
    const direct = byPrefix.get(path.slice(0, end))?.get(method);
    const value = path.slice(end);
    if (!direct || value === '') return undefined;
    const [name = ''] = Object.keys(direct.match.params);
    return { ...direct, match: { ...direct.match, params: { [name]: value } } };
  };
}

/** Of a route that takes any method, those without a meaning of their own here. */
const anyMethod = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

function openHeaders(see: string): AnswerHeaders {
  return {
    'access-control-allow-origin': '*',
    ...(see && { 'access-control-expose-headers': see }),
  };
}
