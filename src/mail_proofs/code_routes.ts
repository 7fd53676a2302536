import type { Context, Middleware } from 'koa';
import { requestState } from '../http/request_state.ts';
import type { OneTimeLinks } from '../one_time_links/room.ts';
import { longest, type ProofPages } from './proof_pages.ts';

/**
 * The page for the code of the mail, in the browser that asked for it, and its form. `paths`: where the mail is asked for,
 * this page, and that of the link. `refusal`: how refusals on record begin.
 */
export function createCodeRoutes({
  pages,
  page,
  paths,
  refusal,
  redeem,
}: {
  pages: ProofPages;
  page: 'recovery_code' | 'sign_up_code';
  paths: Record<'ask' | 'code' | 'link', string>;
  refusal: string;
  redeem(request: string, code: string): ReturnType<OneTimeLinks['exchangeCode']>;
}): { show: Middleware; submit: Middleware } {
  const show = (ctx: Context, restart: string, error?: 'wrong_code' | 'exhausted') => {
    const againPath = restart ? `${paths.ask}?${new URLSearchParams({ restart })}` : paths.ask;
    const form = { action: paths.code, hidden: { restart }, againPath, error };
    pages.show(ctx, page, { ...form, address: pages.address(ctx) });
  };

  return {
    async show(context) {
      const ctx = context as Context;
      const restart = pages.asked(ctx, 'restart');
      if (!pages.request(ctx)) return pages.go(ctx, paths.ask, { restart });
      show(ctx, restart);
    },

    async submit(context) {
      const ctx = context as Context;
      const field = await pages.form(ctx);
      const restart = field('restart', longest.restart);
      const request = pages.request(ctx);
      if (!request) return pages.go(ctx, paths.ask, { restart });
      const result = await redeem(request, field('code', longest.code));
      if (typeof result === 'object') return pages.go(ctx, paths.link, result);
      requestState(ctx).refusal = async () => ({ error: `${refusal}_${result}` });
      ctx.status = result === 'wrong' ? 400 : 429;
      show(ctx, restart, result === 'wrong' ? 'wrong_code' : 'exhausted');
    },
  };
}
