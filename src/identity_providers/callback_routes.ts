/**
 * Where providers send people back to. What they have proven is kept for the page that began it, and the browser goes
 * there; nobody is signed in here.
 */
import type { Context, Middleware } from 'koa';
import { CardeaError } from '../errors.ts';
import type { BrowserCookie } from '../http/browser_cookie.ts';
import { readForm } from '../http/request_body.ts';
import { requestState } from '../http/request_state.ts';
import type { SignInPurpose } from './begun_sign_ins.ts';
import type { ProviderSignIns } from './service.ts';

export type CallbackRoutes = {
  callback: Middleware;
  /** Of `response_mode=form_post`. */
  posted: Middleware;
};

/** What an authorization response has (RFC 6749 section 4.1.2, RFC 9207), and Apple's name; all else is left behind. */
const parameters = ['code', 'state', 'iss', 'error', 'error_description', 'user'];
const longest = 4000;

export function createCallbackRoutes({
  signIns,
  cookie,
  issuer,
  basePath,
}: {
  signIns: Pick<ProviderSignIns, 'complete'>;
  cookie: BrowserCookie;
  issuer: string;
  basePath: string;
}): CallbackRoutes {
  const go = (ctx: Context, location: string) => {
    ctx.status = 303;
    ctx.set('Cache-Control', 'no-store');
    ctx.redirect(location);
  };

  const pageOf = (purpose: SignInPurpose, id: string): string => {
    if (purpose.kind === 'test') return `${basePath}/console/identity-providers/${id}/tested`;
    if (purpose.kind === 'connect') return `${basePath}/account/ways/connect`;
    const { interaction, restart } = purpose;
    const query = new URLSearchParams({ restart });
    return `${basePath}/interaction/${encodeURIComponent(interaction)}/provider?${query}`;
  };

  return {
    async callback(context) {
      const ctx = context as Context;
      const { requestId, address, match } = requestState(ctx);
      const { id = '' } = match.params;
      const browser = cookie.read(ctx);
      const returned = await signIns.complete(id, ctx.querystring, {
        browser,
        reference: requestId,
        ip: address.ip,
      });
      if (!returned) throw notBegunHere(issuer);
      const { purpose, fault } = returned;
      if (fault) {
        const { problem, message: detail } = fault;
        requestState(ctx).refusal = () => ({ error: `provider_${problem}`, provider: id, detail });
      }
      go(ctx, pageOf(purpose, id));
    },

    /** Browsers send the cookie only with a request that is not another site's form: that is the one to come. */
    async posted(context) {
      const ctx = context as Context;
      const form = await readForm(ctx);
      const query = new URLSearchParams();
      for (const name of parameters) {
        for (const value of form.getAll(name)) query.append(name, value);
      }
      const text = query.toString();
      if (text.length > longest) throw notBegunHere(issuer);
      const { id = '' } = requestState(ctx).match.params;
      go(ctx, `${basePath}/sign-in-with/${encodeURIComponent(id)}/callback?${text}`);
    },
  };
}

function notBegunHere(homeUrl: string): CardeaError {
  return new CardeaError({
    ...{ code: 'interaction_expired', status: 400, wayOn: { to: 'home', nextUrl: homeUrl } },
    message: 'This sign-in was begun in another browser, took too long, or was used already.',
  });
}
