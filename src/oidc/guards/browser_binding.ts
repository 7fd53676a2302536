/**
 * Ties what is under way to the browser that began it. A neighbouring host can plant cookies for ours, and so could
 * plant an interaction or a session of its own in somebody's browser, signatures included, and sign that person in
 * as another. It cannot plant a cookie with the prefix `__Host-`: that is what is set here, beside the library's
 * cookies, which belong to one path and so cannot have it (RFC 6265bis section 4.1.3.2).
 *
 * The values are keyed digests of what they stand beside. They open nothing, so other applications of the same
 * host may see them; the session's own cookie stays where the issuer's path keeps it.
 */
import type { Context, Middleware } from 'koa';
import { lifetimes } from '../../definitions/lifetimes.ts';
import { equalSecrets, hmacSha256 } from '../../digests.ts';
import { CardeaError } from '../../errors.ts';
import { requestState } from '../../http/request_state.ts';
import { forgedRequest } from '../../http/same_origin.ts';

export type BrowserBinding = {
  /** Says in the browser that it began this interaction. */
  begin(ctx: Context, interactionId: string): void;
  /** Whether it did. */
  began(ctx: Context, interactionId: string): boolean;
  /** Takes the cookie of a session out of the request that another has planted. */
  dropPlantedSession(ctx: Context): void;
  /** Says in the browser that the session with this id is its own. */
  ownSession(ctx: Context, sessionId: string): void;
  /**
   * Refuses what was begun by another browser, or is resumed by another site. A route with `:uid` in its path resumes
   * that interaction.
   */
  guard: Middleware;
};

/** Interactions that one browser has under way; what it leaves behind must not fill its requests. */
const mostBegun = 10;
/** What a browser says where a page of ours sends it on, or the person themselves. */
const ownSites = new Set(['', 'same-origin', 'none']);

export function createBrowserBinding({
  keys,
  secure,
  sessionCookie,
  resumeCookie,
}: {
  /** The first makes digests, all verify. */
  keys: Buffer[];
  /** Only then a browser takes the prefix, and keeps others from writing such cookies. */
  secure: boolean;
  /** The name of the session's cookie. */
  sessionCookie: string;
  /** The name of the cookie by which the library finds what it resumes. */
  resumeCookie: string;
}): BrowserBinding {
  const prefix = `${secure ? '__Host-' : ''}cardea_`;
  const begunPrefix = `${prefix}begun_`;
  const ownsSession = `${prefix}owns_session`;
  /** One that has the prefix itself needs nothing beside it, and without https nothing helps. */
  const bindsSessions = secure && !sessionCookie.startsWith('__Host-');

  const digestsOf = (what: string) => keys.map((key) => hmacSha256(key, what));
  const matches = (what: string, value: string | undefined) =>
    value !== undefined && digestsOf(what).some((digest) => equalSecrets(digest, value));
  const set = (ctx: Context, name: string, value: string | null, maxAge: number) =>
    ctx.cookies.set(name, value, {
      ...{ maxAge, secure, path: '/', httpOnly: true, sameSite: 'lax' },
      ...{ signed: false, overwrite: true },
    });

  const began: BrowserBinding['began'] = (ctx, id) =>
    matches(`interaction ${id}`, ctx.cookies.get(`${begunPrefix}${id}`, { signed: false }));

  const dropPlantedSession: BrowserBinding['dropPlantedSession'] = (ctx) => {
    if (!bindsSessions || !cookiesOf(ctx).some(([name]) => name === sessionCookie)) return;
    const owned = ctx.cookies.get(ownsSession, { signed: false });
    const kept = cookiesOf(ctx).filter(
      ([name, value]) => name !== sessionCookie || matches(`session ${value}`, owned),
    );
    ctx.req.headers.cookie = kept.map((pair) => pair.join('=')).join('; ');
  };

  const ownSession: BrowserBinding['ownSession'] = (ctx, id) => {
    if (!bindsSessions) return;
    set(ctx, ownsSession, digestsOf(`session ${id}`)[0] ?? '', lifetimes.longestSession * 1000);
  };

  const bindSession = (ctx: Context) => {
    const id = ctx.response.headers['set-cookie']?.toString().match(idIn(sessionCookie))?.[1];
    if (id) ownSession(ctx, id);
  };

  return {
    ...{ began, dropPlantedSession, ownSession },

    begin(ctx, id) {
      const names = cookiesOf(ctx).flatMap(([name = '']) =>
        name.startsWith(begunPrefix) ? name : [],
      );
      // A browser sends the oldest first (RFC 6265 section 5.4).
      for (const name of names.slice(0, Math.max(0, names.length + 1 - mostBegun))) {
        set(ctx, name, null, 0);
      }
      const [digest = ''] = digestsOf(`interaction ${id}`);
      set(ctx, `${begunPrefix}${id}`, digest, lifetimes.interaction * 1000);
    },

    async guard(context, next) {
      const ctx = context as Context;
      const { uid: resumed } = requestState(ctx).match.params;
      if (resumed !== undefined) {
        // The library goes by its cookie, whatever the path says.
        const named = ctx.cookies.get(resumeCookie, { signed: false });
        if (named !== resumed || !began(ctx, resumed)) throw expiredInteraction();
        if (!ownSites.has(ctx.get('Sec-Fetch-Site'))) throw forgedRequest();
      }
      dropPlantedSession(ctx);
      await next();
      bindSession(ctx);
      // A page in between (another person has to be signed out first) comes back here.
      if (resumed !== undefined && ctx.status >= 300) set(ctx, `${begunPrefix}${resumed}`, null, 0);
    },
  };
}

/** 400, the same for all that is over, unknown, or another browser's. */
export function expiredInteraction(cause?: unknown): CardeaError {
  return new CardeaError({
    code: 'interaction_expired',
    status: 400,
    message:
      'This sign-in is over or was started in another browser. Go back to the application and start again.',
    cause,
  });
}

function cookiesOf(ctx: Context): string[][] {
  const pairs = ctx.get('Cookie').split(/; ?/).filter(Boolean);
  return pairs.map((pair) => {
    const [name = '', ...value] = pair.split('=');
    return [name.trim(), value.join('=')];
  });
}

function idIn(cookie: string): RegExp {
  return new RegExp(`(?:^|,)${cookie}=([^;,]+);`);
}
