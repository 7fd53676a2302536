/**
 * A row of the table of routes (routes.ts), and what it refers to by name: who guards a route and who answers it.
 */
import type { Middleware } from 'koa';
import type { ApiKeysRoom, LeakRoutes } from '../api_keys/room.ts';
import type { Route } from '../http/routing/route.ts';
import type { InteractionRoutes } from '../interactions/room.ts';
import type { OidcRoutes } from '../oidc/room.ts';
import type { StatusListRoutes } from '../tokens/room.ts';

/** Who answers: what the rooms' doors give. */
export type Answers = {
  assets: Middleware;
  statusLists: StatusListRoutes;
  apiKeys: ApiKeysRoom['routes'];
  leaks: LeakRoutes;
  forwardAuth: Middleware;
  interactions: InteractionRoutes;
  oidc: OidcRoutes;
};

/** What may refuse a request before its answer is asked. */
export type Guards = {
  /** An API key in the query is refused and reported. */
  keyInQuery: Middleware;
  /** One network may send only so many forms. */
  deviceThrottle: Middleware;
  /** A form that another page sent is refused. */
  ownForm: Middleware;
  /** A POST is sent round as GET. */
  postAsGet: Middleware;
  /** Who comes back must be the browser that began, and a planted session is none. */
  ownBrowser: Middleware;
};

export type RouteRow = Omit<Route, 'guards' | 'answer'> & {
  guards: readonly (keyof Guards)[];
  /** Undefined: the configuration leaves this route out. */
  answer: (answers: Answers) => Middleware | undefined;
};

/** The rows as the layers of a request take them. */
export function createRoutes(
  rows: readonly RouteRow[],
  { answers, guards }: { answers: Answers; guards: Guards },
): Route[] {
  return rows.map((row) => ({
    ...row,
    guards: row.guards.map((name) => guards[name]),
    answer: row.answer(answers),
  }));
}
