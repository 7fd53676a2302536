/**
 * The pages of a recovery: who it is, the code of the mail, the new password.
 */
import type { Context, Middleware } from 'koa';
import { requestState } from '../http/request_state.ts';
import { createCodeRoutes, longest, type ProofPages } from '../mail_proofs/room.ts';
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

export function createRecoveryRoutes({
  recovery,
  pages,
  budget,
  renderer,
  basePath,
}: {
  recovery: Recovery;
  pages: ProofPages;
  budget: Pick<NetworkBudget, 'take'>;
  renderer: Pick<PageRenderer, 'locale'>;
  /** The issuer's path without a trailing slash. */
  basePath: string;
}): RecoveryRoutes {
  const path = `${basePath}/recovery`;
  const paths = { ask: path, code: `${path}/code`, link: `${path}/new-password` };
  const code = createCodeRoutes({
    ...{ pages, paths, page: 'recovery_code', refusal: 'recovery_code', redeem: recovery.redeem },
  });

  const showAsk = (ctx: Context, restart: string, more: Partial<PageData['recovery']> = {}) =>
    pages.show(ctx, 'recovery', { action: paths.ask, hidden: { restart }, ...more });

  const showGone = (ctx: Context) => {
    ctx.status = 410;
    showAsk(ctx, '', { error: 'gone' });
  };

  const showPassword = async (
    ctx: Context,
    token: string,
    problem: Pick<PageData['new_password'], 'error' | 'retryAfterSeconds'> = {},
  ) => {
    const standing = await recovery.open(token, pages.request(ctx));
    if (!standing) return showGone(ctx);
    const { user, passwordMin, needsCode } = standing;
    pages.show(ctx, 'new_password', {
      ...{ action: paths.link, hidden: { token }, username: user.username },
      ...{ passwordMin, needsCode, ...problem },
    });
  };

  return {
    codePage: code.show,
    redeem: code.submit,

    async page(context) {
      const ctx = context as Context;
      showAsk(ctx, pages.asked(ctx, 'restart'));
    },

    async ask(context) {
      const ctx = context as Context;
      const field = await pages.form(ctx);
      const name = field('name', longest.name).trim();
      const restart = field('restart', longest.restart);
      if (name === '') {
        ctx.status = 400;
        return showAsk(ctx, restart, { error: 'empty' });
      }
      const retryAfterSeconds = await pages.wait(ctx, budget);
      if (retryAfterSeconds !== undefined) {
        return showAsk(ctx, restart, { name, error: 'throttled', retryAfterSeconds });
      }
      const { ip } = requestState(ctx).address;
      const request = pages.begin(ctx);
      const wish = { name, request, restart, locale: renderer.locale(ctx), ip };
      ctx.res.once('close', await recovery.begin(wish));
      pages.go(ctx, paths.code, { restart });
    },

    async passwordPage(context) {
      const ctx = context as Context;
      await showPassword(ctx, pages.asked(ctx, 'token'));
    },

    async choose(context) {
      const ctx = context as Context;
      const field = await pages.form(ctx);
      const token = field('token', longest.token);
      const standing = await recovery.open(token, pages.request(ctx));
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
      const { username } = standing.user;
      pages.show(ctx, 'recovery_done', { username, nextPath: pages.next(standing, username) });
    },
  };
}
