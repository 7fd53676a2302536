/**
 * Where the page of an expired form leads on. It never resumes what has expired, nor what another browser began: the
 * person begins anew, at the app where the client says how (OpenID Connect Core 4), else with the same request.
 */
import type { Context, Middleware } from 'koa';
import type { Client, Provider } from 'oidc-provider';
import { CardeaError, type WayOn } from '../../errors.ts';
import { requestState } from '../../http/request_state.ts';
import type { PageRenderer } from '../../pages/page_renderer.ts';
import { pageClient } from '../clients/page_client.ts';
import type { Restart, Restarts } from './restart_tokens.ts';

type AuthorizationRestart = Extract<Restart, { as: 'request' | 'refusal' }>;

const expiredCodes = new Set(['interaction_expired', 'forged_request']);

/** Gives each error of an expired page its `wayOn`. */
export function createWayOn({
  open,
  provider,
  renderer,
  issuer,
}: Pick<Restarts, 'open'> & {
  provider: () => Provider;
  renderer: Pick<PageRenderer, 'locale'>;
  issuer: string;
}): Middleware {
  const base = issuer.replace(/\/$/, '');

  const toClient = async (ctx: Context, restart: AuthorizationRestart, token: string) => {
    const params = new URLSearchParams(restart.query);
    const uiLocales = params.get('ui_locales') ?? undefined;
    const client = await provider().Client.find(params.get('client_id') ?? '');
    if (!client) return undefined;
    const start = signInAt(client, issuer);
    // Before anybody has signed in, an error takes nobody to where a stranger says (engine/overrides.ts).
    const isStrangers = client.source !== undefined;
    if (isStrangers && restart.as === 'refusal' && start === undefined) return undefined;
    const target = start ?? params.get('redirect_uri');
    const again = `${base}/authorize?${new URLSearchParams({ restart: token })}`;
    return {
      to: start !== undefined || restart.as === 'request' ? 'sign_in' : 'app',
      nextUrl: start ?? again,
      websiteUrl: client.clientUri,
      client: pageClient(client, renderer.locale(ctx, { uiLocales }), target),
      uiLocales,
    } satisfies WayOn;
  };

  const wayOnOf = async (ctx: Context): Promise<WayOn> => {
    const { restart: token } = ctx.query;
    const restart = open(token);
    const isOfClient = restart?.as === 'request' || restart?.as === 'refusal';
    const found = isOfClient ? await toClient(ctx, restart, String(token)) : undefined;
    if (found) return found;
    const { name } = requestState(ctx).match;
    if (restart?.as === 'device' || name === 'device_resume') {
      return { to: 'device', nextUrl: `${base}/device` };
    }
    if (name === 'end_session_confirm') return { to: 'sign_out', nextUrl: `${base}/logout` };
    return { to: 'home', nextUrl: `${base}/` };
  };

  return async function leadOn(context, next) {
    const ctx = context as Context;
    try {
      await next();
      const { failure } = requestState(ctx);
      if (isExpired(failure)) throw failure;
    } catch (error) {
      if (!isExpired(error)) throw error;
      const { code, status, message } = error;
      throw new CardeaError({ code, status, message, cause: error, wayOn: await wayOnOf(ctx) });
    }
  };
}

function isExpired(error: unknown): error is CardeaError {
  return error instanceof CardeaError && expiredCodes.has(error.code);
}

/** Where the client begins a sign-in with this issuer; undefined: it does not say. */
function signInAt({ initiateLoginUri }: Client, issuer: string): string | undefined {
  const url = URL.parse(initiateLoginUri ?? '');
  if (!url || !/^https?:$/.test(url.protocol)) return undefined;
  url.searchParams.set('iss', issuer);
  return url.href;
}
