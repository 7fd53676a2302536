/**
 * A message that the next page shows once: what a form did, after the redirect that follows it. Sealed for one session,
 * so that nobody can have a page say anything, with a message of their own session neither.
 */
import type { Context } from 'koa';
import type { Secrets } from '../secrets/room.ts';
import type { SiteCookies } from './cookies.ts';
import type { Site } from './site.ts';

export type Flash = { tone: 'good' | 'warning'; text: string };

export type Flashes = {
  set(ctx: Context, sessionId: string, flash: Flash): void;
  /** And forgets it. */
  take(ctx: Context, sessionId: string): Flash | undefined;
};

export function createFlashes({
  site: { name },
  cookies,
  secrets,
}: {
  site: Site;
  cookies: Pick<SiteCookies, 'flash' | 'setFlash'>;
  secrets: Pick<Secrets, 'seal' | 'open'>;
}): Flashes {
  const purposeOf = (sessionId: string) => `${name} flash ${sessionId}`;

  return {
    set: (ctx, sessionId, flash) =>
      cookies.setFlash(ctx, secrets.seal(purposeOf(sessionId), JSON.stringify(flash))),
    take(ctx, sessionId) {
      const sealed = cookies.flash(ctx);
      if (!sealed) return undefined;
      cookies.setFlash(ctx, null);
      try {
        return JSON.parse(secrets.open(purposeOf(sessionId), sealed).toString()) as Flash;
      } catch {
        return undefined;
      }
    },
  };
}
