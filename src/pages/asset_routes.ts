/**
 * Serves the files that pages load, from memory.
 */
import type { Middleware } from 'koa';
import type { Assets } from './assets.ts';

export function serveAssets({ files }: Assets): Middleware {
  return async function serveAsset(ctx) {
    const asset = files.get(ctx.path);
    if (!asset) return;
    ctx.status = 200;
    ctx.set('ETag', asset.etag);
    ctx.set('Cache-Control', asset.cacheControl);
    if (asset.contentSecurityPolicy) {
      ctx.set('Content-Security-Policy', asset.contentSecurityPolicy);
    }
    ctx.type = asset.type;
    ctx.body = asset.body;
    if (ctx.fresh) ctx.status = 304;
  };
}
