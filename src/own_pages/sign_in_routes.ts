/**
 * Signing in to a site and out of it: authorization code flow with PKCE, and RP-initiated logout, as any client of
 * this server does.
 */
import type { Context, Middleware } from 'koa';
import { acrOf } from '../definitions/authentication.ts';
import { sha256 } from '../digests.ts';
import { readForm } from '../http/request_body.ts';
import type { BegunSignIns } from './begun_sign_ins.ts';
import type { RedeemCode } from './code_redemption.ts';
import type { SiteCookies } from './cookies.ts';
import type { FormGuard } from './form_guard.ts';
import type { Sessions } from './sessions.ts';
import { type Site, siteAddresses } from './site.ts';

/** Seconds after a sign-in in which nothing asks for another one. */
export const freshSeconds = 300;

/** Whoever has a second factor proves it, too; nobody has to set one up for that (OpenID Connect Core 5.5.1.1). */
const bestProof = JSON.stringify({ id_token: { acr: { value: acrOf('mfa') } } });

export type SignInRoutes = {
  callback: Middleware;
  signOut: Middleware;
  signedOut: Middleware;
  /** The first page with a slash at its end, as people type it: leads to the one without. */
  withSlash: Middleware;
};

export type BeginSignIn = (
  ctx: Context,
  asked: {
    /** Below the path of the site, with its query. */
    returnTo: string;
    /** Whether the person must prove who they are although they are signed in. */
    isFresh?: boolean;
    /** Languages for the pages of the sign-in (OpenID Connect Core 3.1.2.1). */
    uiLocales?: string | undefined;
  },
) => void;

/** How a sign-in came out that led nowhere, and that a sign-out is done. */
export type Outcome = 'too_late' | 'other_server' | 'cancelled' | 'not_fresh' | 'signed_out';

/** Shows it as a page to whoever is signed in to nothing. Of all but `signed_out` the status is 400. */
export type Tell = (ctx: Context, outcome: Outcome) => void;

type Dependencies = {
  site: Site;
  issuer: string;
  /** The issuer's path without a trailing slash. */
  basePath: string;
  cookies: SiteCookies;
  begun: BegunSignIns;
  redeem: RedeemCode;
  sessions: Sessions;
  guard: FormGuard;
  tell: Tell;
};

/** To the page that the person wanted, when they have signed in. */
export function createBeginSignIn({
  site,
  issuer,
  basePath,
  begun,
}: Pick<Dependencies, 'site' | 'issuer' | 'basePath' | 'begun'>): BeginSignIn {
  const { redirectUri } = siteAddresses(issuer, site);
  return (ctx, { returnTo, isFresh = false, uiLocales }) => {
    const { state, nonce, verifier } = begun.begin(ctx, { returnTo, isFresh });
    const query = new URLSearchParams({
      ...{ client_id: site.clientId, response_type: 'code' },
      ...{ redirect_uri: redirectUri, scope: site.scope },
      ...{ state, nonce, code_challenge: sha256(verifier), code_challenge_method: 'S256' },
      ...(isFresh && { prompt: 'login', max_age: String(freshSeconds), claims: bestProof }),
      ...(uiLocales !== undefined && { ui_locales: uiLocales }),
    });
    seeOther(ctx, `${basePath}/authorize?${query}`);
  };
}

export function createSignInRoutes({
  site,
  issuer,
  basePath,
  cookies,
  begun,
  redeem,
  sessions,
  guard,
  tell,
}: Dependencies): SignInRoutes {
  const { signedOutUri } = siteAddresses(issuer, site);

  return {
    async callback(context) {
      const ctx = context as Context;
      const { state, code, error, iss } = singleTexts(ctx);
      const asked = begun.find(ctx, state);
      if (!asked) return tell(ctx, 'too_late');
      // RFC 9207 section 2.4.
      if (iss !== issuer) return tell(ctx, 'other_server');
      if (error || !code) return tell(ctx, 'cancelled');
      const signedIn = await redeem(ctx, { code, verifier: asked.verifier, nonce: asked.nonce });
      // auth_time has whole seconds.
      const isFreshEnough = signedIn.authenticatedAt + 1000 > asked.at;
      if (asked.isFresh && !isFreshEnough) return tell(ctx, 'not_fresh');
      const former = cookies.session(ctx);
      if (former) await sessions.end(former);
      cookies.setSession(ctx, await sessions.begin(signedIn));
      seeOther(ctx, `${basePath}${site.path}${asked.returnTo}`);
    },

    async signOut(context) {
      const ctx = context as Context;
      const id = cookies.session(ctx);
      const session = id ? await sessions.find(id, 0) : undefined;
      if (!id || !session) return seeOther(ctx, signedOutUri);
      guard.check(ctx, id, await readForm(ctx));
      await sessions.end(id);
      cookies.setSession(ctx, null);
      const query = new URLSearchParams({
        ...{ client_id: site.clientId, id_token_hint: session.idToken },
        post_logout_redirect_uri: signedOutUri,
      });
      seeOther(ctx, `${basePath}/logout?${query}`);
    },

    async signedOut(context) {
      tell(context as Context, 'signed_out');
    },

    async withSlash(context) {
      const ctx = context as Context;
      seeOther(ctx, `${basePath}${site.path}${ctx.search}`);
    },
  };
}

/** A parameter that came twice is none. */
function singleTexts({ query }: Context): Record<'state' | 'code' | 'error' | 'iss', string> {
  const text = (name: string) => (typeof query[name] === 'string' ? query[name] : '');
  return { state: text('state'), code: text('code'), error: text('error'), iss: text('iss') };
}

function seeOther(ctx: Context, location: string): void {
  ctx.status = 303;
  ctx.redirect(location);
}
