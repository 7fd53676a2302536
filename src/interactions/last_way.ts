/**
 * The way in which somebody last signed in in this browser, for the mark on the sign-in page: without names, so that the
 * page tells the next person at this computer nothing of who it was.
 */
import type { Context } from 'koa';
import type { SignInProgress } from '../authentication/room.ts';
import { lifetimes } from '../definitions/lifetimes.ts';
import type { BrowserCookie } from '../http/browser_cookie.ts';

/** `provider`: by its id. */
type WayIn = 'password' | 'passkey' | { provider: string };

export type LastWay = {
  /** Undefined: nobody knows. */
  read(ctx: Context): WayIn | undefined;
  note(ctx: Context, progress: SignInProgress): void;
};

/** In the cookie, whose values are words of no other meaning. */
const [mark, providerMark] = ['by.', 'provider.'];

export function createLastWay({ cookie }: { cookie: BrowserCookie }): LastWay {
  return {
    read(ctx) {
      const value = cookie.read(ctx);
      const way = value?.startsWith(mark) ? value.slice(mark.length) : undefined;
      if (way === 'password' || way === 'passkey') return way;
      if (!way?.startsWith(providerMark)) return undefined;
      return { provider: way.slice(providerMark.length) };
    },

    note(ctx, { proofs, provider }) {
      const [first] = proofs;
      const way = provider === undefined ? first?.method : `${providerMark}${provider}`;
      if (way !== undefined) cookie.write(ctx, `${mark}${way}`, lifetimes.deviceCookie);
    },
  };
}
