/**
 * Paths as the rooms know them: below the issuer's own.
 */
import type { Context } from 'koa';

/** Empty for what lies outside of the issuer. */
export type LocalPath = (ctx: Pick<Context, 'path'>) => string;

export function createLocalPath(issuer: string): LocalPath {
  const basePath = new URL(issuer).pathname.replace(/\/$/, '');
  return ({ path }) => (`${path}/`.startsWith(`${basePath}/`) ? path.slice(basePath.length) : '');
}
