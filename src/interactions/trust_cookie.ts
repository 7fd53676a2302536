/**
 * The cookie of a browser in which a person is not asked for the second factor (authentication/trusted_browsers.ts).
 */
import type { Context } from 'koa';

export type TrustCookie = {
  read(ctx: Context): string | undefined;
  /** `lifetime`: seconds. */
  write(ctx: Context, value: string, lifetime: number): void;
};

export function createTrustCookie({
  secure,
  basePath,
}: {
  secure: boolean;
  basePath: string;
}): TrustCookie {
  const name = secure && basePath === '' ? '__Host-cardea_trusted' : 'cardea_trusted';
  return {
    read: (ctx) => ctx.cookies.get(name, { signed: false }),
    write: (ctx, value, lifetime) =>
      void ctx.cookies.set(name, value, {
        ...{ maxAge: lifetime * 1000, httpOnly: true, sameSite: 'lax', secure },
        ...{ path: basePath || '/', signed: false, overwrite: true },
      }),
  };
}
