/**
 * The routes of one path, by method.
 */
import type { Context, Middleware } from 'koa';
import compose from 'koa-compose';
import { answerByValue } from '../answer.ts';
import { answerPreflight, openToAll } from './cross_origin.ts';
import type { Route, RouteMatch } from './route.ts';

type Served = Omit<RouteMatch, 'path' | 'params'>;

/** What answers a path for each method. */
export type Address = (method: string) => Served;

/** Routes of the same path; there is at least one. */
export function createAddress(routes: readonly Route[]): Address {
  const allowed = [...new Set(routes.flatMap(methodsOf))].join(', ');
  const byMethod = new Map(
    routes.flatMap((route) => methodsOf(route).map((method) => [method, served(route, method)])),
  );
  const [first] = routes;
  if (!first) throw new Error('an address needs a route');
  const otherwise =
    first.methods === 'any'
      ? served(first, 'any')
      : describe(first, first.name, [refuseMethod(allowed)]);
  return (method) => byMethod.get(method) ?? otherwise;

  function served(route: Route, method: string): Served {
    const { name, cors, handler, answer } = route;
    const steps = [...(handler ? [answerByValue(handler)] : []), ...(answer ? [answer] : [])];
    if (typeof cors === 'object') steps.unshift(openToAll(cors, methodsOf(route)));
    if (method !== 'OPTIONS' || cors === 'none') return describe(route, name, steps);
    const preflight = answerPreflight(methodsOf(route), refuseMethod(allowed));
    return describe(route, `cors.${name}`, cors === 'clients' ? [preflight] : steps);
  }
}

function describe(route: Route, name: string, steps: readonly Middleware[]): Served {
  return { name, errors: route.errors, route, serve: compose([...route.guards, ...steps]) };
}

/** As RFC 9110 section 9.1 names them, in the order of the header `Allow`. */
export function methodsOf({ methods, cors }: Pick<Route, 'methods' | 'cors'>): readonly string[] {
  if (methods === 'any') return [];
  const named = methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
  return cors === 'none' ? named : [...named, 'OPTIONS'];
}

/** RFC 9110 section 15.5.6. */
function refuseMethod(allowed: string): Middleware {
  return async function methodNotAllowed(ctx: Pick<Context, 'set' | 'status'>) {
    ctx.set('Allow', allowed);
    ctx.status = 405;
  };
}
