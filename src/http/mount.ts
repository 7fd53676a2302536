/**
 * An issuer may have a path. Everything of Cardea then lives beneath it: the rooms see paths without it, and
 * what lies outside is not ours. The one exception is RFC 8414 section 3.1, which puts the well-known name
 * before the issuer's path.
 */
import type { Middleware } from 'koa';

const metadataPath = '/.well-known/oauth-authorization-server';

/** `basePath`: the issuer's path without a trailing slash; empty at the root. */
export function mountBeneath(basePath: string, inner: Middleware): Middleware {
  if (basePath === '') return inner;
  return async function mounted(ctx, next) {
    const outerPath = ctx.path;
    const innerPath = innerPathOf(outerPath, basePath);
    if (innerPath === undefined) return next();
    ctx.mountPath = basePath;
    ctx.path = innerPath;
    try {
      await inner(ctx, next);
    } finally {
      ctx.path = outerPath;
    }
  };
}

function innerPathOf(path: string, basePath: string): string | undefined {
  if (path === `${metadataPath}${basePath}`) return metadataPath;
  if (path === basePath) return '/';
  return path.startsWith(`${basePath}/`) ? path.slice(basePath.length) : undefined;
}
