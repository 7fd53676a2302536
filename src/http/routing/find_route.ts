/**
 * Which route a request is for: found once, from its path and method, before any layer wants to know.
 */
import Router, { type Layer } from '@koa/router';
import { type Address, createAddress } from './address.ts';
import { localPath } from './local_path.ts';
import type { ErrorFamily, Route, RouteMatch } from './route.ts';

/** `path` as it was sent, the issuer's own included. */
export type FindRoute = (path: string, method: string) => RouteMatch;

const noParameters = {};

/** `basePath`: the issuer's path without a trailing slash; empty at the root. */
export function createRouteFinder({
  routes,
  basePath,
}: {
  routes: readonly Route[];
  basePath: string;
}): FindRoute {
  const hot = new Map<string, Address>();
  const router = new Router({ sensitive: true, strict: true });
  const byLayer = new Map<Layer, Address>();
  const served = routes.filter(({ answer, handler }) => answer ?? handler);
  for (const [path, rows] of Map.groupBy(served, (route) => route.path)) {
    const address = createAddress(rows);
    if (rows.some((route) => route.hot) && !path.includes('/:')) hot.set(path, address);
    else byLayer.set(router.register(path, [], () => {}) as Layer, address);
  }
  const familyBeneath = createFamilies(routes);

  return function findRoute(sent, method) {
    const path = localPath(sent, basePath);
    const exact = path === undefined ? undefined : hot.get(path);
    if (exact) return { ...exact(method), path, params: noParameters };
    const [layer] = path === undefined ? [] : router.match(path, method).path;
    const address = layer && byLayer.get(layer);
    if (path === undefined || !address) {
      const errors = familyBeneath(path);
      return {
        name: 'unmatched',
        errors,
        path,
        params: noParameters,
        route: undefined,
        serve: undefined,
      };
    }
    return { ...address(method), path, params: parametersOf(layer, path) };
  };
}

/** Not decoded: none of ours needs an encoding, and each has one way to be written. */
function parametersOf(layer: Layer, path: string): Record<string, string> {
  const values = layer.captures(path);
  return Object.fromEntries(layer.paramNames.map(({ name }, index) => [name, values[index] ?? '']));
}

/** An address that does not exist speaks as those do that begin as it does; all others serve people and programs. */
function createFamilies(routes: readonly Route[]): (path: string | undefined) => ErrorFamily {
  const families = new Map(routes.map(({ path, errors }) => [firstSegment(path), errors]));
  return (path) => families.get(firstSegment(path ?? '')) ?? 'page';
}

function firstSegment(path: string): string {
  return path.split('/', 2)[1] ?? '';
}
