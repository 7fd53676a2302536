/**
 * The application of a server: the layers around every route, and the rooms' routes in their order.
 */
import type Koa from 'koa';
import type { Middleware } from 'koa';
import compose from 'koa-compose';
import { createApplication } from '../http/application.ts';
import { mountBeneath } from '../http/mount.ts';
import { serveAssets } from '../pages/asset_routes.ts';
import type { Made, Protocol } from './protocol.ts';
import type { Start } from './start.ts';

export function mountRooms(
  { config, basePath, cookieKeys, log, metrics }: Start,
  { tokens, keys, pages }: Made,
  { oidc, forwardAuth, interactions, deviceCodeThrottle }: Protocol,
): Koa {
  const { status } = tokens;
  const { apiKeys, notices } = keys;
  const koa = createApplication({
    settings: config,
    log,
    metrics,
    views: pages.views,
    defaultLocale: config.declaration.pages.default_locale,
    allowedMethods: (path) =>
      status.allowedMethods(path) ??
      apiKeys.allowedMethods(path) ??
      notices.allowedMethods(path) ??
      oidc.allowedMethods(path),
    bodyLimit: notices.bodyLimit,
  });
  koa.keys = cookieKeys;
  koa.use(
    mountBeneath(
      basePath,
      compose([
        serveAssets(pages.assets),
        status.routes,
        apiKeys.routes,
        notices.routes,
        forwardAuth,
        interactions,
        deviceCodeThrottle,
        oidc.middleware,
      ]) as Middleware,
    ),
  );
  return koa;
}
