/**
 * An issuer may have a path. Everything of Cardea then lives beneath it, and what lies outside is not ours. The one
 * exception is RFC 8414 section 3.1, which puts the well-known name before the issuer's path.
 */
const metadataPath = '/.well-known/oauth-authorization-server';

/** `basePath`: the issuer's path without a trailing slash; empty at the root. Undefined for what lies outside. */
export function localPath(path: string, basePath: string): string | undefined {
  if (basePath === '') return path;
  if (path === `${metadataPath}${basePath}`) return metadataPath;
  if (path === basePath) return '/';
  return path.startsWith(`${basePath}/`) ? path.slice(basePath.length) : undefined;
}
