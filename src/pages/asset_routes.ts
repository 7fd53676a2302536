/**
 * Serves the files that pages load, from memory.
 */
import type { Middleware } from 'koa';
import { requestState } from '../http/request_state.ts';
import type { Assets } from './assets.ts';

export function serveAssets({ files }: Assets): Middleware {
  return function assetsLayer(ctx, next) {
    const asset = files.get(ctx.path);
    if (!asset || (ctx.method !== 'GET' && ctx.method !== 'HEAD')) return next();
    requestState(ctx).route = 'asset';
    ctx.status = 200;
    ctx.set('ETag', asset.etag);
    ctx.set('Cache-Control', asset.cacheControl);
    if (asset.contentSecurityPolicy) {
      ctx.set('Content-Security-Policy', asset.contentSecurityPolicy);
    }
    ctx.type = asset.type;
    ctx.body = asset.body;
    if (ctx.fresh) ctx.status = 304;
    return Promise.resolve();
  };
}
