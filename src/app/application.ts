/**
 * The server's application: the layers around every route, and the guards and handlers of each.
 */
import type { AdminRoom } from '../admin/room.ts';
import { serveRelatedOrigins } from '../authentication/room.ts';
import { serveGuide } from '../guide/room.ts';
import { type Application, createApplication } from '../http/application.ts';
import { createFirstOwnerRoutes } from '../operators/room.ts';
import { serveAssets } from '../pages/asset_routes.ts';
import { serveHome } from '../pages/home_route.ts';
import { createRefusalRecords } from '../refusals/room.ts';
import { countingRefusals } from '../statistics/room.ts';
import { createServerGuide } from './guide.ts';
import type { Made } from './made.ts';
import { developmentMailRoutes } from './mail/server_mail.ts';
import type { Protocol } from './protocol.ts';
import { type Answers, createRoutes } from './route_row.ts';
import { routes } from './routes.ts';
import type { Start } from './start.ts';

export function createServerApplication(
  start: Start,
  { tokens, keys, pages, inspector, providers }: Made,
  { oidc, forwardAuth, interactions, deviceThrottle }: Protocol,
  admin: AdminRoom,
  ofPeople: Pick<Answers, 'console' | 'account' | 'recovery' | 'registration'>,
): Application {
  const { config, basePath, cookieKeys, services, clock, log, metrics, spans, statistics } = start;
  const refusals = createRefusalRecords({ refusals: services.store.refusals, clock, log });
  const application = createApplication({
    noteRefusal: countingRefusals(refusals.note, statistics),
    ...{ log, metrics, spans, settings: config, views: pages.views },
    defaultLocale: config.declaration.pages.default_locale,
    routes: createRoutes(routes, {
      answers: {
        ...{ forwardAuth, inspector, interactions, oidc: oidc.routes },
        apiKeys: keys.apiKeys.routes,
        assets: serveAssets({ find: pages.findAsset, follow: pages.follow }),
        home: serveHome({
          renderer: pages.renderer,
          issuer: config.issuer,
          accountPath: config.declaration.account.enabled ? `${basePath}/account` : undefined,
          pages: () => services.settings.effective().pages,
        }),
        admin: admin.routes,
        guide: serveGuide({
          renderer: pages.renderer,
          guide: createServerGuide(config),
        }),
        ...ofPeople,
        providers: providers.callbackRoutes,
        leaks: keys.notices.routes,
        firstOwner: createFirstOwnerRoutes({
          ...{ firstOwner: services.firstOwner, basePath },
          ...{ renderer: pages.renderer, issuer: config.issuer },
        }),
        developmentMail: developmentMailRoutes(start, pages.renderer),
        relatedOrigins: serveRelatedOrigins({
          issuer: config.issuer,
          origins: config.declaration.passkeys.related_origins,
        }),
        statusLists: tokens.status.routes,
      },
      guards: {
        ...oidc.guards,
        currentPages: async (_ctx, next) => {
          await pages.follow();
          await next();
        },
        deviceThrottle,
        keyInQuery: keys.apiKeys.guardQuery,
      },
    }),
  });
  application.koa.keys = cookieKeys;
  return application;
}
