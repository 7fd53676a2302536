/**
 * The cookies of a site. With an https issuer at the root they have the prefix `__Host-`, which no neighbouring host can
 * plant. Beneath a path the session's cookie stays there instead, so that no other application of the host is sent it,
 * and a digest of it in a second cookie that has the prefix says that it was not planted (RFC 6265bis section 4.1.3).
 *
 * `SameSite=Lax`: with `Strict`, whoever follows a link from a chat or a mail would seem to be signed out. A form of
 * another site does not bring the cookie either way.
 */
import type { Context } from 'koa';
import { equalSecrets, hmacSha256 } from '../digests.ts';
import type { Site } from './site.ts';

export type SiteCookies = {
  /** The id of the session; undefined: none, or one that was planted. */
  session(ctx: Context): string | undefined;
  setSession(ctx: Context, id: string | null): void;
  /** By which a sign-in comes back to the browser that began it. */
  browser(ctx: Context): string | undefined;
  setBrowser(ctx: Context, id: string, maxAgeMs: number): void;
  /** A message for the next page, sealed. */
  flash(ctx: Context): string | undefined;
  setFlash(ctx: Context, sealed: string | null): void;
};

export function createSiteCookies({
  site: { name, path },
  issuer,
  basePath,
  key,
}: {
  site: Site;
  issuer: string;
  /** The issuer's path without a trailing slash. */
  basePath: string;
  /** Of the digests. */
  key: Buffer;
}): SiteCookies {
  const secure = issuer.startsWith('https:');
  const isHosts = secure && basePath === '';
  const below = isHosts ? '/' : `${basePath}${path}`;
  const prefix = isHosts ? '__Host-' : '';
  const names = {
    session: `${prefix}cardea_${name}`,
    owns: `__Host-cardea_owns_${name}`,
    browser: `${secure ? '__Host-' : ''}cardea_${name}_browser`,
    flash: `${prefix}cardea_${name}_flash`,
  };
  const isBound = secure && !isHosts;

  const read = (ctx: Context, cookie: string) => ctx.cookies.get(cookie, { signed: false });
  const write = (
    ctx: Context,
    cookie: string,
    value: string | null,
    { cookiePath, maxAge }: { cookiePath: string; maxAge?: number },
  ) =>
    ctx.cookies.set(cookie, value, {
      ...{
        path: cookiePath,
        secure,
        httpOnly: true,
        sameSite: 'lax',
        signed: false,
        overwrite: true,
      },
      ...(maxAge !== undefined && { maxAge }),
    });
  const digest = (id: string) => hmacSha256(key, `${name} session ${id}`);

  return {
    session(ctx) {
      const id = read(ctx, names.session);
      if (!id || !isBound) return id;
      return equalSecrets(read(ctx, names.owns) ?? '', digest(id)) ? id : undefined;
    },
    setSession(ctx, id) {
      write(ctx, names.session, id, { cookiePath: below });
      if (isBound) write(ctx, names.owns, id && digest(id), { cookiePath: '/' });
    },
    browser: (ctx) => read(ctx, names.browser),
    setBrowser: (ctx, id, maxAge) =>
      write(ctx, names.browser, id, { cookiePath: secure ? '/' : below, maxAge }),
    flash: (ctx) => read(ctx, names.flash),
    setFlash: (ctx, sealed) => write(ctx, names.flash, sealed, { cookiePath: below }),
  };
}
