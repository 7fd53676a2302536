/**
 * Signing in to the console and out of it: authorization code flow with PKCE, and RP-initiated logout, as any client of
 * this server does.
 */
import type { Context, Middleware } from 'koa';
import { consoleClientId } from '../../definitions/built_in.ts';
import { sha256 } from '../../digests.ts';
import { readForm } from '../../http/request_body.ts';
import { type ConsoleAddresses, consolePath, consoleScope } from '../console_client.ts';
import { freshSeconds } from '../page.ts';
import type { ConsoleCookies } from '../session/cookies.ts';
import type { FormGuard } from '../session/form_guard.ts';
import type { Sessions } from '../session/sessions.ts';
import type { BegunSignIns } from './begun_sign_ins.ts';
import type { RedeemCode } from './code_redemption.ts';

export type SignInRoutes = {
  callback: Middleware;
  signOut: Middleware;
  signedOut: Middleware;
};

export type BeginSignIn = (
  ctx: Context,
  asked: {
    /** Below `/console`, with its query. */
    returnTo: string;
    /** Whether the person must prove who they are although they are signed in. */
    isFresh?: boolean;
  },
) => void;

/** Shows a page to whoever is signed in to nothing. */
export type ShowPlain = (
  ctx: Context,
  page: { status: number; title: string; text: string; action?: { label: string; href: string } },
) => void;

type Dependencies = {
  issuer: string;
  basePath: string;
  addresses: ConsoleAddresses;
  cookies: ConsoleCookies;
  begun: BegunSignIns;
  redeem: RedeemCode;
  sessions: Sessions;
  guard: FormGuard;
  showPlain: ShowPlain;
};

/** To the page that the person wanted, when they have signed in. */
export function createBeginSignIn({
  basePath,
  addresses,
  begun,
}: Pick<Dependencies, 'basePath' | 'addresses' | 'begun'>): BeginSignIn {
  return (ctx, { returnTo, isFresh = false }) => {
    const { state, nonce, verifier } = begun.begin(ctx, { returnTo, isFresh });
    const query = new URLSearchParams({
      ...{ client_id: consoleClientId, response_type: 'code' },
      ...{ redirect_uri: addresses.redirectUri, scope: consoleScope },
      ...{ state, nonce, code_challenge: sha256(verifier), code_challenge_method: 'S256' },
      ...(isFresh && { prompt: 'login', max_age: String(freshSeconds) }),
    });
    seeOther(ctx, `${basePath}/authorize?${query}`);
  };
}

export function createSignInRoutes({
  issuer,
  basePath,
  addresses,
  cookies,
  begun,
  redeem,
  sessions,
  guard,
  showPlain,
}: Dependencies): SignInRoutes {
  const again = { label: 'Sign in', href: '/' };
  const failed = (ctx: Context, text: string) =>
    showPlain(ctx, { status: 400, title: 'You are not signed in', text, action: again });

  return {
    async callback(context) {
      const ctx = context as Context;
      const { state, code, error, iss } = singleTexts(ctx);
      const asked = begun.find(ctx, state);
      if (!asked) {
        return failed(ctx, 'This sign-in took too long, or was begun in another browser.');
      }
      // RFC 9207 section 2.4.
      if (iss !== issuer) return failed(ctx, 'The response came from another server.');
      if (error || !code) {
        return failed(ctx, 'The sign-in was cancelled or refused. Nothing was changed.');
      }
      const signedIn = await redeem(ctx, { code, verifier: asked.verifier, nonce: asked.nonce });
      // auth_time has whole seconds.
      const isFreshEnough = signedIn.authenticatedAt + 1000 > asked.at;
      if (asked.isFresh && !isFreshEnough) {
        return failed(ctx, 'You were asked to sign in again and did not.');
      }
      const former = cookies.session(ctx);
      if (former) await sessions.end(former);
      cookies.setSession(ctx, await sessions.begin(signedIn));
      seeOther(ctx, `${basePath}${consolePath}${asked.returnTo}`);
    },

    async signOut(context) {
      const ctx = context as Context;
      const id = cookies.session(ctx);
      const session = id ? await sessions.find(id, 0) : undefined;
      if (!id || !session) return seeOther(ctx, addresses.signedOutUri);
      guard.check(ctx, id, await readForm(ctx));
      await sessions.end(id);
      cookies.setSession(ctx, null);
      const query = new URLSearchParams({
        ...{ client_id: consoleClientId, id_token_hint: session.idToken },
        post_logout_redirect_uri: addresses.signedOutUri,
      });
      seeOther(ctx, `${basePath}/logout?${query}`);
    },

    async signedOut(context) {
      showPlain(context as Context, {
        ...{ status: 200, title: 'You are signed out' },
        text: 'The console session is over, and so is your session at this server.',
        action: { label: 'Sign in again', href: '/' },
      });
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
