/**
 * The server's application: the layers around every route, and the guards and handlers of each.
 */
import { type Application, createApplication } from '../http/application.ts';
import { serveAssets } from '../pages/asset_routes.ts';
import { serveHome } from '../pages/home_route.ts';
import { createRefusalRecords } from '../refusals/room.ts';
import type { Made, Protocol } from './protocol.ts';
import { createRoutes } from './route_row.ts';
import { routes } from './routes.ts';
import type { Start } from './start.ts';

export function createServerApplication(
  { config, cookieKeys, services, clock, log, metrics }: Start,
  { tokens, keys, pages, inspector }: Made,
  { oidc, forwardAuth, interactions, deviceThrottle }: Protocol,
): Application {
  const { artifacts } = services.store;
  const refusals = createRefusalRecords({ artifacts, clock, log });
  const application = createApplication({
    noteRefusal: refusals.note,
    ...{ log, metrics, settings: config, views: pages.views },
    defaultLocale: config.declaration.pages.default_locale,
    routes: createRoutes(routes, {
      answers: {
        ...{
          forwardAuth,
          inspector,
          interactions,
          oidc: oidc.routes,
          apiKeys: keys.apiKeys.routes,
        },
        assets: serveAssets(pages.assets),
        home: serveHome({
          renderer: pages.renderer,
          issuer: config.issuer,
          name: config.declaration.pages.name,
          documentation: config.declaration.pages.documentation,
        }),
        leaks: keys.notices.routes,
        statusLists: tokens.status.routes,
      },
      guards: { ...oidc.guards, deviceThrottle, keyInQuery: keys.apiKeys.guardQuery },
    }),
  });
  application.koa.keys = cookieKeys;
  return application;
}
