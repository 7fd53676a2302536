/**
 * The cookie by which a browser is recognised that signed in to an account before (see
 * rate_limits/sign_in_throttle.ts). It signs nobody in; its content is made and checked by the throttle.
 */
import type { Context } from 'koa';

export type DeviceCookie = {
  read(ctx: Context): string | undefined;
  write(ctx: Context, value: string): void;
};

const lifetimeMs = 365 * 86_400_000;

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
        maxAge: lifetimeMs,
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
