/**
 * The pages of a recovery: who it is, the code of the mail, the new password. A link of a mail shows its page and changes
 * nothing, as mail scanners open every link; only its form does.
 */
import type { Context, Middleware } from 'koa';
import { oneTimeLinks } from '../definitions/limits.ts';
import { randomId } from '../digests.ts';
import { CardeaError } from '../errors.ts';
import type { BrowserCookie } from '../http/browser_cookie.ts';
import { readForm } from '../http/request_body.ts';
import { requestState } from '../http/request_state.ts';
import { forgedRequest, isFromOrigin } from '../http/same_origin.ts';
import { keepFormsHere } from '../http/security_headers.ts';
import type { PageData } from '../pages/page_data.ts';
import type { PageRenderer } from '../pages/page_renderer.ts';
import { passwordProblemOf } from '../pages/password_problems.ts';
import type { NetworkBudget } from '../rate_limits/room.ts';
import type { Recovery } from './recovery.ts';

export type RecoveryRoutes = {
  page: Middleware;
  ask: Middleware;
  codePage: Middleware;
  redeem: Middleware;
  passwordPage: Middleware;
  choose: Middleware;
};

/** Longer than any name, code, token or kept request. */
const longest = { name: 254, code: 64, token: 100, restart: 4000 };

export function createRecoveryRoutes({
  recovery,
  budget,
  cookie,
  renderer,
  issuer,
  basePath,
  homePath,
}: {
  recovery: Recovery;
  budget: Pick<NetworkBudget, 'take'>;
  /** Names the browser that asked: only there the code of the mail is good, and the page leads back to the app. */
  cookie: BrowserCookie;
  renderer: PageRenderer;
  issuer: string;
  basePath: string;
  /** Where whoever came without an app goes on. */
  homePath: string;
}): RecoveryRoutes {
  const { origin } = new URL(issuer);
  const path = `${basePath}/recovery`;
  const paths = { ask: path, code: `${path}/code`, password: `${path}/new-password` };

  const show = <P extends 'recovery' | 'recovery_code' | 'new_password' | 'recovery_done'>(
    ctx: Context,
    page: P,
    data: PageData[P],
  ) => {
    keepFormsHere(ctx);
    ctx.set('Cache-Control', 'no-store');
    renderer.render(ctx, page, data);
  };

  const showAsk = (ctx: Context, restart: string, more: Partial<PageData['recovery']> = {}) =>
    show(ctx, 'recovery', { action: paths.ask, hidden: { restart }, ...more });

  const showGone = (ctx: Context) => {
    ctx.status = 410;
    showAsk(ctx, '', { error: 'gone' });
  };

  const form = async (ctx: Context): Promise<(name: string, most: number) => string> => {
    const fields = await readForm(ctx);
    if (!isFromOrigin(ctx, origin)) throw forgedRequest();
    return (name, most) => (fields.get(name) ?? '').slice(0, most);
  };

  const go = (ctx: Context, to: string, query: Record<string, string> = {}) => {
    const given = Object.entries(query).filter(([, value]) => value !== '');
    ctx.status = 303;
    ctx.redirect(given.length > 0 ? `${to}?${new URLSearchParams(given)}` : to);
  };

  const asked = (ctx: Context, name: 'restart' | 'token') => {
    const value = ctx.query[name];
    return typeof value === 'string' ? value.slice(0, longest[name]) : '';
  };

  const showPassword = async (
    ctx: Context,
    token: string,
    problem: Pick<PageData['new_password'], 'error' | 'retryAfterSeconds'> = {},
  ) => {
    const standing = await recovery.open(token, cookie.read(ctx));
    if (!standing) return showGone(ctx);
    const { user, passwordMin, needsCode } = standing;
    show(ctx, 'new_password', {
      ...{ action: paths.password, hidden: { token }, username: user.username },
      ...{ passwordMin, needsCode, ...problem },
    });
  };

  return {
    async page(context) {
      const ctx = context as Context;
      showAsk(ctx, asked(ctx, 'restart'));
    },

    async ask(context) {
      const ctx = context as Context;
      const field = await form(ctx);
      const name = field('name', longest.name).trim();
      const restart = field('restart', longest.restart);
      if (name === '') {
        ctx.status = 400;
        return showAsk(ctx, restart, { error: 'empty' });
      }
      const { address } = requestState(ctx);
      try {
        await budget.take(address.ip, 1);
      } catch (error) {
        if (!(error instanceof CardeaError) || error.status !== 429) throw error;
        const retryAfterSeconds = error.retryAfter ?? 60;
        ctx.status = 429;
        ctx.set('Retry-After', String(retryAfterSeconds));
        return showAsk(ctx, restart, { name, error: 'throttled', retryAfterSeconds });
      }
      const locale = renderer.locale(ctx);
      // A new one each time, so that the code of an earlier mail is void.
      const request = randomId(32);
      cookie.write(ctx, request, oneTimeLinks.lifetimeMs / 1000);
      const wish = { name, request, restart, locale, ip: address.ip };
      ctx.res.once('close', await recovery.begin(wish));
      go(ctx, paths.code, { restart });
    },

    async codePage(context) {
      const ctx = context as Context;
      const restart = asked(ctx, 'restart');
      if (!cookie.read(ctx)) return go(ctx, paths.ask, { restart });
      const againPath = restart ? `${path}?${new URLSearchParams({ restart })}` : path;
      show(ctx, 'recovery_code', { action: paths.code, hidden: { restart }, againPath });
    },

    async redeem(context) {
      const ctx = context as Context;
      const field = await form(ctx);
      const restart = field('restart', longest.restart);
      const request = cookie.read(ctx);
      if (!request) return go(ctx, paths.ask, { restart });
      const result = await recovery.redeem(request, field('code', longest.code));
      if (typeof result === 'object') return go(ctx, paths.password, result);
      requestState(ctx).refusal = async () => ({ error: `recovery_code_${result}` });
      ctx.status = result === 'wrong' ? 400 : 429;
      const againPath = restart ? `${path}?${new URLSearchParams({ restart })}` : path;
      const error = result === 'wrong' ? 'wrong_code' : 'exhausted';
      show(ctx, 'recovery_code', { action: paths.code, hidden: { restart }, againPath, error });
    },

    async passwordPage(context) {
      const ctx = context as Context;
      await showPassword(ctx, asked(ctx, 'token'));
    },

    async choose(context) {
      const ctx = context as Context;
      const field = await form(ctx);
      const token = field('token', longest.token);
      const standing = await recovery.open(token, cookie.read(ctx));
      if (!standing) return showGone(ctx);
      const { requestId, address } = requestState(ctx);
      const chosen = {
        ...{ password: field('password', 2000), code: field('code', longest.code) },
        locale: renderer.locale(ctx),
      };
      const actor = `user:${standing.user.id}`;
      const by = { actor, ip: address.ip, requestId, reason: 'recovery by mail' };
      const refuse = (status: number, problem: Parameters<typeof showPassword>[2]) => {
        requestState(ctx).refusal = async () => ({ error: `recovery_${problem?.error}` });
        ctx.status = status;
        return showPassword(ctx, token, problem);
      };
      try {
        const outcome = await recovery.choose(token, chosen, by);
        if (outcome.result === 'gone') return showGone(ctx);
        if (outcome.result === 'wrong_code') return refuse(401, { error: 'wrong_code' });
        if (outcome.result === 'throttled') {
          const { retryAfterSeconds } = outcome;
          ctx.set('Retry-After', String(retryAfterSeconds));
          return refuse(429, { error: 'throttled', retryAfterSeconds });
        }
      } catch (error) {
        const problem = passwordProblemOf(error);
        if (!problem) throw error;
        return refuse(400, { error: problem });
      }
      const { restart, isSameBrowser, user } = standing;
      const nextPath =
        restart && isSameBrowser
          ? `${basePath}/authorize?${new URLSearchParams({ restart })}`
          : homePath;
      show(ctx, 'recovery_done', { username: user.username, nextPath });
    },
  };
}
