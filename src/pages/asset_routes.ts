/**
 * Serves the files that pages load, from memory.
 */
import type { Middleware } from 'koa';
import type { Asset } from './assets.ts';

export type FindAsset = (path: string) => Asset | undefined;

/** `follow`: learns what another process may have put on a page meanwhile. */
export function serveAssets({
  find,
  follow,
}: {
  find: FindAsset;
  follow: () => Promise<unknown>;
}): Middleware {
  return async function serveAsset(ctx) {
    if (!find(ctx.path)) await follow();
    const asset = find(ctx.path);
    if (!asset) return;
    ctx.status = 200;
    ctx.set('ETag', asset.etag);
    ctx.set('Cache-Control', asset.cacheControl);
    if (asset.contentSecurityPolicy) {
      ctx.set('Content-Security-Policy', asset.contentSecurityPolicy);
    }
    if (asset.isShownElsewhere) ctx.set('Cross-Origin-Resource-Policy', 'cross-origin');
    ctx.type = asset.type;
    ctx.body = asset.body;
    if (ctx.fresh) ctx.status = 304;
  };
}
