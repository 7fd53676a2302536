/**
 * The choice of an account: among those who are signed in in this browser, or another one. It is shown where the app asks
 * for it (`prompt=select_account`, OpenID Connect Core 3.1.2.1), where the person wants another account, and where others
 * are signed in but not the one that is current.
 */
import type { Context } from 'koa';
import type { BrowserAccounts, WaitingAccount } from '../oidc/room.ts';
import { expiredInteraction, pageClient } from '../oidc/room.ts';
import type { PageRenderer } from '../pages/page_renderer.ts';
import type { UserRecord } from '../storage/users.ts';
import type { Users } from '../users/room.ts';
import { field } from './form_fields.ts';
import type { Interaction } from './interaction.ts';
import { pageUser } from './page_user.ts';

export type AccountStep = {
  /** Answers false, and shows nothing, where there is nobody to choose. `wantsOther`: not whoever is current. */
  show(ctx: Context, interaction: Interaction, options: { wantsOther: boolean }): Promise<boolean>;
  /** Whether others than the current one are signed in in this browser. */
  hasOthers(ctx: Context, interaction: Interaction): Promise<boolean>;
  /**
   * Who was chosen; undefined: the one who is current. Throws expiredInteraction() for whoever is not there any more.
   * Field: `account`.
   */
  chosen(
    ctx: Context,
    interaction: Interaction,
    form: URLSearchParams,
  ): Promise<WaitingAccount | undefined>;
};

/** In place of an id. */
const current = 'current';

/** The session is of another person than the app asks for. */
const forSomebodyElse = ['id_token_hint', 'claims_id_token_sub_value'];

export function createAccountStep({
  users,
  accounts,
  renderer,
}: {
  users: Pick<Users, 'find'>;
  accounts: Pick<BrowserAccounts, 'waiting'>;
  renderer: PageRenderer;
}): AccountStep {
  const findUser = async (id: string) => {
    const user = await users.find(id);
    return user?.disabledAt === undefined ? user : undefined;
  };

  /** Each person once. */
  const othersOf = async (ctx: Context, { accountId }: Interaction) => {
    const others = new Map<string, { account: WaitingAccount; user: UserRecord }>();
    for (const account of await accounts.waiting(ctx)) {
      if (account.userId === accountId || others.has(account.userId)) continue;
      const user = await findUser(account.userId);
      if (user) others.set(account.userId, { account, user });
    }
    return [...others.values()];
  };

  return {
    async show(ctx, interaction, { wantsOther }) {
      const { accountId, promptName, client, params, paths, hidden, uiLocales } = interaction;
      const isAsked = promptName === 'select_account' && !wantsOther;
      const isWrong = interaction.record.prompt.reasons.some((reason) =>
        forSomebodyElse.includes(reason),
      );
      const isUseful = promptName !== 'create' && (accountId === undefined || isWrong);
      if (!wantsOther && !isAsked && !isUseful) return false;
      const user = isAsked && accountId !== undefined ? await findUser(accountId) : undefined;
      const others = await othersOf(ctx, interaction);
      if (!user && others.length === 0) return false;
      renderer.render(
        ctx,
        'select_account',
        {
          action: paths.account,
          switchAction: paths.switch,
          cancelAction: paths.cancel,
          hidden,
          client: pageClient(client, renderer.locale(ctx, { uiLocales }), params.redirect_uri),
          accounts: [
            ...(user ? [{ id: current, user: pageUser(user) }] : []),
            ...others.map((other) => ({ id: other.account.id, user: pageUser(other.user) })),
          ],
        },
        { uiLocales },
      );
      return true;
    },

    hasOthers: async (ctx, interaction) => (await othersOf(ctx, interaction)).length > 0,

    async chosen(ctx, { promptName }, form) {
      const id = field(form, 'account') ?? current;
      if (id === current) {
        // Not in place of a sign-in or a consent that is asked for.
        if (promptName !== 'select_account') throw expiredInteraction();
        return undefined;
      }
      const account = (await accounts.waiting(ctx)).find((waiting) => waiting.id === id);
      if (!account) throw expiredInteraction();
      return account;
    },
  };
}
