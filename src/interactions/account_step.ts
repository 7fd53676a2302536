/**
 * The choice of an account (`prompt=select_account`, OpenID Connect Core 3.1.2.1): the person sees who is signed in, and
 * goes on as that user or signs in as another.
 */
import type { Context } from 'koa';
import type { InteractionResults } from '../oidc/room.ts';
import { pageClient } from '../oidc/room.ts';
import type { PageRenderer } from '../pages/page_renderer.ts';
import type { Users } from '../users/room.ts';
import type { Interaction } from './interaction.ts';
import { pageUser } from './page_user.ts';

export type AccountStep = {
  /** Answers false, and shows nothing, where nobody is signed in. */
  show(ctx: Context, interaction: Interaction): Promise<boolean>;
  /** The person goes on as whoever is signed in. */
  keep(): InteractionResults;
};

export function createAccountStep({
  users,
  renderer,
}: {
  users: Pick<Users, 'find'>;
  renderer: PageRenderer;
}): AccountStep {
  return {
    async show(ctx, { accountId, client, params, paths, hidden, uiLocales }) {
      const user = accountId === undefined ? undefined : await users.find(accountId);
      if (!user) return false;
      renderer.render(
        ctx,
        'select_account',
        {
          action: paths.account,
          switchAction: paths.switch,
          cancelAction: paths.cancel,
          hidden,
          client: pageClient(client, renderer.locale(ctx, { uiLocales }), params.redirect_uri),
          user: pageUser(user),
        },
        { uiLocales },
      );
      return true;
    },

    keep: () => ({ select_account: {} }),
  };
}
