/**
 * A row of the route table (routes.ts), and the guards and handlers that rows refer to by name.
 */
import type { Middleware } from 'koa';
import type { AccountRoutes } from '../account/room.ts';
import type { AdminRoutes } from '../admin/room.ts';
import type { ApiKeysRoom, LeakRoutes } from '../api_keys/room.ts';
import type { ConsoleRoutes } from '../console/room.ts';
import type { Handler } from '../http/answer.ts';
import type { Route } from '../http/routing/route.ts';
import type { CallbackRoutes } from '../identity_providers/room.ts';
import type { InspectorPages } from '../inspection/room.ts';
import type { InteractionRoutes } from '../interactions/room.ts';
import type { DevelopmentMailRoutes } from '../mail/room.ts';
import type { OidcRoutes } from '../oidc/room.ts';
import type { FirstOwnerRoutes } from '../operators/room.ts';
import type { RecoveryRoutes } from '../recovery/room.ts';
import type { RegistrationRoutes } from '../registration/room.ts';
import type { StatusListRoutes } from '../tokens/room.ts';

/** The handlers that each room provides. */
export type Answers = {
  assets: Middleware;
  /** The page at the issuer itself. */
  home: Middleware;
  /** "Which credential do I need?" */
  guide: Middleware;
  /** Who else may use passkeys of the issuer's host. */
  relatedOrigins: Middleware | undefined;
  statusLists: StatusListRoutes;
  apiKeys: ApiKeysRoom['routes'];
  leaks: LeakRoutes;
  forwardAuth: Handler;
  admin: AdminRoutes;
  inspector: InspectorPages;
  console: ConsoleRoutes;
  /** Undefined where the operator has none. */
  account: AccountRoutes | undefined;
  /** Undefined where no mail can be sent. */
  recovery: RecoveryRoutes | undefined;
  /** Undefined where people do not register themselves. */
  registration: RegistrationRoutes | undefined;
  interactions: InteractionRoutes;
  /** Undefined where people sign in nowhere else. */
  providers: CallbackRoutes | undefined;
  oidc: OidcRoutes;
  firstOwner: FirstOwnerRoutes;
  /** In development mode, without a mail server. */
  developmentMail: DevelopmentMailRoutes | undefined;
};

/** Middleware that may reject a request before its handler runs. */
export type Guards = {
  /** Rejects an API key in the query string and reports it as leaked. */
  keyInQuery: Middleware;
  /** Has pages look as the settings say that were changed before the request. */
  currentPages: Middleware;
  /** Limits how many device codes one network may try. */
  deviceThrottle: Middleware;
  /** Rejects a form that another origin sent. */
  ownForm: Middleware;
  /** Redirects a POST to the same request as a GET. */
  postAsGet: Middleware;
  /** Requires the browser that started the request, and ignores a session cookie that was planted in it. */
  ownBrowser: Middleware;
  /** Gives the page of an expired form a link to where the person can go on. */
  wayOn: Middleware;
};

export type RouteRow = Omit<Route, 'guards' | 'answer' | 'handler'> & {
  guards: readonly (keyof Guards)[];
  /** Answers by value what programs ask. */
  handler?: (answers: Answers) => Handler;
  /** Undefined if the configuration turns this route off. */
  answer?: (answers: Answers) => Middleware | undefined;
};

/** Resolves the names in the rows to middleware. */
export function createRoutes(
  rows: readonly RouteRow[],
  { answers, guards }: { answers: Answers; guards: Guards },
): Route[] {
  return rows.map((row) => ({
    ...row,
    guards: row.guards.map((name) => guards[name]),
    handler: row.handler?.(answers),
    answer: row.answer?.(answers),
  }));
}
