import type { Context } from 'koa';
import { oneTimeLinks } from '../definitions/limits.ts';
import { randomId } from '../digests.ts';
import { CardeaError } from '../errors.ts';
import { type BrowserCookie, createBrowserCookie } from '../http/browser_cookie.ts';
import { readForm } from '../http/request_body.ts';
import { requestState } from '../http/request_state.ts';
import { forgedRequest, isFromOrigin } from '../http/same_origin.ts';
import { keepFormsHere } from '../http/security_headers.ts';
import { isMailAddress } from '../mail/room.ts';
import type { PageData, PageName } from '../pages/page_data.ts';
import type { PageRenderer } from '../pages/page_renderer.ts';
import type { NetworkBudget } from '../rate_limits/room.ts';

/** Longer than any name, address, code, token, solution of a proof of work or kept request. */
export const longest = { name: 254, code: 64, token: 100, solution: 200, restart: 4000 } as const;

export type ProofPages = {
  show<P extends PageName>(ctx: Context, page: P, data: PageData[P]): void;
  /** The fields of a form of our own, each cut to a length. Throws CardeaError `forged_request` (403). */
  form(ctx: Context): Promise<(name: string, most: number) => string>;
  /** A parameter of the address, or empty. */
  asked(ctx: Context, name: 'restart' | 'token'): string;
  /** See other, with what is not empty of the query. */
  go(ctx: Context, to: string, query?: Record<string, string>): void;
  /** Seconds until the browser's network may ask again; undefined: now. Then it is counted. Sets status and header. */
  wait(ctx: Context, budget: Pick<NetworkBudget, 'take'>): Promise<number | undefined>;
  /**
   * A new name for this browser and its request, so that the code of an earlier mail is void. `address`: that was typed, for
   * `address()`.
   */
  begin(ctx: Context, address?: string): string;
  /** The name that this browser was given. */
  request(ctx: Context): string | undefined;
  /** The address that this browser says was typed. It proves nothing: it is only shown again. */
  address(ctx: Context): string | undefined;
  /** Where the last page leads: back to the app that the browser came from, with the name to sign in with, or home. */
  next(standing: { restart: string | undefined; isSameBrowser: boolean }, username: string): string;
};

/** `cookie`: its name. `homePath`: where whoever came without an app goes on. */
export function createProofPages({
  cookie: name,
  renderer,
  issuer,
  basePath,
  homePath,
}: {
  cookie: string;
  renderer: PageRenderer;
  issuer: string;
  /** The issuer's path without a trailing slash. */
  basePath: string;
  homePath: string;
}): ProofPages {
  const { origin, protocol } = new URL(issuer);
  const cookie: BrowserCookie = createBrowserCookie({
    ...{ name, secure: protocol === 'https:', basePath },
  });
  return {
    show(ctx, page, data) {
      keepFormsHere(ctx);
      renderer.render(ctx, page, data);
    },

    async form(ctx) {
      const fields = await readForm(ctx);
      if (!isFromOrigin(ctx, origin)) throw forgedRequest();
      return (field, most) => (fields.get(field) ?? '').slice(0, most);
    },

    asked(ctx, parameter) {
      const value = ctx.query[parameter];
      return typeof value === 'string' ? value.slice(0, longest[parameter]) : '';
    },

    go(ctx, to, query = {}) {
      const given = Object.entries(query).filter(([, value]) => value !== '');
      ctx.status = 303;
      ctx.redirect(given.length > 0 ? `${to}?${new URLSearchParams(given)}` : to);
    },

    async wait(ctx, budget) {
      try {
        await budget.take(requestState(ctx).address.ip, 1);
        return undefined;
      } catch (error) {
        if (!(error instanceof CardeaError) || error.status !== 429) throw error;
        const seconds = error.retryAfter ?? 60;
        ctx.status = 429;
        ctx.set('Retry-After', String(seconds));
        return seconds;
      }
    },

    begin(ctx, address = '') {
      const request = randomId(32);
      const kept = address ? [request, Buffer.from(address).toString('base64url')] : [request];
      cookie.write(ctx, kept.join('.'), oneTimeLinks.lifetimeMs / 1000);
      return request;
    },

    request: (ctx) => cookie.read(ctx)?.split('.')[0],

    address(ctx) {
      const address = Buffer.from(cookie.read(ctx)?.split('.')[1] ?? '', 'base64url').toString();
      return isMailAddress(address) ? address : undefined;
    },

    next: ({ restart, isSameBrowser }, username) =>
      restart && isSameBrowser
        ? `${basePath}/authorize?${new URLSearchParams({ restart, login_hint: username })}`
        : homePath,
  };
}
