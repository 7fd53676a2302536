/**
 * The cookie by which a browser is recognised that signed in to an account before (see
 * rate_limits/sign_in_throttle.ts). It signs nobody in; its content is made and checked by the throttle.
 */
import type { Context } from 'koa';
import { lifetimes } from '../definitions/lifetimes.ts';

export type DeviceCookie = {
  read(ctx: Context): string | undefined;
  write(ctx: Context, value: string): void;
};

export function createDeviceCookie({
  secure,
  basePath,
}: {
  secure: boolean;
  basePath: string;
}): DeviceCookie {
  const name = secure && basePath === '' ? '__Host-cardea_device' : 'cardea_device';
  return {
    read: (ctx) => ctx.cookies.get(name, { signed: false }),
    write: (ctx, value) => {
      ctx.cookies.set(name, value, {
        maxAge: lifetimes.deviceCookie * 1000,
        httpOnly: true,
        sameSite: 'lax',
        secure,
        path: basePath || '/',
        signed: false,
        overwrite: true,
      });
    },
  };
}
