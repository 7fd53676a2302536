/**
 * Cookies by which a browser is recognised: that it signed in before (rate_limits/sign_in_throttle.ts), that its second
 * factor is not asked for (authentication/trusted_browsers.ts), that it asked for a recovery (recovery/). They sign nobody
 * in; what they say is made and checked there.
 */
import type { Context } from 'koa';

export type BrowserCookie = {
  read(ctx: Context): string | undefined;
  /** `lifetime`: seconds. */
  write(ctx: Context, value: string, lifetime: number): void;
};

/** `name`: with `__Host-` in front where the browser takes that, so that no other host can plant it. */
export function createBrowserCookie({
  name: plainName,
  secure,
  basePath,
}: {
  name: string;
  secure: boolean;
  basePath: string;
}): BrowserCookie {
  const name = secure && basePath === '' ? `__Host-${plainName}` : plainName;
  return {
    read: (ctx) => ctx.cookies.get(name, { signed: false }),
    write: (ctx, value, lifetime) =>
      void ctx.cookies.set(name, value, {
        ...{ maxAge: lifetime * 1000, httpOnly: true, sameSite: 'lax', secure },
        ...{ path: basePath || '/', signed: false, overwrite: true },
      }),
  };
}
