/**
 * What the pages behind the first proof have in common, and why the last attempt was refused.
 */
import type { Context } from 'koa';
import type { Clock } from '../clock.ts';
import { pageClient } from '../oidc/room.ts';
import type { PageRenderer } from '../pages/page_renderer.ts';
import type { Interaction } from './interaction.ts';
import type { RefusedSignIn, RefusedSignIns } from './refused_sign_in.ts';

type Problem<Errors> = { error?: Errors | 'throttled'; retryAfterSeconds?: number };

export type StepPages = {
  shared(
    ctx: Context,
    interaction: Interaction,
  ): {
    hidden: Interaction['hidden'];
    cancelAction: string;
    switchAction: string;
    client: ReturnType<typeof pageClient>;
  };
  /** The last attempt, where it failed by one of `errors`, or came too often; sets the status. */
  problem<Errors extends RefusedSignIn['error']>(
    ctx: Context,
    interaction: Interaction,
    errors: readonly Errors[],
  ): Problem<Errors>;
};

export function createStepPages({
  renderer,
  refusedSignIns,
  clock,
}: {
  renderer: Pick<PageRenderer, 'locale'>;
  refusedSignIns: Pick<RefusedSignIns, 'read'>;
  clock: Clock;
}): StepPages {
  return {
    shared: (ctx, { client, params, paths, hidden, uiLocales }) => ({
      ...{ hidden, cancelAction: paths.cancel, switchAction: paths.switch },
      client: pageClient(client, renderer.locale(ctx, { uiLocales }), params.redirect_uri),
    }),

    problem(ctx, interaction, errors) {
      const { error, until } = refusedSignIns.read(ctx, interaction) ?? {};
      const known = errors.find((one) => one === error);
      if (known) {
        ctx.status = 401;
        return { error: known };
      }
      const retryAfterSeconds = until === undefined ? 0 : Math.ceil((until - clock.now()) / 1000);
      if (error !== 'throttled' || retryAfterSeconds <= 0) return {};
      ctx.status = 429;
      ctx.set('Retry-After', String(retryAfterSeconds));
      return { error, retryAfterSeconds };
    },
  };
}
