/**
 * A message that the next page shows once: what a form did, after the redirect that follows it. Sealed, so that nobody
 * can have the console say anything.
 */
import type { Context } from 'koa';
import type { Secrets } from '../../secrets/room.ts';
import type { ConsoleCookies } from './cookies.ts';

export type Flash = { tone: 'good' | 'warning'; text: string };

export type Flashes = {
  set(ctx: Context, flash: Flash): void;
  /** And forgets it. */
  take(ctx: Context): Flash | undefined;
};

const purpose = 'console flash';

export function createFlashes({
  cookies,
  secrets,
}: {
  cookies: Pick<ConsoleCookies, 'flash' | 'setFlash'>;
  secrets: Pick<Secrets, 'seal' | 'open'>;
}): Flashes {
  return {
    set: (ctx, flash) => cookies.setFlash(ctx, secrets.seal(purpose, JSON.stringify(flash))),
    take(ctx) {
      const sealed = cookies.flash(ctx);
      if (!sealed) return undefined;
      cookies.setFlash(ctx, null);
      try {
        return JSON.parse(secrets.open(purpose, sealed).toString()) as Flash;
      } catch {
        return undefined;
      }
    },
  };
}
